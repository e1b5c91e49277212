package import Telemetry
package import Wire

/// A receiver of escalations: one kind of link, with its settings.
package protocol Destination: Sendable {
    /// As the configuration names it.
    var name: String { get }

    /// Delivers a message. Returns when the destination has accepted it. Throws when it has not, or may not have: then
    /// the message is delivered again, with the same identity.
    /// - Parameter earlier: what the same destination was notified of before about the same alarm, oldest first; empty
    ///   unless ``needsHistory``.
    /// - Throws: ``DeliveryError``, or anything else that is worth another try.
    func deliver(_ message: OutgoingMessage, after earlier: [OutgoingMessage]) async throws

    /// How long one delivery may take, an answer's end included; then its task is cancelled, which has to end it soon.
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

/// Why a delivery failed, in words for an operator.
package struct DeliveryError: Error, CustomStringConvertible {
    package let description: String
    /// Another try with the same message cannot work: it is taken out of the way, and shown.
    package let isPermanent: Bool
    /// The destination was reached, and has answered no: that may be about this message alone.
    package let isAboutMessage: Bool
    /// After how many seconds the destination wants the next try, if it says so.
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
