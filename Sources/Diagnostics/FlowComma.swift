/// Finds expressions that a comma has cut: between `{ }` and `[ ]` YAML ends a plain value at a comma, also at one
/// between the parentheses of `mean(water_level, 10m)`.
///
/// What is cut shows as a value whose parentheses do not close, and behind it pieces that do.
package struct FlowComma {
    let file: SourceFile

    /// More lines than this no expression takes.
    private static let linesMax = 20

    /// How many parentheses of a text are left open; negative where more are closed than opened.
    static func openParentheses(_ text: some StringProtocol) -> Int {
        text.utf8.reduce(0) { $0 + ($1 == UInt8(ascii: "(") ? 1 : $1 == UInt8(ascii: ")") ? -1 : 0) }
    }

    /// Whether a mapping or a list begins at a place with a brace or a bracket. (Yams does not say.)
    static func isFlow(at location: SourceLocation) -> Bool {
        let scalars = location.lineText.unicodeScalars
        guard let index = scalars.index(scalars.startIndex, offsetBy: location.column - 1, limitedBy: scalars.endIndex),
            index < scalars.endIndex
        else { return false }
        return scalars[index] == "{" || scalars[index] == "["
    }

    /// What its author meant to be one value, from its beginning to the comma or the bracket that is outside its
    /// parentheses.
    func expression(from start: SourceLocation) -> String {
        var text = ""
        var open = 0
        for (offset, line) in file.lines[(start.line - 1)...].prefix(Self.linesMax).enumerated() {
            let part = line.unicodeScalars.dropFirst(offset == 0 ? start.column - 1 : 0)
            let scalars = Array(part)
            for (index, scalar) in scalars.enumerated() {
                switch scalar {
                case ","
                where index > 0 && index + 1 < scalars.count && scalars[index - 1].isDigit && scalars[index + 1].isDigit:
                    break
                case "(": open += 1
                case ")": open -= 1
                case ",", "}", "]": if open <= 0 { return Self.tidy(text) }
                default: break
                }
                text.unicodeScalars.append(scalar)
            }
            text += " "
        }
        return Self.tidy(text)
    }

    /// Without the spaces of line ends.
    private static func tidy(_ text: String) -> String { text.split(separator: " ").joined(separator: " ") }

    /// A decimal comma, where YAML has taken what stands behind it for another value: `{ watch: rain > 2,5 mm }`.
    /// - Parameter piece: where the digits behind the comma stand.
    static func decimalComma(at piece: SourceLocation) -> Diagnostic? {
        let scalars = Array(piece.lineText.unicodeScalars)
        let at = piece.column - 1
        func isDigit(_ index: Int) -> Bool {
            scalars.indices.contains(index) && scalars[index].properties.numericType == .decimal
        }
        guard isDigit(at), isDigit(at - 2), scalars[at - 1] == "," else { return nil }
        var (start, end) = (at - 2, at + 1)
        while isDigit(start - 1) { start -= 1 }
        while isDigit(end) { end += 1 }
        func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }
        let mend = "\(text(start..<at - 1)).\(text(at..<end))"
        var place = piece
        (place.column, place.length) = (start + 1, end - start)
        return Self.decimalComma(mend, at: place, "a comma stands in a number, and between { } it ends a value")
    }

    /// - Parameter mend: the number with a point. Three digits behind a comma may also be thousands: then nobody can
    ///   say which it is.
    package static func decimalComma(_ mend: String, at place: SourceLocation, _ message: String) -> Diagnostic {
        let isThousands = mend.split(separator: ".").last?.count == 3
        let hint =
            isThousands
            ? "write \(mend.filter { $0 != "." }), or \(mend) for a fraction" : "write \(mend), with a point"
        return Diagnostic(id: "decimal-comma", message, at: place, hint: hint, fix: isThousands ? nil : mend)
    }

    /// - Parameters:
    ///   - key: of the value; `nil` in a list.
    ///   - start: where the value begins.
    func diagnostic(key: String?, start: SourceLocation) -> Diagnostic {
        let expression = expression(from: start)
        let quote = expression.contains("\"") ? "'" : "\""
        // A single quote inside single quotes is written twice.
        let quoted = quote + (quote == "'" ? expression.replacing("'", with: "''") : expression) + quote
        let isOnOneLine = start.lineText.contains(expression)
        return Diagnostic(
            id: "flow-comma",
            "between \(key == nil ? "[ ]" : "{ }") YAML ends a value at a comma, and cuts this expression",
            at: file.location(
                line: start.line, column: start.column, length: isOnOneLine ? expression.unicodeScalars.count : 1),
            hint: "put the expression in quotes: \(key.map { "\($0): " } ?? "")\(quoted)",
            fix: isOnOneLine ? quoted : nil)
    }

    /// The same for a piece that YAML has taken for a key, twice: `{ a: mean(x, 10m), b: mean(y, 10m) }`.
    func diagnostic(piece: SourceLocation) -> Diagnostic? {
        let before = String(String.UnicodeScalarView(piece.lineText.unicodeScalars.prefix(piece.column - 1)))
        guard let colon = before.ranges(of: ": ").last else { return nil }
        let keyStart =
            before[..<colon.lowerBound].lastIndex { " {,".contains($0) }.map { before.index(after: $0) }
            ?? before.startIndex
        let column = before[..<colon.upperBound].unicodeScalars.count + 1
        return diagnostic(
            key: String(before[keyStart..<colon.lowerBound]), start: file.location(line: piece.line, column: column))
    }
}

extension Unicode.Scalar {
    fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
}
