package import Diagnostics
package import Telemetry

/// The devices of a gateway, with all the facts about them that payloads and rules need.
package struct Site: Sendable {
    package var name: String
    package var timeZone: String
    /// The location of the time zone, if the inventory names one.
    package var timeZoneLocation: SourceLocation?
    package var devices: [Device]
    /// The devices that measure the same, and must agree.
    package var neighbours: [NeighbourGroup] = []
    /// The MQTT filters that match every device; no two of them match the same topic.
    package var filters: [String]
    /// Filters of single devices or profiles that ``filters`` makes unnecessary. An earlier version may have subscribed
    /// to them.
    package var leftOutFilters: [String]

    /// True if a device numbers its messages.
    package var hasSequences: Bool { devices.contains { $0.profile.sequence != nil } }

    /// Adds quality reports to every device: the number of implausible readings and, if the device gives its messages a
    /// time, how far its clock is off when it is not believed. A device with calibrations also gets for how long one is
    /// overdue.
    package mutating func watchDevices() {
        for index in devices.indices where devices[index].isTested {
            let quantity = Profile.implausibleReadings
            guard devices[index].field(quantity.name) == nil else { continue }
            devices[index].fields.append(
                Profile.Field(quantity: quantity, source: .plausibility, unit: quantity.unit, plausible: nil))
        }
        for index in devices.indices where devices[index].profile.hasTime {
            let quantity = Profile.clockOffset
            guard devices[index].field(quantity.name) == nil else { continue }
            devices[index].fields.append(
                Profile.Field(quantity: quantity, source: .clock, unit: quantity.unit, plausible: nil))
        }
        let compared = Set(neighbours.flatMap(\.devices))
        for index in devices.indices where compared.contains(devices[index].id) {
            let quantity = Profile.neighbourConflict
            guard devices[index].field(quantity.name) == nil else { continue }
            devices[index].fields.append(Profile.Field(quantity: quantity, source: .neighbours, unit: quantity.unit))
        }
        for index in devices.indices where devices[index].calibrationOverdueFrom != nil {
            let quantity = Profile.calibrationOverdue
            guard devices[index].field(quantity.name) == nil else { continue }
            // The gateway reports it once a day.
            devices[index].fields.append(
                Profile.Field(quantity: quantity, source: .calibration, unit: quantity.unit, silence: .days(3)))
        }
    }

    /// True if a device reports that a calibration is overdue.
    package var hasCalibrations: Bool { devices.contains { $0.field(Profile.calibrationOverdue.name) != nil } }

    /// True if a device reports that its readings are not plausible.
    package var hasTests: Bool { devices.contains { $0.field(Profile.implausibleReadings.name) != nil } }

    /// True if a device reports that it contradicts its neighbours.
    package var hasNeighbours: Bool { devices.contains { $0.field(Profile.neighbourConflict.name) != nil } }

    /// True if a device reports that its clock is off.
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
    /// The topics that it publishes on: one for each message of its profile, in their order.
    package var topics: [String]
    /// The device's name in payloads that several devices share.
    package var key: String
    /// The labels: `device`, `site`, and those of the inventory, which are `kind`, `station`, `area` and any others.
    package var labels: [String: String]
    package var position: Position?
    package var interval: TimeSpan
    /// The time without a reading after which the device is silent. A field may have a time of its own: see
    /// ``silence(of:)``.
    package var silence: TimeSpan
    package var clock: ClockTolerance
    /// The fields that this device reports: all of the profile's, or those that the inventory names.
    package var fields: [Profile.Field]
    /// The numbers that rules may ask for as `param(name)`. Each has a unit.
    package var parameters: [String: Amount] = [:]
    /// The location of the device in the inventory.
    package var location: SourceLocation?
    /// How far from its position the device may say it is, in metres; `nil` if that is not tested.
    package var metresFromPosition: Double?
    /// When the device, or some of its quantities, are in maintenance.
    package var schedules: [MaintenanceSchedule] = []

    /// The moment from which the first calibration of the device is overdue; `nil` if none has a day.
    package var calibrationOverdueFrom: Instant? { fields.compactMap { $0.calibration?.overdueFrom }.min() }

    package func field(_ quantity: String) -> Profile.Field? { fields.first { $0.quantity.name == quantity } }

    /// True if a reading of the device can be found implausible.
    fileprivate var isTested: Bool {
        fields.contains { $0.plausible != nil || $0.counter?.maxRate != nil || !$0.quality.isEmpty }
    }

    /// Returns the time without a reading of a field after which its sensor is silent.
    package func silence(of field: Profile.Field) -> TimeSpan { field.silence ?? silence }
}
