/// The text of a YAML scalar, with the location in the file of each of its characters.
///
/// The file has characters that the text does not have: quotes, escapes, indentation, folded line ends. So the search
/// for each character starts after the previous one, and skips everything between the two.
package struct ScalarText: Sendable {
    package let string: String
    let file: SourceFile
    private let start: SourceLocation

    private struct Position: Sendable {
        var line: Int32
        var column: Int32
    }

    init(_ string: String, startingAt start: SourceLocation, in file: SourceFile) {
        self.string = string
        self.file = file
        self.start = start
    }

    /// The position of each character, and the position after the last one, both counted from 0.
    /// Complexity: O(characters). Only messages need it.
    private var positions: [Position] {
        var line = start.line - 1
        var scalars = file.lines.isEmpty ? [] : Array(file.lines[line].unicodeScalars)
        var column = start.column - 1
        // The opening quote, or the header of a block scalar, is not part of the text.
        var isBlock = false
        if column < scalars.count {
            switch scalars[column] {
            case "\"", "'": if string.unicodeScalars.first != scalars[column] || scalars[column] == "\"" { column += 1 }
            case "|", ">": isBlock = true
            default: break
            }
        }
        func nextLine() -> Bool {
            guard line + 1 < file.lines.count else { return false }
            line += 1
            scalars = Array(file.lines[line].unicodeScalars)
            column = 0
            return true
        }
        if isBlock { _ = nextLine() }
        var positions: [Position] = []
        positions.reserveCapacity(string.unicodeScalars.count + 1)
        for wanted in string.unicodeScalars {
            let isSpace = wanted == " " || wanted == "\n"
            if isSpace, column >= scalars.count {
                positions.append(Position(line: Int32(line), column: Int32(column)))
                if !nextLine() { break }
                continue
            }
            var found = (line, column)
            let (savedLine, savedColumn, savedScalars) = (line, column, scalars)
            var matched = false
            search: repeat {
                while column < scalars.count {
                    if scalars[column] == wanted {
                        found = (line, column)
                        matched = true
                        break search
                    }
                    column += 1
                }
            } while !isSpace && nextLine()
            if matched {
                column += 1
            } else {
                // An escape (`\u00b0`): its character does not occur in the file, so the search stays where it was.
                (line, column, scalars) = (savedLine, savedColumn, savedScalars)
            }
            positions.append(Position(line: Int32(found.0), column: Int32(found.1)))
        }
        let end = positions.last.map { Position(line: $0.line, column: $0.column + 1) }
        positions.append(end ?? Position(line: Int32(line), column: Int32(column)))
        return positions
    }

    /// The location in the file of a range of this text, counted in Unicode scalars.
    package func location(_ range: Range<Int>) -> SourceLocation {
        let positions = positions
        let start = positions[min(range.lowerBound, positions.count - 1)]
        let last = positions[min(max(range.upperBound - 1, range.lowerBound), positions.count - 1)]
        let length = last.line == start.line ? Int(last.column - start.column) + 1 : range.count
        return file.location(line: Int(start.line) + 1, column: Int(start.column) + 1, length: length)
    }

    /// The location of the whole text.
    package var location: SourceLocation { location(0..<max(1, string.unicodeScalars.count)) }
}
