package import Alarms

/// A place that escalations are delivered to.
package protocol Destination: Sendable {
    /// As the configuration names it.
    var name: String { get }

    /// Returns when the destination has taken the escalation over, and throws when it has not, or may not
    /// have: then it is delivered again, with the same identity.
    func deliver(_ escalation: Escalation) async throws
}

/// Why a delivery failed, in words for an operator.
package struct DeliveryError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
