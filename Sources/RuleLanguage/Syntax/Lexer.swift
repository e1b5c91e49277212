internal import Diagnostics

/// Splits an expression into tokens. Units and durations are not tokens: the parser asks for them where it accepts one.
struct Lexer {
    enum Token: Hashable, Sendable {
        case number(Double)
        case word(String)
        case text(String)
        case symbol(String)
        case end
        /// A character that cannot begin a token, or a text without its closing quote.
        case unreadable(String)
    }

    let source: ScalarText
    private let scalars: [Unicode.Scalar]
    /// The text as bytes, if all of it is ASCII, as in nearly every expression. Cutting words from bytes is much
    /// faster.
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ source: ScalarText) {
        self.source = source
        scalars = Array(source.string.unicodeScalars)
        let bytes = Array(source.string.utf8)
        self.bytes = bytes.count == scalars.count ? bytes : []
    }

    func range(_ scalars: Range<Int>) -> SourceRange { SourceRange(text: source, scalars: scalars) }
    /// The range of the last character. A mistake at the end is reported there.
    var endRange: SourceRange { range(max(0, scalars.count - 1)..<max(1, scalars.count)) }

    private func at(_ index: Int) -> Unicode.Scalar { index < scalars.count ? scalars[index] : "\0" }

    mutating func skipSpace() {
        while [" ", "\t", "\n", "\r"].contains(at(position)), position < scalars.count { position += 1 }
    }

    mutating func next() -> (token: Token, range: SourceRange) {
        skipSpace()
        let start = position
        guard start < scalars.count else { return (.end, endRange) }
        let first = scalars[start]
        let token: Token
        if first.isASCIIDigit || (first == "." && at(start + 1).isASCIIDigit) {
            token = number()
        } else if first.isLetter {
            while at(position).isLetter || at(position).isASCIIDigit { position += 1 }
            token = .word(text(start..<position))
        } else if first == "\"" || first == "'" {
            token = quoted(first)
        } else if (at(start + 1) == "=" && "<>=!".unicodeScalars.contains(first))
            || (first == "." && at(start + 1) == ".")
        {
            position += 2
            token = .symbol(text(start..<position))
        } else {
            position += 1
            let character = text(start..<position)
            token = "<>+-*/(),".contains(character) ? .symbol(character) : .unreadable(character)
        }
        return (token, range(start..<position))
    }

    private mutating func number() -> Token {
        let start = position
        while at(position).isASCIIDigit { position += 1 }
        if at(position) == ".", at(position + 1) != "." {
            position += 1
            while at(position).isASCIIDigit { position += 1 }
        }
        let sign = at(position + 1) == "-" || at(position + 1) == "+" ? 1 : 0
        if at(position) == "e" || at(position) == "E", at(position + 1 + sign).isASCIIDigit {
            position += 1 + sign
            while at(position).isASCIIDigit { position += 1 }
        }
        guard let number = Double(text(start..<position)), number.isFinite else {
            return .unreadable(text(start..<position))
        }
        return .number(number)
    }

    private mutating func quoted(_ quote: Unicode.Scalar) -> Token {
        let start = position
        position += 1
        while position < scalars.count, scalars[position] != quote { position += 1 }
        guard position < scalars.count else { return .unreadable(text(start..<position)) }
        position += 1
        return .text(text(start + 1..<position - 1))
    }

    /// Takes a unit, if one comes next: the longest run of characters that `accepts` accepts and that does not end
    /// inside a word.
    mutating func takeUnit(_ accepts: (String) -> Bool) -> SourceRange? {
        skipSpace()
        var end = position
        while at(end).isUnitCharacter { end += 1 }
        while end > position {
            let continues = at(end).isLetter || at(end).isASCIIDigit
            if !continues, accepts(text(position..<end)) {
                defer { position = end }
                return range(position..<end)
            }
            end -= 1
        }
        return nil
    }

    /// The number that contains a comma, as in `2,5`.
    func decimalComma(at comma: SourceRange) -> DecimalComma? {
        DecimalComma(in: scalars, at: comma.scalars.lowerBound)
    }

    /// Returns whether a character follows a range directly.
    func isFollowed(_ range: SourceRange, by scalar: Unicode.Scalar) -> Bool { at(range.scalars.upperBound) == scalar }

    /// Returns the next word without taking it.
    func peekWord() -> SourceRange? {
        var start = position
        while at(start) == " " { start += 1 }
        var end = start
        while at(end).isLetter || (end > start && at(end).isASCIIDigit) { end += 1 }
        return end > start ? range(start..<end) : nil
    }

    private func text(_ range: Range<Int>) -> String {
        bytes.isEmpty ? String(String.UnicodeScalarView(scalars[range])) : String(decoding: bytes[range], as: UTF8.self)
    }
}

extension Unicode.Scalar {
    fileprivate var isLetter: Bool { self == "_" || properties.isAlphabetic }
    fileprivate var isUnitCharacter: Bool {
        isASCIIDigit || isLetter || self == "%" || self == "/" || self == "." || self == "°" || self == "µ"
    }
}
