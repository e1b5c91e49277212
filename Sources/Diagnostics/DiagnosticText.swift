internal import Telemetry

/// Prints diagnostics as a compiler does: position, sentence, line, caret, hint; then the notes.
package enum DiagnosticText {
    package static func plain(_ diagnostic: Diagnostic) -> String { text(diagnostic, TextPaint(hasColour: false)) }
    package static func coloured(_ diagnostic: Diagnostic) -> String { text(diagnostic, TextPaint(hasColour: true)) }

    private static func text(_ diagnostic: Diagnostic, _ paint: TextPaint) -> String {
        let label = paint(
            diagnostic.severity == .error ? .boldRed : .boldYellow, "\(diagnostic.severity.rawValue):")
        let message = ControlCharacters.escaped(diagnostic.message)
        let hint = diagnostic.hint.map { ControlCharacters.escaped($0) }
        var lines: [String]
        if let location = diagnostic.location {
            lines = annotated(location, label, message, hint: hint, paint)
        } else {
            lines = ["\(label) \(message)\(hint.map { " (\($0))" } ?? "")"]
        }
        for note in diagnostic.notes {
            let message = ControlCharacters.escaped(note.message)
            lines += annotated(note.location, paint(.boldCyan, "note:"), message, hint: nil, paint)
        }
        return lines.joined(separator: "\n")
    }

    /// A message above its line and the caret below the line; the hint follows the caret.
    private static func annotated(
        _ location: SourceLocation, _ label: String, _ message: String, hint: String?, _ paint: TextPaint
    ) -> [String] {
        let position = paint(.bold, "\(location.file):\(location.line):\(location.column):")
        var lines = ["\(position) \(label) \(message)"]
        if location.lineText.isEmpty {
            if let hint { lines.append("      | \(hint)") }
            return lines
        }
        let number = String(location.line)
        let gutter = String(repeating: " ", count: max(0, 5 - number.count)) + number
        // Tabs of the line are kept in the indent, so that the caret is below its character in any terminal.
        let indent = String(
            String.UnicodeScalarView(
                location.lineText.unicodeScalars.prefix(location.column - 1).map { $0 == "\t" ? "\t" : " " }))
        let caret = "^" + String(repeating: "~", count: max(0, location.length - 1))
        // Each control character becomes one character, so that the caret stays below its own.
        let line = location.lineText.unicodeScalars.map {
            $0 != "\t" && ControlCharacters.contains($0) ? "\u{fffd}" : $0
        }
        lines.append("\(gutter) | \(String(String.UnicodeScalarView(line)))")
        lines.append("      | \(indent)\(paint(.boldGreen, caret))\(hint.map { " " + $0 } ?? "")")
        return lines
    }
}
