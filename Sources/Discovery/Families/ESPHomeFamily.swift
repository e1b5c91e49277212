/// ESPHome: the node, the kind of entity, its name, and `state`.
///
/// Source: ESPHome, "MQTT client component".
enum ESPHomeFamily {
    private static let components: Set<Substring> = [
        "sensor", "binary_sensor", "switch", "light", "fan", "cover", "climate", "text_sensor", "number", "select",
        "button", "lock", "valve", "text", "event", "update",
    ]

    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        if facts.level(0) == "esphome", facts.level(1) == "discover" || facts.level(1) == "ping" {
            return FamilyGuess(
                .espHome, .certain, "the topic is where ESPHome describes its nodes, and has no readings", .description,
                deviceLevel: 2)
        }
        let count = facts.levels.count
        guard count >= 4, components.contains(facts.level(count - 3)) else { return nil }
        switch facts.last {
        case "state":
            return FamilyGuess(
                .espHome, .likely,
                "the topic has the form of ESPHome's: node, '\(facts.level(count - 3))', name, 'state'",
                deviceLevel: count - 4)
        case "command":
            return FamilyGuess(
                .espHome, .likely, "the topic is where ESPHome takes commands", .command, deviceLevel: count - 4)
        default: return nil
        }
    }
}
