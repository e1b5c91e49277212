/// Meshtastic radios: protobuf under `2/e`, and JSON under `2/json` if a gateway has it switched on.
///
/// Source: Meshtastic, "MQTT".
enum MeshtasticFamily {
    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        guard let place = facts.levels.indices.first(where: { isRoot($0, facts) }) else { return nil }
        let isBelow = facts.level(0) == "msh"
        switch facts.level(place + 1) {
        case "json":
            guard let node = facts.node, node.has("from", "type") || isBelow else { return nil }
            let type = node["type"]?.text ?? "?"
            return FamilyGuess(
                .meshtasticJSON, node.has("from", "type") ? .certain : .likely,
                type == "telemetry"
                    ? "the payload is Meshtastic's telemetry; the node is in 'from', not in the topic"
                    : "the payload is Meshtastic's '\(type)'; readings come as 'telemetry'",
                type == "telemetry" ? .readings : .service)
        case "stat":
            return FamilyGuess(
                .meshtasticProtobuf, isBelow ? .certain : .likely,
                "the topic says whether a gateway of Meshtastic can be reached", .availability)
        default:
            return FamilyGuess(
                .meshtasticProtobuf, isBelow ? .certain : .likely,
                "the payload is Meshtastic's protobuf, and may be encrypted: switch JSON on in the radio's MQTT module")
        }
    }

    /// The version and the kind: `msh/EU_868/2/json/LongFast/!a1b2c3d4`.
    private static func isRoot(_ index: Int, _ facts: TopicFacts) -> Bool {
        guard facts.levels[index] == "2", index >= 1, facts.levels.count > index + 2 else { return false }
        let kind = facts.level(index + 1)
        guard ["json", "e", "c", "map", "stat"].contains(kind) else { return false }
        return facts.level(0) == "msh" || facts.last.hasPrefix("!")
    }
}
