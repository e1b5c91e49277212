import RuleLanguage

/// The JSON Schema of rule files, made from the keys that the reader knows.
enum RuleFileSchema {
    static var text: String { EditorSchema.text("rule-file", title: "Tocsin rule file", root: root) }

    private static var root: [String: Any] {
        [
            "type": "object",
            "additionalProperties": false,
            "required": [RuleFileKey.rules.rawValue],
            "properties": [
                RuleFileKey.hazard.rawValue: ["type": "string", "description": RuleFileKey.hazard.meaning],
                RuleFileKey.rules.rawValue: [
                    "type": "array", "minItems": 1, "description": RuleFileKey.rules.meaning, "items": rule,
                ] as [String: Any],
            ],
        ]
    }

    private static var rule: [String: Any] {
        var properties: [String: Any] = [:]
        for key in RuleKey.allCases {
            properties[key.rawValue] = form(key)
            guard let formerName = key.formerName else { continue }
            var former = form(key)
            former["deprecated"] = true
            former["description"] = "The former name of '\(key.rawValue)'."
            properties[formerName] = former
        }
        return [
            "type": "object", "additionalProperties": false, "properties": properties,
            "required": RuleKey.allCases.filter(\.isRequired).map(\.rawValue),
        ]
    }

    private static func form(_ key: RuleKey) -> [String: Any] {
        var form: [String: Any]
        switch key.form {
        case .text: form = ["type": "string"]
        case .textOrList:
            form = [
                "oneOf": [["type": "string"], ["type": "array", "items": ["type": "string"], "minItems": 1]]
                    as [[String: Any]]
            ]
        case .texts: form = ["type": "object", "additionalProperties": ["type": ["string", "number", "boolean"]]]
        case .condition: form = condition
        case .expressions: form = ["type": "object", "additionalProperties": condition]
        case .translations:
            var texts: [String: Any] = [:]
            for key in TranslationKey.allCases { texts[key.rawValue] = ["type": "string", "description": key.meaning] }
            form = [
                "type": "object",
                "additionalProperties": ["type": "object", "additionalProperties": false, "properties": texts]
                    as [String: Any],
            ]
        case .conditions:
            var mapping: [String: Any] = [:]
            for key in LevelKey.allCases {
                mapping[key.rawValue] = condition.merging(["description": key.meaning]) { _, new in new }
            }
            form = [
                "type": "object", "minProperties": 1,
                "additionalProperties": [
                    "oneOf": [
                        condition,
                        [
                            "type": "object", "additionalProperties": false, "required": [LevelKey.when.rawValue],
                            "properties": mapping,
                        ],
                    ]
                ],
            ]
        }
        form["description"] = key.meaning
        if key == .name { form["pattern"] = "^[a-z0-9]+(-[a-z0-9]+)*$" }
        return form
    }

    /// An expression. YAML reads the shortest ones as `true` or as a number.
    private static var condition: [String: Any] {
        [
            "type": ["string", "boolean", "number"],
            "examples": Function.all.prefix(8).map { $0.signature.replacing("w)", with: "10m)") },
        ]
    }
}
