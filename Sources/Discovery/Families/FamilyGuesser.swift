/// Guesses the family of a topic from its shape and its newest payload.
///
/// The rules are asked in their order: first those with a topic or a member that nobody else has, and the form of the
/// payload last. A rule that is not sure of what it sees says so.
struct FamilyGuesser {
    /// The base topics of Zigbee2MQTT.
    let zigbeeBases: [String]
    private let models: ZigbeeModels
    private let probe = EnvelopeProbe()

    private static let rules: [@Sendable (TopicFacts) -> FamilyGuess?] = [
        TocsinFamily.guess, SparkplugFamily.guess, MeshtasticFamily.guess, HomeAssistantFamily.guess,
        ZigbeeFamily.guess, HomieFamily.guess, NetworkServerFamily.guess, TasmotaFamily.guess, ShellyFamily.guess,
        OpenMQTTGatewayFamily.guess, RTL433Family.guess, ZWaveFamily.guess, OwnTracksFamily.guess,
        WeatherFamily.guess, PlatformFamily.guess, SenMLFamily.guess, ESPHomeFamily.guess,
    ]

    /// - Parameters:
    ///   - topics: all topics that were heard: some say where a bridge is.
    ///   - zigbeeBases: base topics that are known without that.
    init(topics: [String], zigbeeBases: [String], models: ZigbeeModels) {
        self.zigbeeBases = ZigbeeFamily.bases(in: topics, known: zigbeeBases)
        self.models = models
    }

    func guess(_ record: TopicRecord) -> FamilyGuess {
        let facts = TopicFacts(record, zigbeeBases: zigbeeBases)
        var guess = Self.rules.lazy.compactMap { $0(facts) }.first ?? PayloadForm.guess(facts)
        if guess.family == .zigbee2MQTT, guess.model == nil { guess.model = models.model(of: record.topic) }
        return guess.family.isNetworkServer && guess.role == .readings ? checked(guess, facts) : guess
    }

    /// Asks the gateway's own decoder whether it takes the message as one of a network server.
    private func checked(_ guess: FamilyGuess, _ facts: TopicFacts) -> FamilyGuess {
        guard let sample = facts.sample, !sample.isCut, !facts.payload.isBinary else { return guess }
        guard let objection = probe.objection(to: sample) else { return guess }
        var guess = guess
        guess.certainty = .unsure
        guess.reason += ", but the gateway cannot read this message: \(objection)"
        return guess
    }
}
