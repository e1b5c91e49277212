import Foundation

/// As much of JSON Schema as the editors' schemas use. Any other keyword is a fault.
struct SchemaCheck {
    let root: SchemaItem
    private let patterns = Patterns()

    /// What a value is by the schema.
    struct Result {
        var faults: [String] = []
        /// The keys that the value has, each behind the name of its mapping: `reading/quantity`.
        var keys: Set<String> = []

        mutating func add(_ other: Result) {
            faults += other.faults
            keys.formUnion(other.keys)
        }
    }

    init(_ text: String) throws { root = try JSONDecoder().decode(SchemaItem.self, from: Data(text.utf8)) }

    /// The name of the whole file among the mappings.
    static let file = "file"

    func check(_ value: SchemaItem) -> Result { check(value, by: root, in: Self.file, path: "") }

    /// All keys of all mappings that the schema describes.
    var keys: Set<String> {
        let definitions = (root["$defs"]?.object ?? [:]).merging([Self.file: root]) { $1 }
        return Set(
            definitions.flatMap { name, schema in (schema["properties"]?.object ?? [:]).keys.map { "\(name)/\($0)" } })
    }

    private func check(_ value: SchemaItem, by schema: SchemaItem, in mapping: String, path: String) -> Result {
        var result = Result()
        if case .boolean(let isAllowed) = schema {
            if !isAllowed { result.faults.append("\(path) is not allowed") }
            return result
        }
        for (keyword, rule) in schema.object ?? [:] {
            result.add(apply(keyword, rule, of: schema, to: value, in: mapping, path: path))
        }
        return result
    }

    private func apply(
        _ keyword: String, _ rule: SchemaItem, of schema: SchemaItem, to value: SchemaItem, in mapping: String,
        path: String
    ) -> Result {
        func result(_ isFine: Bool) -> Result { Result(faults: isFine ? [] : ["\(path): \(keyword) of \(mapping)"]) }
        switch keyword {
        case "$schema", "$id", "$defs", "title", "description", "examples", "then", "else": return Result()
        case "$ref":
            let name = String(rule.text?.split(separator: "/").last ?? "")
            guard let definition = root["$defs"]?[name] else { return result(false) }
            return check(value, by: definition, in: name, path: path)
        case "type":
            return result(!value.types.isDisjoint(with: (rule.list ?? [rule]).compactMap(\.text)))
        case "enum": return result(rule.list?.contains(value) == true)
        case "const": return result(rule == value)
        case "pattern":
            guard let text = value.text else { return Result() }
            guard let pattern = rule.text, let regex = patterns.regex(pattern) else { return result(false) }
            return result(text.firstMatch(of: regex) != nil)
        case "minLength": return result(value.text.map { Double($0.count) >= rule.number ?? 0 } ?? true)
        case "minimum": return result(value.number.map { $0 >= rule.number ?? 0 } ?? true)
        case "maximum": return result(value.number.map { $0 <= rule.number ?? 0 } ?? true)
        case "minItems": return result(value.list.map { Double($0.count) >= rule.number ?? 0 } ?? true)
        case "maxItems": return result(value.list.map { Double($0.count) <= rule.number ?? 0 } ?? true)
        case "required":
            return result(
                value.object.map { keys in rule.list?.allSatisfy { keys[$0.text ?? ""] != nil } == true } ?? true)
        case "items":
            return all((value.list ?? []).enumerated().map { ("\(path)/\($0)", $1, rule) }, in: mapping)
        case "properties", "additionalProperties", "propertyNames":
            return checkMembers(keyword, rule, of: schema, value.object ?? [:], in: mapping, path: path)
        case "allOf":
            return all((rule.list ?? []).map { (path, value, $0) }, in: mapping)
        case "anyOf", "oneOf", "if":
            return choose(keyword, rule, of: schema, value, in: mapping, path: path)
        default: return Result(faults: ["this check does not know '\(keyword)'"])
        }
    }

    private func all(_ parts: [(path: String, value: SchemaItem, schema: SchemaItem)], in mapping: String) -> Result {
        parts.reduce(into: Result()) { $0.add(check($1.value, by: $1.schema, in: mapping, path: $1.path)) }
    }

    private func checkMembers(
        _ keyword: String, _ rule: SchemaItem, of schema: SchemaItem, _ members: [String: SchemaItem],
        in mapping: String, path: String
    ) -> Result {
        let known = schema["properties"]?.object ?? [:]
        switch keyword {
        case "properties":
            let own = members.filter { known[$0.key] != nil }
            var result = all(own.map { ("\(path)/\($0)", $1, known[$0] ?? .null) }, in: mapping)
            result.keys.formUnion(own.keys.map { "\(mapping)/\($0)" })
            return result
        case "propertyNames": return all(members.keys.map { ("\(path)/\($0)", .text($0), rule) }, in: mapping)
        default:
            return all(members.filter { known[$0.key] == nil }.map { ("\(path)/\($0)", $1, rule) }, in: mapping)
        }
    }

    private func choose(
        _ keyword: String, _ rule: SchemaItem, of schema: SchemaItem, _ value: SchemaItem, in mapping: String,
        path: String
    ) -> Result {
        if keyword == "if" {
            let isTrue = check(value, by: rule, in: mapping, path: path).faults.isEmpty
            guard let next = schema[isTrue ? "then" : "else"] else { return Result() }
            return check(value, by: next, in: mapping, path: path)
        }
        let results = (rule.list ?? []).map { check(value, by: $0, in: mapping, path: path) }
        let fitting = results.filter(\.faults.isEmpty)
        if let first = fitting.first, keyword == "anyOf" || fitting.count == 1 { return first }
        return Result(faults: results.flatMap(\.faults) + ["\(path): \(fitting.count) forms of \(keyword) fit"])
    }
}

/// The regular expressions of a schema. A long one takes longer to read than to match.
private final class Patterns {
    private var known: [String: Regex<AnyRegexOutput>] = [:]

    func regex(_ pattern: String) -> Regex<AnyRegexOutput>? {
        if known[pattern] == nil { known[pattern] = try? Regex(pattern) }
        return known[pattern]
    }
}
