package import Telemetry
package import Wire

/// A receiver of escalations: one kind of link, with its settings.
package protocol Destination: Sendable {
    /// The name in the configuration.
    var name: String { get }

    /// Delivers a message. Returns when the destination has accepted it. Throws when it has not, or may not have:
    /// then the message is delivered again, with the same identity.
    /// - Parameter earlier: the earlier messages to the same destination about the same alarm, oldest first; empty
    ///   unless ``needsHistory``.
    /// - Throws: ``DeliveryError``, or any other error that is worth another try.
    func deliver(_ message: OutgoingMessage, after earlier: [OutgoingMessage]) async throws

    /// The time limit of one delivery, including the end of an answer. Then its task is cancelled, and must end soon.
    var timeout: TimeSpan { get }

    /// Set if ``deliver(_:after:)`` needs the earlier messages.
    var needsHistory: Bool { get }

    /// Closes connections; nothing is delivered from then on.
    func close() async
}

extension Destination {
    package var timeout: TimeSpan { .seconds(60) }
    package var needsHistory: Bool { false }
    package func close() async {}

    /// Delivers an item of the outbox, after others.
    package func deliver(_ item: OutboxItem, after earlier: [OutboxItem] = []) async throws {
        try await deliver(OutgoingMessage(item), after: earlier.map(OutgoingMessage.init))
    }
}

/// The reason why a delivery failed, in words for an operator.
package struct DeliveryError: Error, CustomStringConvertible {
    package let description: String
    /// Set if another try with the same message cannot work: the message is parked, and shown.
    package let isPermanent: Bool
    /// Set if the destination was reached, and has refused: that may concern this message alone.
    package let isAboutMessage: Bool
    /// The seconds after which the destination wants the next try, if it gives them.
    package let retryAfter: Double?

    package init(
        _ description: String, isPermanent: Bool = false, isAboutMessage: Bool = false, retryAfter: Double? = nil
    ) {
        self.description = description
        self.isPermanent = isPermanent
        self.isAboutMessage = isAboutMessage
        self.retryAfter = retryAfter
    }
}
