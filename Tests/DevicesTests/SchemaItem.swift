import Diagnostics
import Foundation

/// A value of JSON, or of YAML with the types that editors give it.
indirect enum SchemaItem: Hashable {
    case null
    case boolean(Bool)
    case number(Double)
    case text(String)
    case list([SchemaItem])
    case object([String: SchemaItem])

    subscript(_ key: String) -> SchemaItem? { object?[key] }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var number: Double? { if case .number(let number) = self { number } else { nil } }
    var list: [SchemaItem]? { if case .list(let list) = self { list } else { nil } }
    var object: [String: SchemaItem]? { if case .object(let object) = self { object } else { nil } }

    /// The names of JSON Schema for the value's type: an integer is also a number.
    var types: Set<String> {
        switch self {
        case .null: ["null"]
        case .boolean: ["boolean"]
        case .number(let number): number == number.rounded() ? ["number", "integer"] : ["number"]
        case .text: ["string"]
        case .list: ["array"]
        case .object: ["object"]
        }
    }
}

extension SchemaItem: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([SchemaItem].self) {
            self = .list(value)
        } else if let value = try? container.decode([String: SchemaItem].self) {
            self = .object(value)
        } else {
            self = .null
        }
    }
}

extension SchemaItem {
    /// Gives the values of a YAML file the types of YAML 1.2's core schema, as editors do.
    init(_ node: YAMLNode) {
        switch node.content {
        case .null: self = .null
        case .sequence(let items): self = .list(items.map(SchemaItem.init))
        case .mapping(let entries):
            self = .object(Dictionary(entries.map { ($0.key.string, SchemaItem($0.value)) }) { $1 })
        case .scalar(let scalar):
            let first = node.location.lineText.unicodeScalars.dropFirst(node.location.column - 1).first
            let isPlain = first.map { !"\"'|>".unicodeScalars.contains($0) } ?? true
            self = isPlain ? Self.plain(scalar.string) : .text(scalar.string)
        }
    }

    private static func plain(_ text: String) -> SchemaItem {
        if ["true", "True", "TRUE"].contains(text) { return .boolean(true) }
        if ["false", "False", "FALSE"].contains(text) { return .boolean(false) }
        if text.hasPrefix("0x"), let number = Int64(text.dropFirst(2), radix: 16) { return .number(Double(number)) }
        let isNumber = text.allSatisfy { $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }
        return isNumber ? Double(text).map { .number($0) } ?? .text(text) : .text(text)
    }
}
