/// How a value of a payload becomes a number in the unit of its reading, where it is more than a number.
///
/// The steps are done in this order; each is left out if the profile does not name it:
///
/// 0. `part`: of a text with several values, one of them.
/// 1. `errors`: a value that stands for a fault of the sensor gives no reading.
/// 2. `words`: a text, a number or a boolean becomes the number that the profile gives it.
/// 3. `decimal`: a text is read as a number, with a decimal point or a comma, and with its own unit if it has one.
/// 4. `valid`: if the condition over the payload is not true, there is no reading.
/// 5. `scale` and `offset`: `number * scale + offset`.
/// 6. `value`: a ``ValueExpression``.
/// 7. `table`: a ``LookupTable``.
package struct ValueRule: Sendable {
    /// A value of the payload that stands for a number, or for a fault.
    struct Word: Sendable, Hashable {
        /// The text, in UTF-8.
        var text: [UInt8]
        /// The text as a number, if it is one. Numbers in the payload are compared with this.
        var number: Double?

        init(_ text: String) {
            self.text = Array(text.utf8)
            number = Self.number(text)
        }

        /// Reads `65535` and `0xffff`.
        static func number(_ text: String) -> Double? {
            text.hasPrefix("0x") ? Int64(text.dropFirst(2), radix: 16).map(Double.init) : Double(text)
        }

        var isBoolean: Bool { [Array("true".utf8), Array("false".utf8)].contains(text) }

        /// Letters are compared without their case: devices of one make write `ON`, `On` and `on`.
        func matches(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
            guard bytes.count == text.count else { return false }
            for (own, other) in zip(text, bytes) where own != other {
                guard own ^ other == 0x20, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(own | 0x20) else {
                    return false
                }
            }
            return true
        }
    }

    /// How a number in a text is written.
    enum Decimal: String, Sendable, CaseIterable {
        case point, comma
    }

    /// The mark between the values of a text, and which of them is meant, counted from 0.
    var part: (mark: UInt8, index: Int)?
    var errors: [Word] = []
    var valid: Condition?
    var words: [(word: Word, number: Double)] = []
    /// `nil`: a text is not read as a number.
    var decimal: Decimal?
    var scale = 1.0
    var offset = 0.0
    var expression: Condition?
    var table: LookupTable?

    /// A calculation, with the places in the payload of the names that it uses.
    struct Condition: Sendable {
        var expression: ValueExpression
        var pointers: [JSONPointer]

        init(_ expression: ValueExpression) {
            self.expression = expression
            // A name is the way to a member; it has no letter that a pointer would have to escape.
            pointers = expression.names.compactMap {
                JSONPointer($0.hasPrefix("/") ? $0 : "/" + $0.replacing(".", with: "/"))
            }
        }

        func evaluate(_ x: Double, in root: JSONValue) -> Double {
            expression.evaluate(x, Members(root: root, pointers: pointers))
        }
    }

    /// The members of a payload that a calculation names.
    private struct Members: NamedValues {
        let root: JSONValue
        let pointers: [JSONPointer]

        func number(_ index: Int) -> Double {
            guard let value = root.at(pointers[index]) else { return .nan }
            return value.number ?? value.boolean.map { $0 ? 1 : 0 } ?? .nan
        }

        func isKnown(_ index: Int) -> Bool { root.at(pointers[index]).map { !$0.isNull } ?? false }
        func isText(_ index: Int, _ text: Word) -> Bool { root.at(pointers[index])?.string.map(text.matches) ?? false }
    }

    package init() {}

    /// True if a number only has to be scaled, which needs no rule.
    var isLinear: Bool {
        part == nil && errors.isEmpty && valid == nil && words.isEmpty && decimal == nil && expression == nil
            && table == nil
    }

    private var changesNumber: Bool { scale != 1 || offset != 0 || expression != nil || table != nil }

    /// What a value of the payload gives.
    enum Outcome {
        /// - Parameter unit: the bytes of the unit that stands behind the number in a text, if there is one.
        case number(Double, unit: UnsafeBufferPointer<UInt8>?)
        /// The sensor says that it has no value.
        case nothing
        /// The value is not one that the profile knows.
        case unreadable(wanted: String)
    }

    /// Allocates nothing, unless the value cannot be read.
    func read(_ value: JSONValue, in root: JSONValue) -> Outcome {
        let text = value.string.map { text in part.map { Self.part(of: text, $0) } ?? text }
        if errors.contains(where: { isMatch($0, value, text) }) { return .nothing }
        let (read, unit) = number(value, text)
        // "85.0" stands for the same fault as 85.
        if text != nil, let read, errors.contains(where: { $0.number == read }) { return .nothing }
        if let valid, case let truth = valid.evaluate(read ?? .nan, in: root), truth == 0 || truth.isNaN {
            return .nothing
        }
        guard let number = read else { return .unreadable(wanted: wanted) }
        if unit != nil, changesNumber { return .unreadable(wanted: "a number without a unit, since it is scaled") }
        var result = number * scale + offset
        if let expression { result = expression.evaluate(result, in: root) }
        if let table { result = table.value(at: result) }
        return result.isFinite ? .number(result, unit: unit) : .nothing
    }

    private static func part(
        of text: UnsafeBufferPointer<UInt8>, _ part: (mark: UInt8, index: Int)
    ) -> UnsafeBufferPointer<UInt8> {
        var rest = text[...]
        for _ in 0..<part.index {
            guard let mark = rest.firstIndex(of: part.mark) else { return UnsafeBufferPointer(rebasing: text[..<0]) }
            rest = rest[(mark + 1)...]
        }
        return UnsafeBufferPointer(rebasing: rest.prefix { $0 != part.mark })
    }

    /// The number that a value stands for or is, and the unit behind it in a text.
    private func number(_ value: JSONValue, _ text: UnsafeBufferPointer<UInt8>?) -> (
        Double?, unit: UnsafeBufferPointer<UInt8>?
    ) {
        if let word = words.first(where: { isMatch($0.word, value, text) }) { return (word.number, nil) }
        if let text {
            guard let decimal, let read = DecimalText.read(text, decimal) else { return (nil, nil) }
            return read
        }
        if let boolean = value.boolean { return (words.isEmpty ? boolean ? 1 : 0 : nil, nil) }
        // Where `true` may be 0, a 1 is not simply 1.
        return (words.contains { $0.word.isBoolean } ? nil : value.number, nil)
    }

    private func isMatch(_ word: Word, _ value: JSONValue, _ text: UnsafeBufferPointer<UInt8>?) -> Bool {
        if let text { return word.matches(text) }
        if let boolean = value.boolean { return word.text.elementsEqual((boolean ? "true" : "false").utf8) }
        return word.number != nil && word.number == value.number
    }

    private var wanted: String {
        var accepted = words.map { String(decoding: $0.word.text, as: UTF8.self) }
        if accepted.isEmpty { return decimal == .comma ? "a number such as 12,5" : "a number" }
        if accepted.count > 8 { accepted = accepted.prefix(8) + ["…"] }
        return (accepted.count == 1 ? "" : "one of ") + accepted.joined(separator: ", ")
    }
}

/// Reads a number in a text, and the unit behind it.
enum DecimalText {
    /// Reads `2.5`, ` -3e2`, `12.3 mm`, `12,3` (with `comma`). Spaces before, between and after are left out.
    /// - Returns: `nil` if there is no number at the beginning, or it has a mark for thousands.
    static func read(_ text: UnsafeBufferPointer<UInt8>, _ decimal: ValueRule.Decimal) -> (
        Double, unit: UnsafeBufferPointer<UInt8>?
    )? {
        let space = UInt8(ascii: " ")
        var bytes = text[...]
        while bytes.first == space { bytes = bytes.dropFirst() }
        while bytes.last == space { bytes = bytes.dropLast() }
        var buffer = InlineArray<64, UInt8>(repeating: 0)
        var count = 0
        let mark = UInt8(ascii: decimal == .comma ? "," : ".")
        var hasDigit = false
        while let byte = bytes.first, count < 63 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): hasDigit = true
            case UInt8(ascii: "+"), UInt8(ascii: "-"), mark: break
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                // "5 e" is a number and a unit; "5e3" is a number.
                guard hasDigit, let next = bytes.dropFirst().first,
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) || next == UInt8(ascii: "-")
                        || next == UInt8(ascii: "+")
                else { return finish() }
            default: return finish()
            }
            buffer[count] = byte == UInt8(ascii: ",") ? UInt8(ascii: ".") : byte
            count += 1
            bytes = bytes.dropFirst()
        }
        return finish()

        func finish() -> (Double, unit: UnsafeBufferPointer<UInt8>?)? {
            guard hasDigit, let number = parse(buffer, count) else { return nil }
            // "1.234,5" and "1,234.5" are not read as one number and a strange unit.
            if let next = bytes.first, next == UInt8(ascii: ",") || next == UInt8(ascii: ".") { return nil }
            while bytes.first == space { bytes = bytes.dropFirst() }
            return (number, bytes.isEmpty ? nil : UnsafeBufferPointer(rebasing: bytes))
        }
    }

    private static func parse(_ buffer: InlineArray<64, UInt8>, _ count: Int) -> Double? {
        // A Swift number is read from a text without a copy on the heap if it has at most 15 bytes.
        var text = ""
        for index in 0..<count { text.unicodeScalars.append(Unicode.Scalar(buffer[index])) }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }
}
