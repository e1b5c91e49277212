/// What this gateway publishes itself. Read in again, it would go round in a circle.
enum TocsinFamily {
    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        if facts.node?.has("specversion") == true, facts.node?["type"]?.text?.hasPrefix("tocsin.") == true {
            return FamilyGuess(
                .tocsin, .certain, "the payload is an escalation of a Tocsin gateway, and must not be read in again",
                .service)
        }
        guard facts.level(0) == "tocsin", ["readings", "alarms"].contains(facts.level(2)) else { return nil }
        return FamilyGuess(
            .tocsin, .likely, "the topic is where a Tocsin gateway publishes, and must not be read in again", .service)
    }
}
