/// LoRaWAN network servers, by the members that only their messages have, and by their topics.
///
/// Sources: ChirpStack, "Event types" and "MQTT integration"; The Things Stack, "MQTT server" and "Data formats";
/// LORIOT, "Application data format"; Actility, "LRC-AS tunnel interface"; Helium, "HTTP integration".
enum NetworkServerFamily {
    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        if let found = byTopic(facts) { return found }
        return facts.node.flatMap { byPayload($0, facts) }
    }

    // MARK: - Topics

    private static func byTopic(_ facts: TopicFacts) -> FamilyGuess? {
        if let event = chirpStackEvent(facts) { return chirpStack(facts, event) }
        if facts.level(0) == "v3", facts.level(2) == "devices", facts.levels.count >= 5 { return theThingsStack(facts) }
        return chirpStackGateway(facts)
    }

    /// The kind of event in a topic of ChirpStack, and the level of the device: `application/7/device/…/event/up`.
    private static func chirpStackEvent(_ facts: TopicFacts) -> (name: Substring, device: Int)? {
        // A prefix may stand before `application`.
        guard let start = facts.levels.firstIndex(of: "application"), start <= 2,
            facts.level(start + 2) == "device", facts.levels.count >= start + 5
        else { return nil }
        switch facts.level(start + 4) {
        case "event", "command": return (facts.level(start + 5), start + 3)
        // Version 3 before 3.11.
        case "rx", "status", "join", "ack", "error", "txack", "tx", "location":
            return (facts.level(start + 4), start + 3)
        default: return nil
        }
    }

    private static func chirpStack(_ facts: TopicFacts, _ event: (name: Substring, device: Int)) -> FamilyGuess {
        if event.name == "up" || event.name == "rx" {
            if let node = facts.node, var found = byPayload(node, facts) {
                found.deviceLevel = event.device
                return found
            }
            let isBinary = facts.payload.isBinary
            return FamilyGuess(
                .chirpStack4, isBinary ? .likely : .unsure,
                isBinary
                    ? "the topic is ChirpStack's, and the payload is protobuf, which profiles do not read: "
                        + "set json = true in its MQTT integration"
                    : "the topic is ChirpStack's, and the payload is not",
                deviceLevel: event.device)
        }
        let isCommand = facts.levels.contains("command") || event.name == "down" || event.name == "tx"
        return FamilyGuess(
            facts.node?.has("devEUI") == true ? .chirpStack3 : .chirpStack4, .certain,
            isCommand
                ? "the topic is where ChirpStack takes commands for a device"
                : "the topic is ChirpStack's event '\(event.name)', which has no readings",
            isCommand ? .command : .service, deviceLevel: event.device)
    }

    /// `eu868/gateway/0016c001f153a14c/event/stats`
    private static func chirpStackGateway(_ facts: TopicFacts) -> FamilyGuess? {
        guard let start = facts.levels.firstIndex(of: "gateway"), start <= 1,
            ["event", "command", "state"].contains(facts.level(start + 2)),
            IdentifierText.isHexadecimal(facts.level(start + 1), digits: 16)
        else { return nil }
        return FamilyGuess(
            .chirpStackGateway, .certain, "the topic is between a LoRaWAN gateway and ChirpStack, and has no readings",
            .service, deviceLevel: start + 1)
    }

    private static func theThingsStack(_ facts: TopicFacts) -> FamilyGuess {
        if facts.level(4) == "up", let node = facts.node, var found = byPayload(node, facts) {
            found.deviceLevel = 3
            return found
        }
        guard facts.level(4) == "up" else {
            let event = facts.levels[4...].joined(separator: "/")
            return FamilyGuess(
                .theThingsStack, .certain, "the topic is The Things Stack's event '\(event)', which has no readings",
                facts.level(4) == "down" ? .command : .service, deviceLevel: 3)
        }
        return FamilyGuess(
            .theThingsStack, .unsure, "the topic is The Things Stack's, and the payload is not", deviceLevel: 3)
    }

    // MARK: - Payloads

    private static func byPayload(_ node: JSONNode, _ facts: TopicFacts) -> FamilyGuess? {
        let level = identifierLevel(facts)
        func found(_ family: Family, _ mark: String) -> FamilyGuess {
            FamilyGuess(
                family, .certain, "the payload has '\(mark)', which \(family.name) sends", deviceLevel: level)
        }
        if let info = node["deviceInfo"] {
            var guess = found(.chirpStack4, "deviceInfo")
            if !node.has("fCnt"), !node.has("data"), !node.has("object") {
                guess.role = .service
                guess.reason = "the payload has 'deviceInfo', which ChirpStack 4 sends, and no uplink"
            }
            guess.deviceName = info["deviceName"]?.name
            guess.model = info["deviceProfileName"]?.name
            return guess
        }
        let stack = node["data"]?["uplink_message"] ?? node["uplink_message"]
        if let stack {
            let place = node["uplink_message"] == nil ? node["data"] : node
            var guess = found(.theThingsStack, "uplink_message")
            guess.deviceName = place?["end_device_ids"]?["device_id"]?.name
            guess.model = stack["version_ids"]?["model_id"]?.name
            guess.isModelExact = guess.model != nil
            return guess
        }
        if node.has("devEUI"), node.has("data") || node.has("fPort") || node.has("rxInfo") {
            var guess = found(.chirpStack3, "devEUI")
            guess.deviceName = node["deviceName"]?.name
            guess.model = node["deviceProfileName"]?.name
            return guess
        }
        if node.has("EUI"), node.has("cmd") || (node.has("data") && node.has("fcnt")) {
            return LoRaWAN.loriot(node, found(.loriot, "EUI"))
        }
        if node.has("DevEUI_uplink") { return found(.thingPark, "DevEUI_uplink") }
        if node.has("dev_eui"), node.has("payload"), node.has("hotspots") || node.has("reported_at") {
            var guess = found(.helium, "dev_eui")
            guess.deviceName = node["name"]?.name
            return guess
        }
        return nil
    }

    /// The last level of a topic that is an EUI.
    private static func identifierLevel(_ facts: TopicFacts) -> Int? {
        facts.levels.lastIndex { IdentifierText.isHexadecimal($0, digits: 16) }
    }

    private enum LoRaWAN {
        /// LORIOT sends each uplink once as `rx`, and again with all its receptions as `gw`.
        static func loriot(_ node: JSONNode, _ guess: FamilyGuess) -> FamilyGuess {
            guard let command = node["cmd"]?.text, command != "rx", command != "gw" else { return guess }
            var guess = guess
            guess.role = .service
            guess.reason = "the payload is LORIOT's '\(command)', which has no readings"
            return guess
        }
    }
}
