/// Shelly devices: the first generation below `shellies`, and later ones with status and notification topics.
///
/// Source: Shelly, "Gen1 device API: MQTT", "Gen2 device API: MQTT".
enum ShellyFamily {
    private static let components: Set<Substring> = [
        "switch", "cover", "light", "input", "temperature", "humidity", "devicepower", "flood", "smoke", "illuminance",
        "voltmeter", "em", "em1", "emdata", "em1data", "pm1", "rgb", "rgbw", "cct", "sys", "wifi", "mqtt", "cloud",
        "ble",
        "bthome", "bthomedevice", "bthomesensor", "presence", "matter", "eth", "ws", "script", "knx",
    ]

    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        facts.level(0) == "shellies" ? firstGeneration(facts) : laterGeneration(facts)
    }

    private static func firstGeneration(_ facts: TopicFacts) -> FamilyGuess? {
        let place = "the topic is below 'shellies', where Shelly's first generation publishes"
        func guess(_ reason: String, _ role: FamilyGuess.Role, _ level: Int? = 1) -> FamilyGuess {
            FamilyGuess(.shellyGen1, .certain, reason, role, deviceLevel: level)
        }
        if facts.levels.count == 2 { return guess("\(place), and is for all devices", .service, nil) }
        switch facts.last {
        case "online": return guess("\(place) whether a device can be reached", .availability)
        case "announce", "info": return guess("\(place) what a device is", .description)
        case "command", "set": return guess("the topic is where a Shelly takes commands", .command)
        default: return guess(place, .readings)
        }
    }

    private static func laterGeneration(_ facts: TopicFacts) -> FamilyGuess? {
        let count = facts.levels.count
        if count >= 3, facts.level(count - 2) == "events", facts.last == "rpc" {
            let source = facts.node?["src"]?.text ?? ""
            let isNotification = facts.node?["method"]?.text?.hasPrefix("Notify") == true
            guard isNotification || source.hasPrefix("shelly") else { return nil }
            let guess = FamilyGuess(
                .shellyGen2, .certain, "the topic ends in 'events/rpc', and the payload is a Shelly's notification",
                deviceLevel: count - 3)
            return named(guess, source)
        }
        if count >= 3, facts.level(count - 2) == "status", isComponent(facts.last), facts.node?.object != nil {
            let isSure = facts.last.contains(":")
            return FamilyGuess(
                .shellyGen2, isSure ? .certain : .likely,
                "the topic ends in 'status/\(facts.last)', as those of Shelly's later generations do",
                isSure ? .readings : .service, deviceLevel: count - 3)
        }
        guard facts.level(0).hasPrefix("shelly"), count >= 2 else { return nil }
        switch facts.last {
        case "online":
            return FamilyGuess(
                .shellyGen2, .certain, "the topic says whether a Shelly can be reached", .availability, deviceLevel: 0)
        case "rpc", "command":
            return FamilyGuess(
                .shellyGen2, .certain, "the topic is where a Shelly takes commands", .command, deviceLevel: 0)
        default: return nil
        }
    }

    private static func isComponent(_ level: Substring) -> Bool {
        components.contains(level.split(separator: ":").first ?? "")
    }

    /// The beginning of a Shelly's own name is its model: `shellyplusht-b8d61a8b17cc`.
    private static func named(_ guess: FamilyGuess, _ source: String) -> FamilyGuess {
        var guess = guess
        if source.hasPrefix("shelly"), let dash = source.lastIndex(of: "-") { guess.model = String(source[..<dash]) }
        return guess
    }
}
