/// What an alarm was raised by, apart from names: by this it is found again when names have changed.
package struct AlarmOrigin: Codable, Hashable, Sendable {
    /// A fingerprint of what its rule asks for (`Rule.conditionsVersion`).
    package var conditions: String
    /// The devices of its group.
    package var devices: [String]

    package init(conditions: String, devices: [String]) {
        self.conditions = conditions
        self.devices = devices
    }
}
