/// The keys of a reading that say how its value becomes a number.
package enum ValueKey: String, MappingKey {
    case part, separator, errors, words, decimal, valid, scale, offset, value, table

    package static let title = "a reading"

    package var meaning: String {
        switch self {
        case .part: "Of a text with several values, the number of the one that is meant, counted from 1."
        case .separator: "With 'part', the character between the values of the text. Default: a semicolon."
        case .errors: "Values that stand for a fault of the sensor and give no reading."
        case .words: "Texts, booleans or numbers that stand for a number: { \"open\": 1, \"closed\": 0 }."
        case .decimal: "Texts are read as numbers with a decimal point, or with a decimal comma."
        case .valid: "If this calculation over the payload is not true, there is no reading."
        case .scale: "What the number is multiplied by."
        case .offset: "What is added to the number after 'scale'."
        case .value: "A calculation over the value x and other values of the payload, after 'scale' and 'offset'."
        case .table: "A rating curve or the like: points with straight lines between them, or a mapping with 'points'."
        }
    }

    package var form: KeyForm {
        switch self {
        case .part: .whole(1...1000)
        case .separator: .text
        case .errors: .oneOrMore(.text)
        case .words: .byName(.number(nil), pattern: nil)
        case .decimal: .words(ValueRule.Decimal.allCases.map(\.rawValue))
        case .valid, .value: .calculation
        case .scale, .offset: .number(nil)
        case .table: .either(.points, .mapping(TableKey.self))
        }
    }
}

/// The keys of a table that says what is done outside of it.
package enum TableKey: String, MappingKey {
    case points, outside

    package static let title = "a table"

    package var isRequired: Bool { self == .points }

    package var meaning: String {
        switch self {
        case .points: "The points, each a pair of numbers; the first number rises from point to point."
        case .outside:
            """
            A value outside gives no reading ('nothing', the default), the value at the nearer end ('ends'), or the \
            last line continued ('line').
            """
        }
    }

    package var form: KeyForm {
        switch self {
        case .points: .points
        case .outside: .words(LookupTable.Outside.allCases.map(\.rawValue))
        }
    }
}
