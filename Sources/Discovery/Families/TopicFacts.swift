/// What is known of a topic when its family is guessed.
struct TopicFacts {
    let topic: String
    let levels: [Substring]
    let payload: PayloadKind
    let sample: TopicRecord.Sample?
    /// The base topics of Zigbee2MQTT at this broker.
    let zigbeeBases: [String]

    init(_ record: TopicRecord, zigbeeBases: [String]) {
        self.init(record.topic, record.sample, zigbeeBases: zigbeeBases)
    }

    init(_ topic: String, _ sample: TopicRecord.Sample?, zigbeeBases: [String] = ["zigbee2mqtt"]) {
        self.topic = topic
        levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        self.sample = sample
        payload = sample.map { PayloadKind($0) } ?? .empty
        self.zigbeeBases = zigbeeBases
    }

    var node: JSONNode? { payload.node }
    var last: Substring { levels.last ?? "" }

    /// The level at a position; an empty text if there is none.
    func level(_ index: Int) -> Substring { levels.indices.contains(index) ? levels[index] : "" }
}
