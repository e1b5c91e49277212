internal import Foundation
internal import Telemetry

/// JSON with sorted keys: the same value is always the same text.
package enum CanonicalJSON {
    /// Writes a value. No character in the text steers a terminal. Numbers that JSON does not have are the strings
    /// `inf`, `-inf` and `nan`.
    ///
    /// A value that cannot be written is not lost: `{"reason":…,"unwritable":…}` says what it was, for a person to
    /// read. None of the gateway's own values is such a one.
    package static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            return ControlCharacters.escapedJSON(String(decoding: try encoder.encode(value), as: UTF8.self))
        } catch {
            let words = ["unwritable": String(reflecting: value), "reason": "\(error)"]
            // Two strings always encode.
            return (try? encoder.encode(words)).map { String(decoding: $0, as: UTF8.self) } ?? "\"unwritable\""
        }
    }

    /// Reads what ``text(_:)`` has written.
    /// - Returns: `nil` if the text is something else.
    package static func value<T: Decodable>(_ type: T.Type, _ text: String) -> T? {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        // The caller decides what a text that is not of the type means.
        return try? decoder.decode(type, from: Data(text.utf8))
    }
}
