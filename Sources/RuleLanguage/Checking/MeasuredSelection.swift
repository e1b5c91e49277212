internal import Devices
internal import Telemetry

/// The quantities that the devices of a rule report. The rule's expressions are checked against them.
struct MeasuredSelection {
    /// A unit in which a quantity is sent, and the first device that sends it in this unit.
    struct SentUnit {
        var unit: Unit
        var device: String
    }

    var quantities: [String: Quantity] = [:]
    /// The units in which each quantity is sent, in the order of the devices.
    var units: [String: [SentUnit]] = [:]
    /// The longest interval between readings of each quantity.
    var intervals: [String: ReadingInterval]
    /// The plausible range of each quantity over all devices, in its canonical unit. A quantity is missing if a device
    /// has no range for it.
    var plausible: [String: ClosedRange<Double>] = [:]
    /// The parameters of the devices, with the unit of the first that has each.
    var parameters: [String: Unit] = [:]
    /// The kind of each quantity. One is missing if no device says it.
    var kinds: [String: QuantityKind] = [:]
    /// Quantities of which nobody can say how many readings are expected: events, what is only sent when it changes,
    /// and samples whose rate is in the payload.
    var unpromised: Set<String> = []
    /// Quantities that come in payloads. The gateway measures the others about a device.
    var sent: Set<String> = []

    /// O(devices × fields)
    init(_ devices: [Device]) {
        intervals = ReadingInterval.longest(of: devices)
        var unlimited: Set<String> = []
        for device in devices {
            for (name, amount) in device.parameters where parameters[name] == nil {
                parameters[name] = amount.unit ?? .one
            }
            for field in device.fields {
                let name = field.quantity.name
                quantities[name] = field.quantity
                if field.source.isInPayload { sent.insert(name) }
                if !field.isPromised { unpromised.insert(name) }
                if let kind = field.kind, kinds[name] != .counter { kinds[name] = kind }
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

extension Profile.Field {
    /// True if the device's interval, or a rate, says how many readings are expected.
    fileprivate var isPromised: Bool {
        if case .samples(let array) = source, case .field = array.rate { return false }
        return kind != .event && silence == nil
    }
}
