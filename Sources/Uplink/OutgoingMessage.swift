package import Escalation
package import Telemetry
package import Wire

/// A message for a destination: an item of the outbox, and its content.
package struct OutgoingMessage: Sendable {
    package enum Content: Sendable {
        case notice(AlarmNotice)
        case flood(FloodMessage)
        /// Content that this version cannot read.
        case unreadable
    }

    package let item: OutboxItem
    package let content: Content

    /// Reads the item's JSON.
    package init(_ item: OutboxItem) {
        self.item = item
        content =
            if let notice = item.notice {
                .notice(notice)
            } else if let flood = FloodMessage.read(item.payload) {
                .flood(flood)
            } else {
                .unreadable
            }
    }

    /// The escalation's identity, the same in every delivery.
    package var identity: String { item.identity }
    /// The identity of the alarm.
    package var alarm: String { item.alarm }
    /// The JSON as it is sent.
    package var payload: String { item.payload }
    package var created: Instant { item.created }

    /// The notice, for a destination that cannot deliver anything else.
    /// - Throws: ``DeliveryError``, permanent, if it is the message of a flood, or cannot be read.
    func notice() throws(DeliveryError) -> AlarmNotice {
        switch content {
        case .notice(let notice): return notice
        case .flood: throw DeliveryError("this kind of destination has no message for a flood", isPermanent: true)
        case .unreadable:
            throw DeliveryError("the outbox holds a message that this version cannot read", isPermanent: true)
        }
    }
}
