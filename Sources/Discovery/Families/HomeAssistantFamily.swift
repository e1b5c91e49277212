/// What devices publish so that Home Assistant finds them: their configuration, and no readings.
///
/// Source: Home Assistant, "MQTT discovery".
enum HomeAssistantFamily {
    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        let isBelow = facts.level(0) == "homeassistant"
        if isBelow, facts.levels.count == 2, facts.last == "status" {
            return FamilyGuess(
                .homeAssistant, .certain, "the topic is where Home Assistant says that it has started", .service)
        }
        if facts.last == "config", (4...5).contains(facts.levels.count) {
            let names = [
                "state_topic", "stat_t", "command_topic", "cmd_t", "unique_id", "uniq_id", "components", "cmps",
            ]
            let isConfiguration = facts.node.map { node in names.contains { node[$0] != nil } } ?? false
            if isBelow || isConfiguration {
                return FamilyGuess(
                    .homeAssistant, isConfiguration ? .certain : .likely,
                    "the payload tells Home Assistant about a device: it is configuration, not readings",
                    .description, deviceLevel: facts.levels.count - 2)
            }
        }
        guard isBelow else { return nil }
        return FamilyGuess(
            .homeAssistant, .unsure,
            "the topic is below 'homeassistant', where usually only configuration is, but this is not",
            deviceLevel: facts.levels.count > 2 ? facts.levels.count - 2 : nil)
    }
}
