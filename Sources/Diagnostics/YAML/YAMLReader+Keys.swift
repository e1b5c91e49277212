package import Telemetry

/// Access by the cases of an enum, which lists the keys that a mapping may have.
extension YAMLReader {
    /// The value of a key, or `nil` if it is missing or null.
    package mutating func node(_ key: some RawRepresentable<String>) -> YAMLNode? { node(key.rawValue) }

    /// The text of a key whose value is a single one; anything else is reported.
    package mutating func scalar(_ key: some RawRepresentable<String>) -> ScalarText? { scalar(key.rawValue) }

    package mutating func string(_ key: some RawRepresentable<String>) -> String? { string(key.rawValue) }

    /// The text of a key that must be present.
    package mutating func required(_ key: some RawRepresentable<String>) -> ScalarText? { required(key.rawValue) }

    /// A value that `convert` accepts; a value for which it returns `nil` is reported.
    /// - Parameter expected: what the value must be, for the message: `a number from 1 to 65535`.
    package mutating func value<T>(
        _ key: some RawRepresentable<String>, expected: String, _ convert: (String) -> T?
    ) -> T? {
        value(key.rawValue, expected: expected, convert)
    }

    package mutating func int(_ key: some RawRepresentable<String>, in range: ClosedRange<Int>) -> Int? {
        int(key.rawValue, in: range)
    }

    package mutating func double(_ key: some RawRepresentable<String>) -> Double? { double(key.rawValue) }

    package mutating func bool(_ key: some RawRepresentable<String>) -> Bool? { bool(key.rawValue) }

    /// A duration. One above ``TimeSpan/longestWritten`` is reported.
    package mutating func span(_ key: some RawRepresentable<String>) -> TimeSpan? { span(key.rawValue) }

    /// The entries of a nested mapping of words to single values.
    package mutating func strings(_ key: some RawRepresentable<String>) -> [(key: ScalarText, value: ScalarText)] {
        strings(key.rawValue)
    }

    /// The items of a list; a single item counts as a list of one.
    package mutating func items(_ key: some RawRepresentable<String>) -> [YAMLNode] { items(key.rawValue) }
}
