/// The keys of an inventory.
package enum InventoryKey: String, MappingKey {
    case site
    case timeZone = "time_zone"
    case labels, parameters
    case parametersFile = "parameters_file"
    case devices, neighbours

    package static let title = "a site"

    package var isRequired: Bool { self == .site }

    package var meaning: String {
        switch self {
        case .site: "The site's name."
        case .timeZone: "The time zone for hours in rules, calendars and the times that operators see. Default: UTC."
        case .labels: "Labels that every device has."
        case .parameters: "Numbers of every device for rules, each with its unit."
        case .parametersFile: "A CSV file beside this one, with parameters of many devices."
        case .devices: "The devices of the site."
        case .neighbours: "Devices that measure the same quantity at one place, and must agree."
        }
    }

    package var form: KeyForm {
        switch self {
        case .site, .timeZone, .parametersFile: .text
        case .labels: .byName(.text, pattern: nil)
        case .parameters: .byName(.amount, pattern: nil)
        case .devices: .oneOrMore(.mapping(DeviceKey.self))
        case .neighbours: .oneOrMore(.mapping(NeighboursKey.self))
        }
    }
}

/// The keys of a device.
package enum DeviceKey: String, MappingKey {
    case id, profile, kind, station, area, labels, position, interval, silence, clock, topic, key, quantities, units
    case plausible, accuracy, quality, counter, scale, offset, datum, calibration, maintenance, parameters

    package static let title = "a device"

    package var isRequired: Bool { self == .id || self == .profile }

    package var meaning: String {
        switch self {
        case .id: "The device's name, unique at the site; it is also the label 'device'."
        case .profile: "The name of the device's profile."
        case .kind: "The label 'kind': what sort of device it is, for rules."
        case .station: "The label 'station': where the device is."
        case .area: "The label 'area': a path from the whole to the part, such as us/maryland/baltimore."
        case .labels: "Other labels, by which rules select and group devices."
        case .position: "Degrees north and east, and metres; CAP messages make their area from it."
        case .interval: "How often a reading is expected. Default: the profile's."
        case .silence: "After how long without a reading the device is silent, or a time for each quantity."
        case .clock: "How far the device's clock may be off. It replaces the profile's."
        case .topic: "The topic, if it does not follow the profile's pattern, without wildcards."
        case .key: "The device's name in payloads that several devices share. Default: its 'id'."
        case .quantities: "The readings of the profile that this device really sends. Default: all of them."
        case .units: "The unit of a quantity in this device's payloads. Default: the profile's."
        case .plausible: "The plausible range of each quantity; a reading outside it is treated as a fault."
        case .accuracy: "The accuracy of each quantity, as its calibration shows it. It replaces the profile's."
        case .quality: "The quality tests of each quantity. Each replaces that of the profile; 'none' turns it off."
        case .counter: "How a counter behaves, for each quantity. It replaces what the profile says."
        case .scale: "What each quantity's readings are multiplied by, to correct them."
        case .offset: "What is added to each quantity's readings, to correct them."
        case .datum: "The height of a gauge's zero, which is added to each quantity's readings."
        case .calibration: "When the device was calibrated and when the next calibration is due, or for each quantity."
        case .maintenance:
            "Why the device is in maintenance, or a reason for each quantity, or a list of the times at which it is."
        case .parameters: "Numbers of this device for rules, each with its unit."
        }
    }

    package var form: KeyForm {
        switch self {
        case .id, .profile, .kind, .station, .area, .key: .text
        case .labels: .byName(.text, pattern: nil)
        case .position: .mapping(PositionKey.self)
        case .interval: .duration
        case .silence: .either(.duration, .byQuantity(.duration))
        case .clock: .mapping(ClockKey.self)
        case .topic: .topic
        case .quantities: .oneOrMore(.quantity)
        case .units: .byQuantity(.unit)
        case .plausible: .byQuantity(.range)
        case .accuracy: .byQuantity(.amount)
        case .quality: .byQuantity(.mapping(QualityKey.self))
        case .counter: .byQuantity(.either(.boolean, .mapping(CounterKey.self)))
        case .scale: .byQuantity(.number(nil))
        case .offset, .datum: .byQuantity(.amount)
        case .calibration: .either(.mapping(CalibrationKey.self), .byQuantity(.mapping(CalibrationKey.self)))
        case .maintenance:
            .either(.either(.text, .byQuantity(.text)), .oneOrMore(.mapping(MaintenanceKey.self)))
        case .parameters: .byName(.amount, pattern: nil)
        }
    }
}

/// The keys of a device's position.
package enum PositionKey: String, MappingKey {
    case latitude, longitude, elevation, within

    package static let title = "a position"

    package var isRequired: Bool { self == .latitude || self == .longitude }

    package var meaning: String {
        switch self {
        case .latitude: "Degrees north, from -90 to 90."
        case .longitude: "Degrees east, from -180 to 180."
        case .elevation: "Metres above the sea or the ellipsoid, as the site's survey has it."
        case .within: "How far from here the device may say it is; from farther away, its readings are suspect."
        }
    }

    package var form: KeyForm {
        switch self {
        case .latitude: .number(-90...90)
        case .longitude: .number(-180...180)
        case .elevation: .number(nil)
        case .within: .amount
        }
    }
}

/// The keys of a calibration.
package enum CalibrationKey: String, MappingKey {
    case date, due, every

    package static let title = "a calibration"
    package static let alternatives: [[CalibrationKey]] = [[.due], [.date, .every]]

    package var meaning: String {
        switch self {
        case .date: "The day of the last calibration."
        case .due: "The day by which the next calibration is due."
        case .every: "Instead of 'due', how long after 'date' the next calibration is due."
        }
    }

    package var form: KeyForm {
        switch self {
        case .date, .due: .day
        case .every: .duration
        }
    }
}
