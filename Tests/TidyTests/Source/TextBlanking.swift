/// Finds the comments and the text literals of a Swift file, and overwrites them with blanks.
///
/// Line breaks stay, so offsets and line numbers do not change. A text literal keeps its outer quotes and the code of
/// its interpolations: `"of \(name)!"` becomes `"    (name) "`.
struct TextBlanking {
    let text: [UInt8]
    private(set) var code: [UInt8]
    private(set) var literals: [TextLiteral] = []
    private(set) var comments: [Range<Int>] = []
    private var position = 0

    init(_ text: [UInt8]) {
        self.text = text
        code = text
        while position < text.count {
            scanCode()
            position += 1
        }
        literals.sort { $0.range.lowerBound < $1.range.lowerBound }
    }

    /// Scans to the end of the file, or to an unmatched closing parenthesis, which ends an interpolation.
    private mutating func scanCode() {
        var depth = 0
        while position < text.count {
            switch text[position] {
            case Byte.openParenthesis:
                depth += 1
                position += 1
            case Byte.closeParenthesis:
                if depth == 0 { return }
                depth -= 1
                position += 1
            case Byte.quote:
                scanLiteral(hashes: 0)
            case Byte.hash:
                scanHashes()
            case Byte.slash:
                scanSlash()
            case Byte.backtick:
                skipEscapedName()
            default:
                position += 1
            }
        }
    }

    /// Scans number signs, which begin a raw literal, an extended regex, or a directive such as `#if`.
    private mutating func scanHashes() {
        var hashes = 0
        while byte(position + hashes) == Byte.hash { hashes += 1 }
        position += hashes
        switch byte(position) {
        case Byte.quote: scanLiteral(hashes: hashes)
        case Byte.slash: scanRegex(hashes: hashes)
        default: break
        }
    }

    /// Skips a name in backticks, which may contain quotes.
    private mutating func skipEscapedName() {
        position += 1
        while position < text.count, text[position] != Byte.backtick, text[position] != Byte.newline { position += 1 }
        position += 1
    }

    private func byte(_ index: Int) -> UInt8 { index >= 0 && index < text.count ? text[index] : 0 }

    private mutating func blank(_ range: Range<Int>) {
        for index in range where code[index] != Byte.newline { code[index] = Byte.space }
    }
}

// MARK: - Comments and regexes

extension TextBlanking {
    private mutating func scanSlash() {
        switch byte(position + 1) {
        case Byte.slash: scanLineComment()
        case Byte.star: scanBlockComment()
        default:
            if canStartRegex(), let end = endOfRegex(from: position + 1, hashes: 0) {
                keepLiteral(from: position, to: end, isMultiline: false)
            } else {
                position += 1
            }
        }
    }

    private mutating func scanLineComment() {
        let start = position
        while position < text.count, text[position] != Byte.newline { position += 1 }
        keepComment(from: start)
    }

    /// Scans a block comment. Block comments nest.
    private mutating func scanBlockComment() {
        let start = position
        var depth = 0
        repeat {
            if byte(position) == Byte.slash, byte(position + 1) == Byte.star {
                depth += 1
                position += 2
            } else if byte(position) == Byte.star, byte(position + 1) == Byte.slash {
                depth -= 1
                position += 2
            } else {
                position += 1
            }
        } while depth > 0 && position < text.count
        position = min(position, text.count)
        keepComment(from: start)
    }

    private mutating func keepComment(from start: Int) {
        comments.append(start..<position)
        blank(start..<position)
    }

    private mutating func scanRegex(hashes: Int) {
        let start = position - hashes
        guard let end = endOfRegex(from: position + 1, hashes: hashes) else { return position += 1 }
        keepLiteral(from: start, to: end, isMultiline: false)
    }

    /// Whether the slash at `position` is where a value is expected, and so does not divide.
    private func canStartRegex() -> Bool {
        let next = byte(position + 1)
        guard next != Byte.space, next != Byte.newline, next != Byte.closeParenthesis else { return false }
        var before = position - 1
        while byte(before) == Byte.space { before -= 1 }
        return before < 0 || "(,=:[{;!&|?~\n".utf8.contains(byte(before))
    }

    private func endOfRegex(from start: Int, hashes: Int) -> Int? {
        var index = start
        while index < text.count, hashes > 0 || text[index] != Byte.newline {
            if text[index] == Byte.backslash {
                index += 2
            } else if text[index] == Byte.slash, (0..<hashes).allSatisfy({ byte(index + 1 + $0) == Byte.hash }) {
                return index + 1 + hashes
            } else {
                index += 1
            }
        }
        return nil
    }

    /// Replaces the first and the last byte by quotes, and blanks the bytes between them.
    private mutating func keepLiteral(from start: Int, to end: Int, isMultiline: Bool) {
        literals.append(TextLiteral(range: start..<end, isMultiline: isMultiline))
        blank(start..<end)
        code[start] = Byte.quote
        code[end - 1] = Byte.quote
        position = end
    }
}

// MARK: - Text literals

extension TextBlanking {
    /// Scans a literal whose first quote is at `position`, after `hashes` number signs.
    private mutating func scanLiteral(hashes: Int) {
        let start = position - hashes
        let isMultiline = opensMultilineLiteral()
        let quotes = isMultiline ? 3 : 1
        position += quotes
        var blankFrom = start
        while position < text.count {
            let current = text[position]
            if current == Byte.backslash, follow(position + 1, count: hashes, of: Byte.hash) {
                let escaped = position + 1 + hashes
                position = escaped + 1
                guard byte(escaped) == Byte.openParenthesis else { continue }
                blank(blankFrom..<escaped)
                scanCode()
                blankFrom = min(position + 1, text.count)
                position = blankFrom
            } else if current == Byte.quote, follow(position, count: quotes, of: Byte.quote),
                follow(position + quotes, count: hashes, of: Byte.hash)
            {
                position += quotes + hashes
                break
            } else if current == Byte.newline, !isMultiline {
                break
            } else {
                position += 1
            }
        }
        position = min(position, text.count)
        blank(min(blankFrom, position)..<position)
        literals.append(TextLiteral(range: start..<position, isMultiline: isMultiline))
        code[start] = Byte.quote
        if text[position - 1] != Byte.newline { code[position - 1] = Byte.quote }
    }

    /// Whether three quotes and a line break follow. Without the line break, `#"""#` is a quote in a raw literal.
    private func opensMultilineLiteral() -> Bool {
        guard follow(position, count: 3, of: Byte.quote) else { return false }
        var index = position + 3
        while byte(index) == Byte.space { index += 1 }
        return byte(index) == Byte.newline
    }

    private func follow(_ start: Int, count: Int, of wanted: UInt8) -> Bool {
        (0..<count).allSatisfy { byte(start + $0) == wanted }
    }
}

/// A text literal or a regex, with its quotes and number signs.
struct TextLiteral: Sendable {
    /// The offsets of its bytes in the file.
    var range: Range<Int>
    var isMultiline: Bool
}

/// The bytes that the checks look for.
enum Byte {
    static let newline = UInt8(ascii: "\n")
    static let space = UInt8(ascii: " ")
    static let quote = UInt8(ascii: "\"")
    static let hash = UInt8(ascii: "#")
    static let slash = UInt8(ascii: "/")
    static let star = UInt8(ascii: "*")
    static let backslash = UInt8(ascii: "\\")
    static let backtick = UInt8(ascii: "`")
    static let openParenthesis = UInt8(ascii: "(")
    static let closeParenthesis = UInt8(ascii: ")")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let exclamation = UInt8(ascii: "!")
    static let question = UInt8(ascii: "?")
    static let equals = UInt8(ascii: "=")
    static let ampersand = UInt8(ascii: "&")
    static let at = UInt8(ascii: "@")
    static let dot = UInt8(ascii: ".")
    static let comma = UInt8(ascii: ",")
    static let colon = UInt8(ascii: ":")
    static let semicolon = UInt8(ascii: ";")
    static let less = UInt8(ascii: "<")
    static let greater = UInt8(ascii: ">")

    /// Whether a byte can be part of a name or a number. Bytes above ASCII are letters of names.
    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...0xff:
            true
        default: false
        }
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
