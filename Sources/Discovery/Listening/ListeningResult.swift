package import MQTT
package import Telemetry

/// What was heard while listening.
package struct ListeningResult: Sendable {
    package var census = TopicCensus()
    package var keys: SharedTopicKeys
    package var models = ZigbeeModels()
    /// How long the link to the broker was up.
    package var connectedFor = TimeSpan.zero
    package var wasConnected = false
    /// The filters that the broker has refused.
    package var refused: [RefusedFilter] = []

    package init(keys: SharedTopicKeys) { self.keys = keys }

    /// Notes a message.
    package mutating func note(
        topic: some Collection<UInt8>, payload: some Collection<UInt8>, isRetained: Bool, at time: Instant
    ) {
        guard let index = census.note(topic: topic, payload: payload, isRetained: isRetained, at: time) else { return }
        let name = census.records[index].topic
        models.note(topic: name, payload: payload)
        keys.note(index, topic: name, payload: payload, isRetained: isRetained, at: time)
    }
}
