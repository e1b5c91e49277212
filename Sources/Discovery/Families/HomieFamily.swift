/// The Homie convention, whose attributes begin with a dollar.
///
/// Source: the Homie convention, versions 3.0.1, 4.0.0 and 5.0.
enum HomieFamily {
    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        guard let start = facts.levels.firstIndex(of: "homie"), start <= 1, facts.levels.count >= start + 3 else {
            return nil
        }
        let isFive = facts.level(start + 1) == "5"
        let device = start + (isFive ? 2 : 1)
        guard facts.levels.count > device + 1 else { return nil }
        let family: Family = isFive ? .homie5 : .homie4
        let place = "the topic is below '\(isFive ? "homie/5" : "homie")'"
        func guess(_ certainty: Certainty, _ reason: String, _ role: FamilyGuess.Role) -> FamilyGuess {
            FamilyGuess(family, certainty, reason, role, deviceLevel: device)
        }
        if facts.level(device).hasPrefix("$") {
            return FamilyGuess(family, .certain, "\(place), and is for all devices", .service)
        }
        let attribute = facts.level(device + 1)
        if attribute == "$state" {
            return guess(.certain, "\(place) and says whether the device can be reached", .availability)
        }
        if attribute == "$stats" || attribute == "$fw" || attribute == "$implementation" {
            let isStatistic = ["battery", "signal", "supply", "cputemp"].contains(facts.last)
            return guess(.certain, "\(place) and is a statistic of the device", isStatistic ? .readings : .service)
        }
        if facts.last == "set" || facts.last == "$target" {
            return guess(.certain, "\(place) and is where the device takes commands", .command)
        }
        if facts.levels[device...].contains(where: { $0.hasPrefix("$") }) {
            return guess(.certain, "\(place) and describes the device, without readings", .description)
        }
        // A property is two levels below the device: its node and its name.
        let isProperty = facts.levels.count == device + 3
        return guess(
            isProperty ? .certain : .likely,
            isProperty ? "\(place) and is a property of a node" : "\(place), but is not a property of a node", .readings
        )
    }
}
