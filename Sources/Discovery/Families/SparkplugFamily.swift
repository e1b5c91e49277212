/// Sparkplug B: births, data and deaths of edge nodes and of the devices behind them.
///
/// Source: Eclipse Sparkplug specification 3.0.
enum SparkplugFamily {
    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        guard facts.level(0) == "spBv1.0" else { return nil }
        if facts.level(1) == "STATE" || facts.level(2) == "STATE" {
            return FamilyGuess(
                .sparkplugB, .certain, "the topic is the state of a host of Sparkplug B, and has no readings", .service)
        }
        var guess = guess(facts.level(2))
        guess.deviceLevel = facts.levels.count >= 5 ? 4 : 3
        // The kind of the message stands in front of the device.
        guess.identity = (facts.levels.prefix(2) + facts.levels.dropFirst(3)).joined(separator: "/")
        return guess
    }

    private static func guess(_ kind: Substring) -> FamilyGuess {
        switch kind {
        case "NCMD", "DCMD":
            FamilyGuess(.sparkplugB, .certain, "the topic is where Sparkplug B takes commands", .command)
        case "NDEATH", "DDEATH":
            FamilyGuess(
                .sparkplugB, .certain, "the topic is where Sparkplug B says that a device is gone", .availability)
        case "NBIRTH", "DBIRTH":
            FamilyGuess(.sparkplugB, .certain, "the topic is Sparkplug B's '\(kind)', which names all metrics")
        default: FamilyGuess(.sparkplugB, .certain, "the topic is Sparkplug B's '\(kind)'")
        }
    }

    /// The topic of the data of what has sent a birth or a death; `nil` for other topics.
    static func dataTopic(_ topic: String) -> String? {
        guard topic.hasPrefix("spBv1.0/") else { return nil }
        var levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        guard levels.count >= 4 else { return nil }
        switch levels[2] {
        case "DBIRTH", "DDEATH": levels[2] = "DDATA"
        case "NBIRTH", "NDEATH": levels[2] = "NDATA"
        default: return nil
        }
        return levels.joined(separator: "/")
    }

    /// True for a birth, which may be long, and of which half says nothing.
    static func isBirth(_ topic: String) -> Bool {
        topic.hasPrefix("spBv1.0/") && (topic.contains("/DBIRTH/") || topic.contains("/NBIRTH/"))
    }
}
