internal import Devices
internal import Telemetry

extension ParameterReference {
    /// What the devices of a group say about a parameter.
    enum Found {
        case missing
        case one(Literal)
        /// Two devices that differ.
        case several(Device, Device)
    }

    /// Returns the value that all of a group's devices agree on, which may be that of a single one.
    func find(among devices: [Device]) -> Found {
        if let expected { return .one(Literal(number: expected.number(from: devices), unit: .one)) }
        var first: (device: Device, value: Literal)?
        for device in devices {
            guard let value = value(of: device) else { continue }
            guard let known = first else {
                first = (device, value)
                continue
            }
            let unit = Unit.coherent(dimension, isDifference: isDifference)
            let (a, b) = (known.value.value(in: unit), value.value(in: unit))
            // The same level may stand in metres and in feet.
            if abs(a - b) > 1e-9 * max(abs(a), abs(b)) { return .several(known.device, device) }
        }
        return (first?.value ?? fallback).map { .one($0) } ?? .missing
    }

    /// Returns the value for one device of a group: its own, or that of its group.
    func value(of device: Device, in group: [Device]) -> Literal? {
        if let expected { return Literal(number: expected.number(from: [device]), unit: .one) }
        if let own = value(of: device) { return own }
        return if case .one(let value) = find(among: group) { value } else { fallback }
    }

    private func value(of device: Device) -> Literal? {
        // Of another dimension, it is a mistake of the inventory, which is reported there.
        guard let amount = device.parameters[name], (amount.unit ?? .one).dimension == dimension else { return nil }
        return Literal(number: amount.number, unit: amount.unit ?? .one, isDifference: isDifference)
    }
}

extension Set<ParameterReference> {
    /// Returns the values for a group; `nil` if one is missing.
    func values(of group: [Device]) -> ParameterValues? {
        values { reference in if case .one(let value) = reference.find(among: group) { value } else { nil } }
    }

    /// Returns the values for one device of a group; `nil` if one is missing.
    func values(of device: Device, in group: [Device]) -> ParameterValues? {
        values { $0.value(of: device, in: group) }
    }

    private func values(_ find: (ParameterReference) -> Literal?) -> ParameterValues? {
        var values: ParameterValues = [:]
        for reference in self {
            guard let value = find(reference) else { return nil }
            values[reference] = value
        }
        return values
    }
}
