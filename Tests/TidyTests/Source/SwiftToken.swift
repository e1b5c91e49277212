/// A word, a number, a text literal or a single sign of a Swift file's code.
struct SwiftToken: Sendable {
    enum Kind: Sendable { case word, escapedWord, number, literal, sign }

    var kind: Kind
    /// A word without backticks, or a number; empty for signs and literals.
    var text: String
    /// The byte of a sign; 0 for the others.
    var sign: UInt8
    /// The offsets of its bytes in the file.
    var start: Int
    var end: Int
    /// The line of its first byte, from 1.
    var line: Int
    /// Whether it is the first code on its line.
    var startsLine: Bool

    /// Whether the token is this word without backticks.
    func isWord(_ word: String) -> Bool { kind == .word && text == word }
}

/// Splits blanked code into tokens.
struct Tokenizer {
    private let code: [UInt8]
    private let literals: [TextLiteral]
    private var nextLiteral = 0
    private var position = 0
    private var line = 1
    private var isFirst = true
    private(set) var tokens: [SwiftToken] = []

    init(code: [UInt8], literals: [TextLiteral]) {
        self.code = code
        self.literals = literals
        tokens.reserveCapacity(code.count / 5)
        while position < code.count { scan() }
    }

    private mutating func scan() {
        let byte = code[position]
        switch byte {
        case Byte.newline:
            line += 1
            isFirst = true
            position += 1
        case Byte.space, 9, 13:
            position += 1
        case Byte.quote:
            scanQuote()
        case Byte.backtick:
            let end = code[(position + 1)...].firstIndex { $0 == Byte.backtick || $0 == Byte.newline } ?? code.count
            append(.escapedWord, text: position + 1..<end, end: min(end + 1, code.count))
        default:
            guard Byte.isWord(byte) else { return append(.sign, text: nil, end: position + 1) }
            let isNumber = Byte.isDigit(byte)
            var end = position + 1
            while end < code.count, Byte.isWord(code[end]) || isNumber && isFraction(end) { end += 1 }
            append(isNumber ? .number : .word, text: position..<end, end: end)
        }
    }

    /// Scans a quote, which begins a literal or ends the literal whose interpolations were scanned last.
    private mutating func scanQuote() {
        while nextLiteral < literals.count, literals[nextLiteral].range.lowerBound < position { nextLiteral += 1 }
        if nextLiteral < literals.count, literals[nextLiteral].range.lowerBound == position {
            append(.literal, text: nil, end: position + 1)
            tokens[tokens.count - 1].end = literals[nextLiteral].range.upperBound
        } else {
            isFirst = false
            position += 1
        }
    }

    private func isFraction(_ index: Int) -> Bool {
        code[index] == Byte.dot && index + 1 < code.count && Byte.isDigit(code[index + 1])
    }

    private mutating func append(_ kind: SwiftToken.Kind, text: Range<Int>?, end: Int) {
        tokens.append(
            SwiftToken(
                kind: kind, text: text.map { String(decoding: code[$0], as: UTF8.self) } ?? "",
                sign: kind == .sign ? code[position] : 0, start: position, end: end, line: line, startsLine: isFirst))
        isFirst = false
        position = end
    }
}
