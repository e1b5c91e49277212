/// The reason why a connection cannot be set up, or why a message is not delivered.
package struct MQTTError: Error, CustomStringConvertible, Sendable {
    package let description: String
    /// Set if the same message would fail again: it is invalid, or too large for the broker.
    package let isPermanent: Bool

    init(_ description: String, isPermanent: Bool = false) {
        self.description = description
        self.isPermanent = isPermanent
    }
}
