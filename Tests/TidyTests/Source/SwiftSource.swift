/// A Swift file, prepared for the checks: its code without comments and contents of text literals, and the comments by
/// line.
struct SwiftSource: Sendable {
    /// The path relative to the repository's root: `Sources/Store/Store.swift`.
    let path: String
    let text: [UInt8]
    /// The text with blanks in place of comments and of the contents of text literals; line breaks are kept.
    let code: [UInt8]
    let literals: [TextLiteral]
    /// The comments of each line that has any, with their `//`.
    let comments: [Int: String]
    /// The offset of each line's first byte.
    let lineStarts: [Int]
    let tokens: [SwiftToken]
    let declarations: [Declaration]

    init(path: String, text: [UInt8]) {
        self.path = path
        self.text = text
        let blanking = TextBlanking(text)
        code = blanking.code
        literals = blanking.literals
        var starts = [0]
        for (index, byte) in text.enumerated() where byte == Byte.newline { starts.append(index + 1) }
        lineStarts = starts
        tokens = Tokenizer(code: code, literals: literals).tokens
        declarations = DeclarationParser(tokens).declarations
        comments = Self.commentsByLine(blanking.comments, text: text, lineStarts: starts)
    }

    init(path: String = "Sources/Example/Example.swift", _ text: String) {
        self.init(path: path, text: Array(text.utf8))
    }

    /// The number of lines. A line break at the end of the file does not begin another line.
    var lineCount: Int { lineStarts.last == text.count ? lineStarts.count - 1 : lineStarts.count }

    /// The name of the file without its folders: `Store.swift`.
    var fileName: Substring { path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...] }

    /// The name of the module, for a file of `Sources`.
    var module: String? {
        let parts = path.split(separator: "/", maxSplits: 2)
        return parts.count == 3 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    /// The offsets of the bytes of a line, without its line break. Lines count from 1.
    func bytes(ofLine line: Int) -> Range<Int> {
        let end = line < lineStarts.count ? lineStarts[line] - 1 : text.count
        return lineStarts[line - 1]..<end
    }

    func line(at offset: Int) -> Int { Self.line(at: offset, lineStarts: lineStarts) }

    /// The text between the quotes of a literal without escapes.
    func content(of literal: SwiftToken) -> String {
        String(decoding: text[literal.start..<literal.end].drop { $0 == Byte.quote }, as: UTF8.self)
            .split(separator: "\"", omittingEmptySubsequences: false).first.map(String.init) ?? ""
    }

    /// The line of the first literal with this content.
    func line(ofLiteral content: String) -> Int? {
        tokens.first { $0.kind == .literal && self.content(of: $0) == content }?.line
    }

    private static func line(at offset: Int, lineStarts: [Int]) -> Int {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low + 1
    }

    private static func commentsByLine(_ ranges: [Range<Int>], text: [UInt8], lineStarts: [Int]) -> [Int: String] {
        var comments: [Int: String] = [:]
        for range in ranges {
            let first = line(at: range.lowerBound, lineStarts: lineStarts)
            let lines = text[range].split(separator: Byte.newline, omittingEmptySubsequences: false)
            for (offset, line) in lines.enumerated() {
                comments[first + offset, default: ""] += String(decoding: line, as: UTF8.self)
            }
        }
        return comments
    }
}
