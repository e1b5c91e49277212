/// Zigbee2MQTT, below its base topic, which is `zigbee2mqtt` unless its configuration has another.
///
/// Source: Zigbee2MQTT, "MQTT topics and messages".
enum ZigbeeFamily {
    private static let bridgeParts: Set<Substring> = [
        "state", "info", "devices", "groups", "event", "logging", "log", "definitions", "extensions", "health",
        "converters", "request", "response", "config", "networkmap",
    ]

    /// The base topics: those that are known, and those below which a bridge describes itself.
    static func bases(in topics: [String], known: [String]) -> [String] {
        var bases = known
        for topic in topics {
            for ending in ["/bridge/info", "/bridge/devices", "/bridge/definitions"] where topic.hasSuffix(ending) {
                let base = String(topic.dropLast(ending.count))
                if !base.isEmpty, !bases.contains(base) { bases.append(base) }
            }
        }
        return bases
    }

    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        guard let base = facts.zigbeeBases.first(where: { facts.topic.hasPrefix($0 + "/") }) else {
            return byPayload(facts)
        }
        let start = base.split(separator: "/", omittingEmptySubsequences: false).count
        let place = "the topic is below '\(base)', where Zigbee2MQTT publishes"
        if facts.level(start) == "bridge", bridgeParts.contains(facts.level(start + 1)) {
            return FamilyGuess(
                .zigbee2MQTT, .certain, "the topic is about the bridge of Zigbee2MQTT itself, and has no readings",
                .service)
        }
        switch facts.last {
        case "availability":
            return FamilyGuess(
                .zigbee2MQTT, .certain, "\(place) whether a device can be reached", .availability, deviceLevel: start)
        case "set", "get":
            return FamilyGuess(
                .zigbee2MQTT, .certain, "the topic is where Zigbee2MQTT takes commands for a device", .command,
                deviceLevel: start)
        default: break
        }
        guard let node = facts.node, node.object != nil else {
            return FamilyGuess(
                .zigbee2MQTT, .likely,
                "\(place), but the payload is not a JSON object: its 'output' may be 'attribute', "
                    + "which the profiles do not read",
                deviceLevel: start)
        }
        var guess = FamilyGuess(
            .zigbee2MQTT, node.has("linkquality") ? .certain : .likely,
            node.has("linkquality") ? place : "\(place), but the payload has no 'linkquality'", deviceLevel: start)
        guess.model = model(node)
        return guess
    }

    /// The option `include_device_information` puts the device's model into its payloads.
    private static func model(_ node: JSONNode) -> String? {
        let device = node["device"]
        guard let model = device?["model"]?.text else { return nil }
        return [device?["manufacturerName"]?.text, model].compactMap(\.self).joined(separator: " ")
    }

    private static func byPayload(_ facts: TopicFacts) -> FamilyGuess? {
        guard let node = facts.node, node.has("linkquality"), facts.levels.count >= 2 else { return nil }
        return FamilyGuess(
            .zigbee2MQTT, .likely, "the payload has 'linkquality', which Zigbee2MQTT sends, below another base topic",
            deviceLevel: facts.levels.count - 1)
    }
}
