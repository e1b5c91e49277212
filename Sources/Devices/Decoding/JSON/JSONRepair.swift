/// Turns a slightly broken document into JSON, so that one bad value does not cost the others.
///
/// It runs only after the strict parser has refused a document, and changes nothing that the strict parser accepts. It
/// leaves the structure (braces, brackets, colons, commas, quotes) as it is. A document with a broken structure stays
/// refused, because nobody can say which value belongs to which key. It repairs:
///
/// | in the document | becomes | because |
/// | --- | --- | --- |
/// | a byte order mark before it | nothing | it has no meaning |
/// | a NUL byte, and everything after it | nothing | it ends a C string; the rest is from the buffer's earlier use |
/// | `nan`, `-Infinity`, `1e999`, `01`, and any other word | a text that begins with ``mark`` | only its own field is unreadable |
/// | a whole number over 64 bits | the nearest number | it is a number |
/// | in a string, bytes that are not UTF-8 | the Latin-1 characters | old firmware writes `°C` so |
/// | in a string, a control character | a space | tabs and line ends are forbidden there |
/// | in a string, `\x` or another escape that does not exist | the same text with its backslash | such as in `C:\temp` |
/// | in a string, half of a surrogate pair | U+FFFD | it is not a character |
struct JSONRepair {
    /// Begins a text that replaces a word that is not a JSON value. It is DEL, which no device sends.
    static let mark: UInt8 = 0x7f
    /// The longest part of such a word that is kept for the message about it, in bytes.
    private static let wordMax = 40

    private(set) var bytes: [UInt8] = []

    /// Fills ``bytes`` with the repaired document. O(bytes); an empty document stays empty.
    mutating func repair(_ document: UnsafeRawBufferPointer) {
        bytes.removeAll(keepingCapacity: true)
        bytes.reserveCapacity(document.count + 64)
        var rest = document[...]
        if rest.starts(with: Self.byteOrderMark) { rest = rest.dropFirst(3) }
        rest = rest.prefix { $0 != 0 }
        while let byte = rest.first {
            if byte == UInt8(ascii: "\"") {
                rest = copyString(rest)
            } else if Self.isBetweenWords(byte) {
                bytes.append(byte)
                rest = rest.dropFirst()
            } else {
                let word = rest.prefix { !Self.isBetweenWords($0) && $0 != UInt8(ascii: "\"") }
                rest = rest[word.endIndex...]
                // A key without quotes belongs to the structure. Left unchanged, it makes the parser refuse the
                // document.
                let isKey = rest.first { $0 > 0x20 } == UInt8(ascii: ":")
                if isKey { bytes.append(contentsOf: word) } else { copyWord(word) }
            }
        }
    }

    /// Returns whether a document holds only white space, NUL bytes and a byte order mark.
    static func isBlank(_ document: UnsafeRawBufferPointer) -> Bool {
        document.dropFirst(document.starts(with: byteOrderMark) ? 3 : 0).allSatisfy {
            $0 == 0 || $0 == 0x20 || (0x09...0x0d).contains($0)
        }
    }

    private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    private static func isBetweenWords(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0a, 0x0d: true
        case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"),
            UInt8(ascii: ","):
            true
        default: false
        }
    }

    // MARK: - Words

    private mutating func copyWord(_ word: Slice<UnsafeRawBufferPointer>) {
        for literal: StaticString in ["true", "false", "null"] {
            let isLiteral = literal.withUTF8Buffer { word.elementsEqual($0) }
            if isLiteral { return bytes.append(contentsOf: word) }
        }
        if let number = Self.number(word) { return bytes.append(contentsOf: number) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(Self.mark)
        for byte in word.prefix(Self.wordMax) {
            let isPlain = byte > 0x20 && byte < Self.mark && byte != UInt8(ascii: "\\")
            bytes.append(isPlain ? byte : UInt8(ascii: "?"))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Returns the word as a JSON number (RFC 8259, section 6) that a double can hold; `nil` for anything else.
    private static func number(_ word: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        var rest = word
        func digits() -> Int {
            let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            rest = rest[digits.endIndex...]
            return digits.count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        guard whole > 0, whole == 1 || !startsWithZero else { return nil }
        var isWhole = true
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            isWhole = false
            guard digits() > 0 else { return nil }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            isWhole = false
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
            guard digits() > 0 else { return nil }
        }
        let text = String(decoding: word, as: UTF8.self)
        guard rest.isEmpty, let value = Double(text), value.isFinite else { return nil }
        let isTooLong = isWhole && Int64(text) == nil && UInt64(text) == nil
        return Array(word) + (isTooLong ? Array("e0".utf8) : [])
    }

    // MARK: - Strings

    /// Copies a string from its opening quote to its closing one; returns the rest of the document.
    private mutating func copyString(_ document: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        bytes.append(UInt8(ascii: "\""))
        var rest = document.dropFirst()
        while let byte = rest.first {
            switch byte {
            case UInt8(ascii: "\""):
                bytes.append(byte)
                return rest.dropFirst()
            case UInt8(ascii: "\\"): rest = copyEscape(rest)
            case ..<0x20:
                bytes.append(0x20)
                rest = rest.dropFirst()
            case ..<0x80:
                bytes.append(byte)
                rest = rest.dropFirst()
            default: rest = copyCharacter(rest)
            }
        }
        return rest
    }

    private mutating func copyCharacter(_ rest: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        var parser = UTF8.ForwardParser()
        var iterator = rest.makeIterator()
        switch parser.parseScalar(from: &iterator) {
        case .valid(let character):
            bytes.append(contentsOf: character)
            return rest.dropFirst(character.count)
        case .error(let length):
            // Latin-1 is the first 256 characters of Unicode.
            for byte in rest.prefix(length) {
                bytes.append(0xc0 | byte >> 6)
                bytes.append(0x80 | byte & 0x3f)
            }
            return rest.dropFirst(length)
        case .emptyInput: return rest.dropFirst()
        }
    }

    private mutating func copyEscape(_ rest: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        switch rest.dropFirst().first {
        case UInt8(ascii: "u"):
            guard let unit = Self.unit(rest) else { break }
            let pair = UTF16.isLeadSurrogate(unit) ? Self.unit(rest.dropFirst(6)) : nil
            if !UTF16.isLeadSurrogate(unit), !UTF16.isTrailSurrogate(unit) {
                bytes.append(contentsOf: rest.prefix(6))
            } else if let pair, UTF16.isTrailSurrogate(pair) {
                bytes.append(contentsOf: rest.prefix(12))
                return rest.dropFirst(12)
            } else {
                bytes.append(contentsOf: "\\ufffd".utf8)
            }
            return rest.dropFirst(6)
        case let next? where "\"\\/bfnrt".utf8.contains(next):
            bytes.append(contentsOf: rest.prefix(2))
            return rest.dropFirst(2)
        default: break
        }
        bytes.append(contentsOf: "\\\\".utf8)
        return rest.dropFirst()
    }

    /// Returns the code unit of an escape such as `\u00fc` at the beginning of `rest`.
    private static func unit(_ rest: Slice<UnsafeRawBufferPointer>) -> UInt16? {
        guard rest.starts(with: "\\u".utf8) else { return nil }
        let digits = rest.dropFirst(2).prefix(4)
        guard digits.count == 4,
            digits.allSatisfy({
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 | 0x20
            })
        else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
