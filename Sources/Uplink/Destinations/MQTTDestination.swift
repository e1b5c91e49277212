internal import Escalation
package import MQTT
package import Telemetry
internal import Wire

/// Publishes each escalation to a topic of an upstream broker, at QoS 1. If configured, it keeps the newest message
/// of each active alarm there, retained.
package struct MQTTDestination: Destination {
    package let name: String
    /// Set if the destination keeps retained messages. After its rule or group was renamed, an alarm's retained
    /// message has another topic; the old one is removed.
    package var needsHistory: Bool { current != nil }
    package let timeout: TimeSpan
    private let publisher: Publisher
    private let topic: TopicTemplate
    private let current: TopicTemplate?

    /// - Parameter current: a topic of its own for each rule and group; the retained message is removed when the alarm
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

    package func deliver(_ message: OutgoingMessage, after earlier: [OutgoingMessage]) async throws {
        let notice = try message.notice()
        let payload = Array(message.payload.utf8)
        try await publisher.deliver(
            topic: topic.topic(for: notice), payload: payload, contentType: CloudEvent.contentType)
        guard let current else { return }
        // An empty retained message removes the one before (MQTT v5, 3.3.1.3).
        let isOver = notice.alarm.cleared != nil
        let retained = current.topic(for: notice)
        try await publisher.deliver(
            topic: retained, payload: isOver ? [] : payload, retain: true,
            contentType: isOver ? nil : CloudEvent.contentType)
        // The alarm had another name in the message before this one.
        if case .notice(let last) = earlier.last?.content, case let before = current.topic(for: last),
            before != retained
        {
            try await publisher.deliver(topic: before, payload: [], retain: true)
        }
    }
}

extension Publisher {
    /// Publishes, and distinguishes a message that can never be sent from a link that does not work.
    /// - Throws: ``DeliveryError``, permanent, for such a message; ``MQTTError`` for errors that are worth another
    ///   try.
    func deliver(topic: String, payload: [UInt8], retain: Bool = false, contentType: String? = nil) async throws {
        do {
            try await publish(topic: topic, payload: payload, retain: retain, contentType: contentType)
        } catch let error as MQTTError where error.isPermanent {
            throw DeliveryError(error.description, isPermanent: true)
        }
    }
}
