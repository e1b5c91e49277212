/// Tasmota, with its standard topics: a prefix (`tele`, `stat`, `cmnd`), the device, and the kind of message.
///
/// Source: Tasmota, "MQTT".
enum TasmotaFamily {
    private static let prefixes: Set<Substring> = ["tele", "stat", "cmnd"]
    private static let endings: Set<Substring> = [
        "SENSOR", "STATE", "LWT", "INFO1", "INFO2", "INFO3", "RESULT", "UPTIME", "HASS_STATE", "MARGINS", "WAKEUP",
    ]

    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        if facts.level(0) == "tasmota", facts.level(1) == "discovery", facts.levels.count == 4 {
            return FamilyGuess(
                .tasmota, .certain, "the topic is where Tasmota describes its devices, and has no readings",
                .description, deviceLevel: 2)
        }
        guard facts.levels.count >= 3, let place = facts.levels.firstIndex(where: { prefixes.contains($0) }) else {
            return nil
        }
        let prefix = facts.levels[place]
        let isStandard = place == 0 && facts.levels.count == 3
        let device = place == 0 ? 1 : place - 1
        let ending = facts.last
        if prefix == "cmnd" {
            return isStandard
                ? FamilyGuess(
                    .tasmota, .likely, "the topic is where Tasmota takes commands", .command, deviceLevel: device)
                : nil
        }
        let isKnown = endings.contains(ending) || ending.hasPrefix("STATUS") || ending.hasPrefix("POWER")
        guard isKnown else { return nil }
        let certainty: Certainty = isStandard ? .certain : .likely
        let name = "the topic has Tasmota's prefix '\(prefix)' and its ending '\(ending)'"
        switch ending {
        case "LWT":
            return FamilyGuess(
                .tasmota, certainty, "\(name), which says whether the device can be reached", .availability,
                deviceLevel: device)
        case "SENSOR", "STATE", "STATUS8", "STATUS10":
            return FamilyGuess(
                .tasmota, facts.node == nil ? .likely : certainty,
                facts.node == nil ? "\(name), but the payload is not JSON" : name, deviceLevel: device)
        default:
            return FamilyGuess(.tasmota, certainty, "\(name), which has no readings", .service, deviceLevel: device)
        }
    }
}
