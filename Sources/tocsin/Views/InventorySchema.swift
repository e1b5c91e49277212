import Devices

/// The JSON Schema of inventories, made from the keys that the reader knows.
enum InventorySchema {
    static var text: String {
        var schema = MappingSchema()
        var root = schema.mapping(InventoryKey.self)
        root["$defs"] = schema.definitions
        return EditorSchema.text("inventory", title: "Tocsin inventory", root: root)
    }
}
