import Foundation

/// What the JSON Schemas for editors have in common.
enum EditorSchema {
    /// The text of a schema for one kind of file.
    /// - Parameters:
    ///   - kind: what kind of file it is, as a word of its identifier: `rule-file`.
    ///   - root: the form of the whole file.
    static func text(_ kind: String, title: String, root: [String: Any]) -> String {
        let head: [String: Any] = [
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": "urn:tocsin:schema:\(kind):1",
            "title": title,
        ]
        // Strings, numbers, lists and mappings of them always encode.
        let data = try? JSONSerialization.data(
            withJSONObject: root.merging(head) { $1 }, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
