/// The cause of an alarm, apart from names. It identifies the alarm's rule and group again after names have changed.
package struct AlarmOrigin: Codable, Hashable, Sendable {
    /// A fingerprint of the rule's conditions (`Rule.conditionsVersion`).
    package var conditions: String
    /// The devices of the alarm's group.
    package var devices: [String]

    package init(conditions: String, devices: [String]) {
        self.conditions = conditions
        self.devices = devices
    }
}
