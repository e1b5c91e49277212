package import Alarms
package import MQTT

/// Publishes each escalation to a topic of an upstream broker, at QoS 1.
package struct MQTTDestination: Destination {
    package let name: String
    private let publisher: Publisher
    private let topic: TopicTemplate

    package init(name: String, publisher: Publisher, topic: TopicTemplate) {
        self.name = name
        self.publisher = publisher
        self.topic = topic
    }

    package func deliver(_ escalation: Escalation) async throws {
        guard let message = CanonicalJSON.value(EscalationMessage.self, escalation.payload) else {
            throw DeliveryError("the outbox holds a message that cannot be read: \(escalation.identity)")
        }
        try await publisher.publish(topic: topic.topic(for: message), payload: Array(escalation.payload.utf8))
    }
}

/// An upstream topic with names in braces: `tocsin/{site}/{hazard}/{level}`.
package struct TopicTemplate: Sendable {
    private let text: String

    /// The names that a template may use beside the alarm's labels.
    package static let names = ["site", "rule", "hazard", "group", "level", "kind"]

    /// `nil` where a brace is not closed, or a wildcard stands in it.
    package init?(_ text: String) {
        let opened = text.count { $0 == "{" }
        guard !text.isEmpty, opened == text.count(where: { $0 == "}" }), !text.contains("+"), !text.contains("#") else { return nil }
        self.text = text
    }

    /// Wildcards in a label become `_`; a name that the alarm does not have becomes `none`.
    package func topic(for message: EscalationMessage) -> String {
        var topic = text
        var values = message.labels
        values["site"] = message.site
        values["rule"] = message.alarm.rule
        values["hazard"] = message.alarm.hazard
        values["group"] = message.alarm.group
        values["level"] = message.transition.to
        values["kind"] = message.transition.kind
        while let open = topic.firstIndex(of: "{"), let close = topic[open...].firstIndex(of: "}") {
            let name = String(topic[topic.index(after: open)..<close])
            let value = String((values[name] ?? "none").map { "+#{}\0".contains($0) ? "_" : $0 })
            topic.replaceSubrange(open...close, with: value.isEmpty ? "none" : value)
        }
        return topic
    }
}
