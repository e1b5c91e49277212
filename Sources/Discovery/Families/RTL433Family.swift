/// rtl_433, which receives sensors on 433 and 868 MHz.
///
/// Source: rtl_433, "Outputs" and `docs/DATA_FORMAT.md`.
enum RTL433Family {
    /// The model of one of the devices on a topic, by its own payload.
    static func model(of sample: TopicRecord.Sample, _ family: FamilyGuess) -> String? {
        family.family == .rtl433 ? JSONNode(sample.bytes)?["model"]?.text : nil
    }

    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        let isBelow = facts.level(0) == "rtl_433"
        if let node = facts.node, node.has("model"), node.has("id") || node.has("channel"),
            isBelow || node.has("time") || node.has("mic") || node.has("protocol")
        {
            var guess = FamilyGuess(
                .rtl433, isBelow ? .certain : .likely,
                isBelow
                    ? "the topic is below 'rtl_433', and the payload has a 'model'"
                    : "the payload has a 'model' and an 'id', as rtl_433's messages do")
            guess.model = node["model"]?.text
            return guess
        }
        guard isBelow else { return nil }
        if facts.levels.contains("devices"), facts.levels.count >= 5 {
            return FamilyGuess(
                .rtl433, .certain,
                "the topic is one value of a device of rtl_433: with its topic 'events' each device is one message",
                deviceLevel: facts.levels.count - 2)
        }
        let isAvailability = facts.last == "availability"
        return FamilyGuess(
            .rtl433, .likely, "the topic is below 'rtl_433'", isAvailability ? .availability : .service)
    }
}
