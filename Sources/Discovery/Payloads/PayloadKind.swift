/// What a payload looks like, without knowing who sent it.
enum PayloadKind: Sendable {
    case empty
    /// `2.5`, `12,3`, `21.5 °C`
    case number
    case json(JSONNode)
    /// It begins like JSON and cannot be read as such: it is broken, or only its beginning was kept.
    case brokenJSON
    /// `level=2.5 battery=3.6`
    case keyValue([String: String])
    /// Lines of values with the same separator.
    case csv
    case text(String)
    case binary

    init(_ sample: TopicRecord.Sample) {
        let bytes = sample.bytes
        guard bytes.contains(where: { !Self.isSpace($0) }) else {
            self = .empty
            return
        }
        guard let text = Self.plainText(bytes, isCut: sample.isCut) else {
            self = .binary
            return
        }
        let first = text.first { !$0.isWhitespace }
        if first == "{" || first == "[" {
            self = (sample.isCut ? nil : JSONNode(bytes)).map { .json($0) } ?? .brokenJSON
        } else if Self.isNumber(text) {
            self = .number
        } else if let pairs = Self.pairs(text) {
            self = .keyValue(pairs)
        } else {
            self = Self.isTable(text) ? .csv : .text(text)
        }
    }

    var node: JSONNode? { if case .json(let node) = self { node } else { nil } }
    var text: String? { if case .text(let text) = self { text } else { nil } }
    var isBinary: Bool { if case .binary = self { true } else { false } }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) || byte == 0 }

    /// The text of a payload; `nil` if it is not UTF-8, or has control characters that no text has.
    private static func plainText(_ bytes: [UInt8], isCut: Bool) -> String? {
        // Devices written in C often send the zero byte at the end, too.
        var bytes = bytes[...]
        while bytes.last == 0 { bytes.removeLast() }
        // A text may have a stray control character, or steer a terminal on purpose. Bytes have many.
        let strange = bytes.count { $0 < 0x20 && !(0x09...0x0d).contains($0) }
        guard strange * 16 <= bytes.count, !bytes.contains(0) else { return nil }
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        // A cut may fall inside a character of up to four bytes.
        guard isCut else { return nil }
        return (1...3).lazy.compactMap { String(validating: bytes.dropLast($0), as: UTF8.self) }.first
    }

    /// Recognises a number, with a decimal point or comma, and a short unit behind it.
    private static func isNumber(_ text: String) -> Bool {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let first = words.first, words.count <= 2 else { return false }
        let digits = first.prefix { $0.isASCII && ($0.isNumber || "+-.,eE".contains($0)) }
        guard digits.contains(where: \.isNumber), Double(digits.replacing(",", with: ".")) != nil else { return false }
        let unit = words.count == 2 ? words[1] : first[digits.endIndex...]
        guard words.count == 1 || digits.count == first.count else { return false }
        return unit.count <= 6 && !unit.contains { $0.isNumber && unit.first != "m" || ":;=|".contains($0) }
    }

    /// The pairs of `key=value` or `key: value`, if nearly everything is one.
    private static func pairs(_ text: String) -> [String: String]? {
        let words = text.split { $0.isWhitespace || ",;&".contains($0) }
        var pairs: [String: String] = [:]
        for word in words {
            guard let sign = word.firstIndex(where: { "=:".contains($0) }) else { continue }
            let (key, value) = (word[..<sign], word[word.index(after: sign)...])
            guard let first = key.first, first.isLetter || first == "_", !value.isEmpty, !value.hasPrefix("//") else {
                continue
            }
            pairs[String(key)] = String(value)
        }
        let isClear = pairs.count >= 2 || (pairs.count == 1 && text.contains("="))
        return isClear && pairs.count * 2 >= words.count ? pairs : nil
    }

    /// Recognises lines that have the same number of values, with a number among them.
    private static func isTable(_ text: String) -> Bool {
        let lines = text.split(whereSeparator: \.isNewline)
        return [",", ";", "\t", "|"].contains { separator in
            let rows = lines.map { $0.split(separator: separator, omittingEmptySubsequences: false) }
            guard let width = rows.first?.count, width >= 2, rows.allSatisfy({ $0.count == width }) else {
                return false
            }
            let numbers = rows.joined().count { Double($0.filter { $0 != " " }) != nil }
            return numbers * 2 >= width * rows.count
        }
    }
}
