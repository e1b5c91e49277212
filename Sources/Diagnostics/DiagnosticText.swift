internal import Telemetry

/// Prints diagnostics the way a good compiler does: position, sentence, line, caret, mend.
package enum DiagnosticText {
    package static func plain(_ diagnostic: Diagnostic) -> String { text(diagnostic, colour: false) }
    package static func coloured(_ diagnostic: Diagnostic) -> String { text(diagnostic, colour: true) }

    private static func text(_ diagnostic: Diagnostic, colour: Bool) -> String {
        let message = ControlCharacters.escaped(diagnostic.message)
        let paint = TextPaint(hasColour: colour)
        let severity = paint(diagnostic.severity == .error ? .boldRed : .boldYellow, "\(diagnostic.severity.rawValue):")
        guard let place = diagnostic.location else {
            let hint = diagnostic.hint.map { " (\(ControlCharacters.escaped($0)))" } ?? ""
            return "\(severity) \(message)\(hint)"
        }
        let position = paint(.bold, "\(place.file):\(place.line):\(place.column):")
        var lines = ["\(position) \(severity) \(message)"]
        if place.lineText.isEmpty {
            if let hint = diagnostic.hint { lines.append("      | \(ControlCharacters.escaped(hint))") }
            return lines.joined(separator: "\n")
        }
        let number = String(place.line)
        let gutter = String(repeating: " ", count: max(0, 5 - number.count)) + number
        // A tab in the line is kept in the indent, so that the caret stands under its place in any terminal.
        let indent = String(
            String.UnicodeScalarView(
                place.lineText.unicodeScalars.prefix(place.column - 1).map { $0 == "\t" ? "\t" : " " }))
        let caret = "^" + String(repeating: "~", count: max(0, place.length - 1))
        // One place for each character, so that the caret stays under its own.
        let line = place.lineText.unicodeScalars.map { $0 != "\t" && ControlCharacters.contains($0) ? "\u{fffd}" : $0 }
        lines.append("\(gutter) | \(String(String.UnicodeScalarView(line)))")
        let hint = diagnostic.hint.map { " " + ControlCharacters.escaped($0) } ?? ""
        lines.append("      | \(indent)\(paint(.boldGreen, caret))\(hint)")
        return lines.joined(separator: "\n")
    }
}
