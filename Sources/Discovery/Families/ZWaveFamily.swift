/// Z-Wave JS UI: a topic for each value of a node, below `zwave`.
///
/// Source: Z-Wave JS UI, "MQTT" and "Gateway".
enum ZWaveFamily {
    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        let isBelow = facts.level(0) == "zwave" || facts.level(0) == "zwavejs2mqtt" || facts.level(0) == "zwave-js-ui"
        if facts.levels.contains("_CLIENTS") || facts.levels.contains("_EVENTS") {
            guard isBelow || facts.levels.contains(where: { $0.hasPrefix("ZWAVE_GATEWAY-") }) else { return nil }
            return FamilyGuess(
                .zwaveJS, .certain, "the topic is about Z-Wave JS UI itself, and has no readings", .service)
        }
        let node = facts.levels.firstIndex { $0.hasPrefix("nodeID_") }
        let endpoint = facts.levels.firstIndex { $0.hasPrefix("endpoint_") }
        guard isBelow || (node != nil && endpoint != nil) else { return nil }
        let device = node ?? endpoint.map { $0 - 2 } ?? 1
        if ["status", "nodeinfo", "lastActive", "version"].contains(facts.last) {
            return FamilyGuess(
                .zwaveJS, .likely, "the topic is the state of a Z-Wave node, and has no readings",
                facts.last == "status" ? .availability : .service, deviceLevel: device)
        }
        if facts.last == "set" {
            return FamilyGuess(
                .zwaveJS, .likely, "the topic is where Z-Wave JS UI takes commands", .command, deviceLevel: device)
        }
        let hasValue = facts.node?.has("value") == true
        return FamilyGuess(
            .zwaveJS, hasValue || endpoint != nil ? .certain : .likely,
            hasValue ? "the payload has a 'value', below Z-Wave JS UI's topic" : "the topic is Z-Wave JS UI's",
            deviceLevel: device)
    }
}
