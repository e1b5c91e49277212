internal import Devices
internal import Telemetry

/// What the devices that a rule selects report: what its expressions are checked against.
struct MeasuredSelection {
    /// A unit in which a quantity is sent, and the first device that sends it so.
    struct SentUnit {
        var unit: Unit
        var device: String
    }

    var quantities: [String: Quantity] = [:]
    /// The units in which each is sent, in the order of the devices.
    var units: [String: [SentUnit]] = [:]
    /// How often each of them comes.
    var intervals: [String: ReadingInterval]
    /// What of each is plausible, on all devices together, in its canonical unit; none where one of them has no range.
    var plausible: [String: ClosedRange<Double>] = [:]
    /// Those that only rise.
    var counters: Set<String> = []
    /// The names of those that stand in payloads, and are not what the gateway finds of a device.
    var sent: Set<String> = []

    /// O(devices × fields)
    init(_ devices: [Device]) {
        intervals = ReadingInterval.longest(of: devices)
        var unlimited: Set<String> = []
        for device in devices {
            for field in device.fields {
                let name = field.quantity.name
                quantities[name] = field.quantity
                if field.source.isInPayload { sent.insert(name) }
                if field.counter != nil { counters.insert(name) }
                if let range = field.plausible {
                    plausible[name] =
                        plausible[name].map {
                            min($0.lowerBound, range.lowerBound)...max($0.upperBound, range.upperBound)
                        } ?? range
                } else {
                    unlimited.insert(name)
                }
                if units[name]?.contains(where: { $0.unit == field.unit }) != true {
                    units[name, default: []].append(SentUnit(unit: field.unit, device: device.id))
                }
            }
        }
        for name in unlimited { plausible[name] = nil }
    }
}
