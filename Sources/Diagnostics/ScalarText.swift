/// The text of a YAML scalar with the way back: which place of the file each of its characters came from.
///
/// Plain, quoted and block scalars differ in what stands in the file but not in the text (quotes, escapes,
/// indentation, folded line ends). The two are aligned once: a character of the text is looked for from
/// where the last one was found, so that everything in between is taken for decoration.
package struct ScalarText: Sendable {
    package let string: String
    let file: SourceFile
    private let start: SourceLocation

    private struct Place: Sendable {
        var line: Int32
        var column: Int32
    }

    init(_ string: String, startingAt start: SourceLocation, in file: SourceFile) {
        self.string = string
        self.file = file
        self.start = start
    }

    /// The place of each character, and of the one behind the last. O(characters); only messages ask for it.
    private var places: [Place] {
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
        var places: [Place] = []
        places.reserveCapacity(string.unicodeScalars.count + 1)
        for wanted in string.unicodeScalars {
            let isSpace = wanted == " " || wanted == "\n"
            if isSpace, column >= scalars.count {
                places.append(Place(line: Int32(line), column: Int32(column)))
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
                // An escape (`\u00b0`): its text stands nowhere in the file; stay where we were.
                (line, column, scalars) = (savedLine, savedColumn, savedScalars)
            }
            places.append(Place(line: Int32(found.0), column: Int32(found.1)))
        }
        let end = places.last.map { Place(line: $0.line, column: $0.column + 1) }
        places.append(end ?? Place(line: Int32(line), column: Int32(column)))
        return places
    }

    /// The place in the file of a range of this text, counted in Unicode scalars.
    package func location(_ range: Range<Int>) -> SourceLocation {
        let places = places
        let start = places[min(range.lowerBound, places.count - 1)]
        let last = places[min(max(range.upperBound - 1, range.lowerBound), places.count - 1)]
        let length = last.line == start.line ? Int(last.column - start.column) + 1 : range.count
        return file.location(line: Int(start.line) + 1, column: Int(start.column) + 1, length: length)
    }

    /// The place of the whole text.
    package var location: SourceLocation { location(0..<max(1, string.unicodeScalars.count)) }
}
