/// The text of one file, split into lines that messages can show.
package struct SourceFile: Sendable {
    package let name: String
    package let text: String
    let lines: [String]

    /// The prefix of the names of files that come with the gateway.
    package static let builtInPrefix = "(built-in)/"

    package init(name: String, text: String) {
        self.name = name
        self.text = text
        // By scalars, since a carriage return and a line feed are one character.
        lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { String($0.last == "\r" ? $0.dropLast() : $0) }
    }

    /// A location in this file. `line` and `column` count from 1; a position past the end is moved to the end.
    package func location(line: Int, column: Int, length: Int = 1) -> SourceLocation {
        let line = min(max(line, 1), max(lines.count, 1))
        let text = lines.isEmpty ? "" : lines[line - 1]
        let width = text.unicodeScalars.count
        let column = min(max(column, 1), width + 1)
        return SourceLocation(
            file: name, line: line, column: column, length: max(1, min(length, width - column + 1)), lineText: text)
    }
}
