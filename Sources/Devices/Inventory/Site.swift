package import Diagnostics
package import Telemetry

/// The devices of a gateway, with everything that payloads and rules need to know of them.
package struct Site: Sendable {
    package var name: String
    package var timeZone: String
    /// Where the inventory says so.
    package var timeZoneLocation: SourceLocation?
    package var devices: [Device]
    /// The MQTT filters that take in every device; no two of them take in the same topic.
    package var filters: [String]
    /// Filters of single devices or profiles that those make needless. An earlier version may have subscribed to them.
    package var leftOutFilters: [String]

    /// Whether a device numbers its messages.
    package var hasSequences: Bool { devices.contains { $0.profile.sequence != nil } }

    /// Lets every device report what the gateway finds of it: readings that are not plausible, and, where it gives its
    /// messages a time, how far its clock is off when it is not believed.
    package mutating func watchDevices() {
        for index in devices.indices where devices[index].isTested {
            let quantity = Profile.implausibleReadings
            guard devices[index].field(quantity.name) == nil else { continue }
            devices[index].fields.append(
                Profile.Field(quantity: quantity, source: .plausibility, unit: quantity.unit, plausible: nil))
        }
        for index in devices.indices where devices[index].profile.time != nil || devices[index].profile.format == .senml
        {
            let quantity = Profile.clockOffset
            guard devices[index].field(quantity.name) == nil else { continue }
            devices[index].fields.append(
                Profile.Field(quantity: quantity, source: .clock, unit: quantity.unit, plausible: nil))
        }
    }

    /// Whether a device reports that its readings are not plausible.
    package var hasTests: Bool { devices.contains { $0.field(Profile.implausibleReadings.name) != nil } }

    /// Whether a device reports that its clock is off.
    package var hasClocks: Bool { devices.contains { $0.field(Profile.clockOffset.name) != nil } }

    package init(name: String, timeZone: String, devices: [Device], filters: [String], leftOutFilters: [String] = []) {
        self.name = name
        self.timeZone = timeZone
        self.devices = devices
        self.filters = filters
        self.leftOutFilters = leftOutFilters
    }
}

/// One actual device.
package struct Device: Sendable {
    package var id: String
    package var profile: Profile
    package var topic: String
    /// `device`, `site`, and what the inventory says: `kind`, `station`, `area`, and any others.
    package var labels: [String: String]
    package var position: Position?
    package var interval: TimeSpan
    /// After how long without a reading the device is silent. A field may have a time of its own: see ``silence(of:)``.
    package var silence: TimeSpan
    package var clock: ClockTolerance
    /// What this device reports: the profile's readings, or those of them that the inventory names.
    package var fields: [Profile.Field]
    /// Where the inventory has it.
    package var location: SourceLocation?

    package func field(_ quantity: String) -> Profile.Field? { fields.first { $0.quantity.name == quantity } }

    /// Whether a reading of it can be found implausible.
    fileprivate var isTested: Bool { fields.contains { $0.plausible != nil || $0.counter?.maxRate != nil } }

    /// After how long without a reading of a field its sensor is silent.
    package func silence(of field: Profile.Field) -> TimeSpan { field.silence ?? silence }
}
