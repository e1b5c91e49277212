package import Escalation
package import MQTT
package import Telemetry

/// Publishes each escalation to a topic of an upstream broker, at QoS 1, and where wanted keeps there, retained, how
/// each active alarm stands.
package struct MQTTDestination: Destination {
    package let name: String
    /// For the topic that what is retained of an alarm had before its rule or group was renamed.
    package var needsHistory: Bool { current != nil }
    package let timeout: TimeSpan
    private let publisher: Publisher
    private let topic: TopicTemplate
    private let current: TopicTemplate?

    /// - Parameter current: a topic of its own for each rule and group; what is retained there goes when the alarm
    ///   ends.
    package init(
        name: String, publisher: Publisher, topic: TopicTemplate, current: TopicTemplate? = nil,
        timeout: TimeSpan = .seconds(65)
    ) {
        self.name = name
        self.timeout = timeout
        self.publisher = publisher
        self.topic = topic
        self.current = current
    }

    package func deliver(_ escalation: Escalation, after earlier: [Escalation]) async throws {
        let message = try escalation.event().data
        let payload = Array(escalation.payload.utf8)
        try await publisher.deliver(
            topic: topic.topic(for: message), payload: payload, contentType: CloudEvent.contentType)
        guard let current else { return }
        // An empty retained message takes away the one before (MQTT v5, 3.3.1.3).
        let isOver = message.alarm.cleared != nil
        let place = current.topic(for: message)
        try await publisher.deliver(
            topic: place, payload: isOver ? [] : payload, retain: true,
            contentType: isOver ? nil : CloudEvent.contentType)
        // The alarm had another name when this was told of it last.
        if let before = earlier.last.flatMap({ CloudEvent.read($0.payload) }).map({ current.topic(for: $0.data) }),
            before != place
        {
            try await publisher.deliver(topic: before, payload: [], retain: true)
        }
    }
}

extension Publisher {
    /// Publishes, and tells a message that can never be sent from a link that does not work.
    /// - Throws: ``DeliveryError``, permanent, for such a message; ``MQTTError`` for what is worth another try.
    func deliver(topic: String, payload: [UInt8], retain: Bool = false, contentType: String? = nil) async throws {
        do {
            try await publish(topic: topic, payload: payload, retain: retain, contentType: contentType)
        } catch let error as MQTTError where error.isPermanent {
            throw DeliveryError(error.description, isPermanent: true)
        }
    }
}
