import Devices

/// The JSON Schema of device profiles, made from the keys that the reader knows.
enum ProfileSchema {
    static var text: String {
        var schema = MappingSchema()
        var root = schema.mapping(ProfileKey.self)
        // A profile is one message, whose keys stand in it, or has 'messages'. Their topics may begin with its own.
        root["required"] = ProfileKey.allCases.filter(\.isRequired).map(\.rawValue)
        var keysOfMessage = ofMessage(&schema)
        keysOfMessage[MessageKey.topic.rawValue] = nil
        root["if"] = ["required": [ProfileKey.messages.rawValue]]
        root["then"] = ["properties": keysOfMessage.mapValues { _ in false }]
        root["else"] = ["required": [MessageKey.topic.rawValue, MessageKey.readings.rawValue]]
        root["$defs"] = schema.definitions
        return EditorSchema.text("profile", title: "Tocsin device profile", root: root)
    }

    private static func ofMessage(_ schema: inout MappingSchema) -> [String: Any] {
        let message = schema.mapping(MessageKey.self)
        return message["properties"] as? [String: Any] ?? [:]
    }
}
