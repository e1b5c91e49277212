package import Escalation
package import Telemetry

/// A place that escalations are delivered to.
package protocol Destination: Sendable {
    /// As the configuration names it.
    var name: String { get }

    /// Returns when the destination has taken the escalation over, and throws when it has not, or may not
    /// have: then it is delivered again, with the same identity.
    /// - Parameter earlier: what the same destination was told of the same alarm before, oldest first; empty unless
    ///   ``needsHistory``.
    /// - Throws: ``DeliveryError``, or anything else that is worth another try.
    func deliver(_ escalation: Escalation, after earlier: [Escalation]) async throws

    /// How long one delivery may take, an answer's end included; then its task is cancelled, which has to end it soon.
    var timeout: TimeSpan { get }

    /// Whether ``deliver(_:after:)`` asks what was told before.
    var needsHistory: Bool { get }

    /// Lets go of connections; nothing is delivered from then on.
    func close() async
}

extension Destination {
    package var timeout: TimeSpan { .seconds(60) }
    package var needsHistory: Bool { false }
    package func close() async {}

    /// Delivers to a destination that needs no history.
    package func deliver(_ escalation: Escalation) async throws { try await deliver(escalation, after: []) }
}

/// Why a delivery failed, in words for an operator.
package struct DeliveryError: Error, CustomStringConvertible {
    package let description: String
    /// Another try with the same message cannot work: it is taken out of the way, and shown.
    package let isPermanent: Bool
    /// The destination was reached, and has answered no: that may be about this message alone.
    package let isAboutMessage: Bool
    /// How many seconds the destination wants to be left alone, where it says so.
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

extension Escalation {
    /// - Throws: ``DeliveryError``, permanent, if the outbox holds something that this version cannot read.
    func event() throws(DeliveryError) -> CloudEvent {
        guard let event = CloudEvent.read(payload) else {
            throw DeliveryError("the outbox holds a message that this version cannot read", isPermanent: true)
        }
        return event
    }
}
