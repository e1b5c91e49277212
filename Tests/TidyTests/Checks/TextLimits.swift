/// Checks the limits on the length of lines, functions and files.
enum TextLimits {
    static let columns = 120
    static let functionLines = 70
    static let fileLines = 400

    /// Finds lines of more than 120 characters.
    static func wideLines(_ source: SwiftSource) -> [Finding] {
        (1...max(1, source.lineCount)).compactMap { line in
            let bytes = source.bytes(ofLine: line)
            // A character has at least one byte, so most lines need not be decoded.
            guard bytes.count > columns else { return nil }
            let width = String(decoding: source.text[bytes], as: UTF8.self).count
            guard width > columns else { return nil }
            return Finding(
                file: source.path, line: line, what: "the line has \(width) characters, and the limit is \(columns)",
                remedy: "break it")
        }
    }

    /// Finds functions, initializers and accessors of more than 70 lines, from the keyword to the closing brace.
    static func longFunctions(_ source: SwiftSource) -> [Finding] {
        source.declarations.compactMap { declaration in
            guard declaration.isCode, let body = declaration.body, body.upperBound < source.tokens.count else {
                return nil
            }
            let lines = source.tokens[body.upperBound].line - declaration.line + 1
            guard lines > functionLines, !isOneText(body, in: source) else { return nil }
            return Finding(
                file: source.path, line: declaration.line,
                what: "\(declaration.name) has \(lines) lines, and the limit is \(functionLines)",
                remedy: "move a part that deserves a name to its own function", weight: lines - functionLines)
        }
    }

    static func longFiles(_ source: SwiftSource) -> [Finding] {
        guard source.lineCount > fileLines else { return [] }
        return [
            Finding(
                file: source.path, line: fileLines + 1,
                what: "the file has \(source.lineCount) lines, and the limit is \(fileLines)",
                remedy: "a file holds one idea, so move the second to its own file",
                weight: source.lineCount - fileLines)
        ]
    }

    /// Whether a body is only a multi-line literal, or a call with that as its argument, such as a migration's SQL.
    /// Parts of such a text would not be easier to read.
    private static func isOneText(_ body: Range<Int>, in source: SwiftSource) -> Bool {
        let literals = source.literals.filter {
            $0.isMultiline && $0.range.lowerBound >= source.tokens[body.lowerBound].start
                && $0.range.upperBound <= source.tokens[body.upperBound].start
        }
        guard literals.count == 1, let literal = literals.first else { return false }
        let others = source.tokens[body].filter { !literal.range.contains($0.start) }
        // A call needs at most three lines beside the literal. More lines, a brace or a semicolon mean more code.
        let lines = Set(others.map(\.line))
        return lines.count <= 3 && !others.contains { $0.sign == Byte.openBrace || $0.sign == Byte.semicolon }
    }
}
