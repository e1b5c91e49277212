/// The form of a key's value, from which the editors' schema is made.
package indirect enum KeyForm: Sendable {
    /// Any single value.
    case text
    case number(ClosedRange<Double>?)
    case whole(ClosedRange<Int>)
    case boolean
    /// One of these words.
    case words([String])
    /// One of these words, or a text that a regular expression describes.
    case written(words: [String], pattern: String, examples: [String])
    /// `90s`, `10 min`
    case duration
    /// `mm`, `m3/s`
    case unit
    /// The name of what is measured.
    case quantity
    /// A JSON Pointer.
    case pointer
    /// A calculation over the payload.
    case calculation
    /// A number, alone or with a unit: `3.2 m`.
    case amount
    /// Two numbers, alone or with units: `0 .. 12 m`.
    case range
    /// A moment, as RFC 3339 writes it.
    case instant
    /// `2027-03-01`
    case day
    /// A number that may be hexadecimal: `0xff`.
    case code
    /// The points of a table: `[[0, 0], [1.2, 3.4]]`.
    case points
    /// A list. A single value counts as a list of one.
    case oneOrMore(KeyForm)
    /// A mapping from names to values; `pattern` describes the names.
    case byName(KeyForm, pattern: String?)
    /// A mapping from quantities to values.
    case byQuantity(KeyForm)
    case mapping(any MappingKey.Type)
    /// A short form, or a long one.
    case either(KeyForm, KeyForm)
}

extension KeyForm {
    /// A topic without wildcards.
    static let topic = KeyForm.written(words: [], pattern: "^[^+#]*$", examples: ["sensors/{device}/level"])

    /// The name of a format of times, or a pattern of them.
    static let timeFormat = KeyForm.written(
        words: TimeField.Format.names, pattern: "^(?=.*yy)(?=.*M)(?=.*d)(?=.*HH)(?=.*mm)",
        examples: ["dd.MM.yyyy HH:mm:ss"])

    /// The position of a byte; a negative one is counted from the end.
    static let position = KeyForm.whole(Int.min...Int.max)

    /// A number of bytes, or all that are left.
    static let byteCount = KeyForm.either(.whole(0...65_536), .words(["rest"]))

    /// The type of a number in a binary payload.
    /// - Parameter names: the types that the key may have.
    /// - Parameter others: a regular expression for what is not a number.
    static func numberType(_ names: [String], or others: String? = nil) -> KeyForm {
        let pattern = "^(\(names.joined(separator: "|")))(le|be)?(sw)?$"
        return .written(words: names, pattern: others.map { "\(pattern)|\($0)" } ?? pattern, examples: [])
    }
}
