internal import Diagnostics

/// Characters → tokens. Units and durations are not tokens: the parser asks for them where one may stand.
struct Lexer {
    enum Token: Hashable, Sendable {
        case number(Double)
        case word(String)
        case text(String)
        case symbol(String)
        case end
        /// A character, or an unfinished text, that begins no token.
        case unreadable(String)
    }

    let source: ScalarText
    private let scalars: [Unicode.Scalar]
    /// The same as bytes where all of it is ASCII, as it nearly always is: texts are cut from them much faster.
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ source: ScalarText) {
        self.source = source
        scalars = Array(source.string.unicodeScalars)
        let bytes = Array(source.string.utf8)
        self.bytes = bytes.count == scalars.count ? bytes : []
    }

    func place(_ range: Range<Int>) -> Place { Place(text: source, range: range) }
    /// The place behind the last character, one wide.
    var endPlace: Place { place(max(0, scalars.count - 1)..<max(1, scalars.count)) }

    private func at(_ index: Int) -> Unicode.Scalar { index < scalars.count ? scalars[index] : "\0" }

    mutating func skipSpace() {
        while [" ", "\t", "\n", "\r"].contains(at(position)), position < scalars.count { position += 1 }
    }

    mutating func next() -> (token: Token, place: Place) {
        skipSpace()
        let start = position
        guard start < scalars.count else { return (.end, endPlace) }
        let first = scalars[start]
        let token: Token
        if first.isDigit || (first == "." && at(start + 1).isDigit) {
            token = number()
        } else if first.isLetter {
            while at(position).isLetter || at(position).isDigit { position += 1 }
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
        return (token, place(start..<position))
    }

    private mutating func number() -> Token {
        let start = position
        while at(position).isDigit { position += 1 }
        if at(position) == ".", at(position + 1) != "." {
            position += 1
            while at(position).isDigit { position += 1 }
        }
        let sign = at(position + 1) == "-" || at(position + 1) == "+" ? 1 : 0
        if at(position) == "e" || at(position) == "E", at(position + 1 + sign).isDigit {
            position += 1 + sign
            while at(position).isDigit { position += 1 }
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

    /// Takes the characters of a unit, if some stand here: the longest stretch that `accepts` knows and
    /// that no word goes on from.
    mutating func takeUnit(_ accepts: (String) -> Bool) -> Place? {
        skipSpace()
        var end = position
        while at(end).isUnitCharacter { end += 1 }
        while end > position {
            let continues = at(end).isLetter || at(end).isDigit
            if !continues, accepts(text(position..<end)) {
                defer { position = end }
                return place(position..<end)
            }
            end -= 1
        }
        return nil
    }

    /// The number that a comma stands in, as `2,5`, and what it was meant to be.
    func decimalComma(at comma: Place) -> (place: Place, mend: String)? {
        let at = comma.range.lowerBound
        var (start, end) = (at, at + 1)
        while start > 0, scalars[start - 1].isDigit { start -= 1 }
        while end < scalars.count, scalars[end].isDigit { end += 1 }
        guard start < at, end > at + 1 else { return nil }
        return (place(start..<end), "\(text(start..<at)).\(text(at + 1..<end))")
    }

    /// Whether a character stands directly behind a place.
    func isFollowed(_ place: Place, by scalar: Unicode.Scalar) -> Bool { at(place.range.upperBound) == scalar }

    /// The word that stands here, without taking it.
    func peekWord() -> Place? {
        var start = position
        while at(start) == " " { start += 1 }
        var end = start
        while at(end).isLetter || (end > start && at(end).isDigit) { end += 1 }
        return end > start ? place(start..<end) : nil
    }

    private func text(_ range: Range<Int>) -> String {
        bytes.isEmpty ? String(String.UnicodeScalarView(scalars[range])) : String(decoding: bytes[range], as: UTF8.self)
    }
}

extension Unicode.Scalar {
    fileprivate var isDigit: Bool { self >= "0" && self <= "9" }
    fileprivate var isLetter: Bool { self == "_" || properties.isAlphabetic }
    fileprivate var isUnitCharacter: Bool {
        isDigit || isLetter || self == "%" || self == "/" || self == "." || self == "°" || self == "µ"
    }
}
