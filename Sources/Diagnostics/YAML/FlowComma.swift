/// Finds expressions that a comma has cut. Between `{ }` and `[ ]`, YAML ends a plain value at every comma, even inside
/// the parentheses of `mean(water_level, 10m)`.
///
/// A cut expression appears as a value with an open parenthesis, followed by pieces that close it.
package struct FlowComma {
    let file: SourceFile

    /// The largest number of lines that one expression is expected to take.
    private static let linesMax = 20

    /// The number of parentheses that a text leaves open; negative if it closes more than it opens.
    static func openParentheses(_ text: some StringProtocol) -> Int {
        text.utf8.reduce(0) { $0 + ($1 == UInt8(ascii: "(") ? 1 : $1 == UInt8(ascii: ")") ? -1 : 0) }
    }

    /// Returns whether the mapping or list at a location begins with a brace or a bracket. Yams does not report that.
    static func isFlow(at location: SourceLocation) -> Bool {
        let scalars = location.lineText.unicodeScalars
        guard let index = scalars.index(scalars.startIndex, offsetBy: location.column - 1, limitedBy: scalars.endIndex),
            index < scalars.endIndex
        else { return false }
        return scalars[index] == "{" || scalars[index] == "["
    }

    /// Returns the text that its author meant as one value: from its beginning to the first comma or bracket outside
    /// its parentheses.
    func expression(from start: SourceLocation) -> String {
        var text = ""
        var open = 0
        for (offset, line) in file.lines[(start.line - 1)...].prefix(Self.linesMax).enumerated() {
            let part = line.unicodeScalars.dropFirst(offset == 0 ? start.column - 1 : 0)
            let scalars = Array(part)
            for (index, scalar) in scalars.enumerated() {
                switch scalar {
                case ","
                where index > 0 && index + 1 < scalars.count && scalars[index - 1].isASCIIDigit
                    && scalars[index + 1].isASCIIDigit:
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

    /// Returns the text with single spaces, also at line ends.
    private static func tidy(_ text: String) -> String { text.split(separator: " ").joined(separator: " ") }

    /// Reports a decimal comma that YAML took for the end of a value: `{ watch: rain > 2,5 mm }`.
    /// - Parameter piece: the location of the digits after the comma, which YAML took for a key.
    static func decimalComma(at piece: SourceLocation) -> Diagnostic? {
        let scalars = Array(piece.lineText.unicodeScalars)
        let comma = piece.column - 2
        guard scalars.indices.contains(comma), scalars[comma] == ",",
            let number = DecimalComma(in: scalars, at: comma)
        else { return nil }
        var location = piece
        location.column = number.range.lowerBound + 1
        location.length = number.range.count
        return number.diagnostic("this number has a comma, and between { } a comma ends a value", at: location)
    }

    /// - Parameters:
    ///   - key: the key of the value; `nil` in a list.
    ///   - start: the beginning of the value.
    func diagnostic(key: String?, start: SourceLocation) -> Diagnostic {
        let expression = expression(from: start)
        let quote = expression.contains("\"") ? "'" : "\""
        // A single quote inside single quotes is written twice.
        let quoted = quote + (quote == "'" ? expression.replacing("'", with: "''") : expression) + quote
        let isOnOneLine = start.lineText.contains(expression)
        return Diagnostic(
            id: "flow-comma",
            "between \(key == nil ? "[ ]" : "{ }") a comma ends a value, which cuts this expression",
            at: file.location(
                line: start.line, column: start.column, length: isOnOneLine ? expression.unicodeScalars.count : 1),
            hint: "put the expression in quotes: \(key.map { "\($0): " } ?? "")\(quoted)",
            fix: isOnOneLine ? quoted : nil)
    }

    /// Returns the diagnostic for a piece that YAML took for a key twice: `{ a: mean(x, 10m), b: mean(y, 10m) }`.
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
