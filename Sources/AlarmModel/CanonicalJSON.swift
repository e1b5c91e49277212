internal import Foundation
internal import Telemetry

/// JSON with sorted keys: the same value always gives the same text.
package enum CanonicalJSON {
    /// Writes a value. No character in the text can control a terminal. Numbers that JSON does not have become the
    /// strings `inf`, `-inf` and `nan`.
    ///
    /// A value that cannot be written is not lost: `{"reason":…,"unwritable":…}` describes it for a person. The
    /// gateway's own values can all be written.
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

    /// Reads a text that ``text(_:)`` has written.
    /// - Returns: `nil` if the text is something else.
    package static func value<T: Decodable>(_ type: T.Type, _ text: String) -> T? {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        // The caller decides how to treat a text of another type.
        return try? decoder.decode(type, from: Data(text.utf8))
    }
}
