internal import Diagnostics

/// The keys of one mapping of a profile or an inventory. The reader, the editors' schema and its test all use them, so
/// no key can be read that is not in the schema.
package protocol MappingKey: RawRepresentable<String>, CaseIterable, Sendable {
    /// The mapping's name in messages: `a device`.
    static var title: String { get }

    /// Further keys that the same mapping may have: those of a message stand in the profile itself.
    static var parts: [any MappingKey.Type] { get }

    /// Sets of keys, of which the mapping must have at least one whole set; empty if it may have any keys.
    static var alternatives: [[Self]] { get }

    /// What the key says, in one sentence for the author of a file.
    var meaning: String { get }
    var form: KeyForm { get }
    var isRequired: Bool { get }
}

extension MappingKey {
    package static var parts: [any MappingKey.Type] { [] }
    package static var alternatives: [[Self]] { [] }
    package var isRequired: Bool { false }
}

extension YAMLReader {
    /// - Parameter keys: the keys of the mapping. Their title names it in messages.
    init<Key: MappingKey>(_ node: YAMLNode, _ keys: Key.Type) { self.init(node, Key.title) }
}
