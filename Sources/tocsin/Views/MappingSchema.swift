import Devices

/// Makes the JSON Schema of mappings from the keys that their readers know.
///
/// A mapping stands once in the schema, under its name in `$defs`, because fields may have fields, and messages and
/// profiles have the same readings.
struct MappingSchema {
    /// The definitions of all mappings and values that were referred to so far.
    private(set) var definitions: [String: Any] = [:]

    /// Returns the form of a mapping, with all of its keys.
    mutating func mapping<Key: MappingKey>(_ type: Key.Type) -> [String: Any] {
        var keys = Keys()
        add(type, to: &keys)
        var mapping: [String: Any] = [
            "type": "object", "additionalProperties": false, "properties": keys.properties,
        ]
        if !keys.required.isEmpty { mapping["required"] = keys.required }
        // An editor shows one choice better than a list of one.
        if keys.choices.count == 1 { mapping.merge(keys.choices[0]) { $1 } }
        if keys.choices.count > 1 { mapping["allOf"] = keys.choices }
        return mapping
    }

    /// Returns the properties of one enum of keys, without those of its parts.
    mutating func properties<Key: MappingKey>(_ type: Key.Type) -> [String: Any] {
        var properties: [String: Any] = [:]
        for key in type.allCases { properties[key.rawValue] = described(key) }
        return properties
    }

    /// The keys of a mapping, collected from an enum and its parts.
    private struct Keys {
        var properties: [String: Any] = [:]
        var required: [String] = []
        /// For each enum that has alternatives, the sets of keys of which one must be there.
        var choices: [[String: Any]] = []
    }

    private mutating func add<Key: MappingKey>(_ type: Key.Type, to keys: inout Keys) {
        keys.properties.merge(properties(type)) { own, _ in own }
        keys.required += type.allCases.filter(\.isRequired).map(\.rawValue)
        let sets: [[String: Any]] = type.alternatives.map { ["required": $0.map(\.rawValue)] }
        if !sets.isEmpty { keys.choices.append(["anyOf": sets]) }
        for part in type.parts { add(part, to: &keys) }
    }

    private mutating func described(_ key: some MappingKey) -> [String: Any] {
        form(key.form).merging(["description": key.meaning]) { $1 }
    }

    /// Returns a reference to a mapping. Its definition is made at the first one.
    private mutating func reference<Key: MappingKey>(_ type: Key.Type) -> [String: Any] {
        let name = Self.name(of: type)
        return reference(name) { schema in
            // A mapping may contain itself, so its name must be known before its keys are.
            schema.definitions[name] = [String: Any]()
            return schema.mapping(type)
        }
    }

    private mutating func reference(
        _ name: String, _ definition: (inout MappingSchema) -> [String: Any]
    ) -> [String: Any] {
        if definitions[name] == nil { definitions[name] = definition(&self) }
        return ["$ref": "#/$defs/\(name)"]
    }

    /// The name of a definition: `reading` for `ReadingKey`.
    private static func name<Key: MappingKey>(of type: Key.Type) -> String {
        let name = String(describing: type).dropLast("Key".count)
        return name.prefix(1).lowercased() + name.dropFirst()
    }

    // MARK: - The forms of values

    private mutating func form(_ form: KeyForm) -> [String: Any] {
        switch form {
        case .text: return ["type": ["string", "number", "boolean"]]
        case .number(let range): return WrittenForm.number(range)
        case .whole(let range): return WrittenForm.whole(range)
        case .boolean: return ["enum": [true, false, "yes", "no"] as [Any]]
        case .words(let words): return ["enum": words]
        case .written(let words, let pattern, let examples):
            return WrittenForm.text(words: words, pattern: pattern, examples: examples)
        case .duration: return reference("duration") { _ in WrittenForm.duration }
        case .unit: return reference("unit") { _ in WrittenForm.unit }
        case .quantity: return reference("quantity") { _ in WrittenForm.quantity }
        case .pointer: return reference("pointer") { _ in WrittenForm.pointer }
        case .calculation: return reference("calculation") { _ in WrittenForm.calculation }
        case .amount: return reference("amount") { _ in WrittenForm.amount }
        case .range: return reference("range") { _ in WrittenForm.range }
        case .instant: return WrittenForm.instant
        case .day: return WrittenForm.day
        case .code: return WrittenForm.code
        case .points:
            let point: [String: Any] = [
                "type": "array", "items": WrittenForm.number(nil), "minItems": 2, "maxItems": 2,
            ]
            return ["type": "array", "items": point, "minItems": 2]
        case .oneOrMore(let item):
            let one = self.form(item)
            return ["oneOf": [one, ["type": "array", "items": one]] as [[String: Any]]]
        case .byName(let value, let pattern):
            var mapping: [String: Any] = ["type": "object", "additionalProperties": self.form(value)]
            if let pattern { mapping["propertyNames"] = ["pattern": pattern] }
            return mapping
        case .byQuantity(let value):
            return [
                "type": "object", "propertyNames": self.form(.quantity), "additionalProperties": self.form(value),
            ]
        case .mapping(let type): return reference(type)
        case .either(let short, let long):
            // Two single values may both fit: 3 is also the text "3".
            return [(long.isSingle ? "anyOf" : "oneOf"): [self.form(short), self.form(long)]]
        }
    }
}

extension KeyForm {
    /// True if the value is no mapping and no list.
    fileprivate var isSingle: Bool {
        switch self {
        case .text, .number, .whole, .boolean, .words, .written, .duration, .unit, .quantity, .pointer, .calculation,
            .amount, .range, .instant, .day, .code:
            true
        case .points, .oneOrMore, .byName, .byQuantity, .mapping: false
        case .either(let short, let long): short.isSingle && long.isSingle
        }
    }
}
