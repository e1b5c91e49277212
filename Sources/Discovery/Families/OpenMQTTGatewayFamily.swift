/// OpenMQTTGateway and Theengs Gateway, which receive Bluetooth and other radio sensors.
///
/// Source: OpenMQTTGateway, "Gateways"; Theengs Gateway, "Details".
enum OpenMQTTGatewayFamily {
    static func guess(_ facts: TopicFacts) -> FamilyGuess? {
        if facts.levels.contains(where: { $0.hasPrefix("MQTTto") || $0 == "commands" }),
            facts.levels.contains(where: { $0.hasPrefix("MQTTto") }) || isGatewayName(facts)
        {
            return FamilyGuess(
                .openMQTTGateway, .certain, "the topic is where OpenMQTTGateway takes commands", .command)
        }
        if let place = facts.levels.firstIndex(where: { $0.hasSuffix("toMQTT") }) {
            let kind = facts.levels[place]
            if kind == "SYStoMQTT" || kind == "WebUItoMQTT" || kind == "RLStoMQTT" {
                return FamilyGuess(
                    .openMQTTGateway, .certain, "the topic is the state of an OpenMQTTGateway itself", .service)
            }
            let device = facts.levels.count > place + 1 ? facts.levels.count - 1 : nil
            var guess = FamilyGuess(
                .openMQTTGateway, .certain, "the topic has '\(kind)', where OpenMQTTGateway and Theengs publish",
                deviceLevel: device)
            guess.model = ["brand", "model"].compactMap { facts.node?[$0]?.text }.joined(separator: " ")
            if guess.model == "" { guess.model = nil }
            return guess
        }
        guard isGatewayName(facts), facts.last == "LWT" || facts.last == "version" else { return nil }
        return FamilyGuess(
            .openMQTTGateway, .likely, "the topic is the state of an OpenMQTTGateway itself",
            facts.last == "LWT" ? .availability : .service)
    }

    private static func isGatewayName(_ facts: TopicFacts) -> Bool {
        facts.levels.contains {
            $0.hasPrefix("OpenMQTTGateway") || $0.hasPrefix("TheengsGateway") || $0.hasPrefix("OMG_")
        }
    }
}
