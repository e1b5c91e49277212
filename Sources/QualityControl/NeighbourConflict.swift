internal import Devices
internal import Telemetry

/// A reading that most neighbours contradict, or that contradicts one of equal weight.
struct NeighbourConflict {
    var device: String
    /// What the device measures, in whose unit the values are written.
    var field: Profile.Field
    var reading: Reading
    /// The value that most agree on; not a number if nobody has more support than the others.
    var agreed: Double
    /// The number of devices that agree on it, and of all that were compared.
    var agreeing: Int
    var compared: Int

    /// `2 of 3 agree on water_level 2.98 m; gauge-07 says 3.42 m`
    var text: String {
        let (factor, summand) = field.quantity.unit.conversion(to: field.unit)
        func text(_ value: Double) -> String { NumberText.short(value * factor + summand, field.unit) }
        let name = field.quantity.name
        let own = "\(device) says \(text(reading.value))"
        guard agreed.isFinite else {
            return "\(compared) do not agree on \(name), and nobody knows who is right; \(own)"
        }
        return "\(agreeing) of \(compared) agree on \(name) \(text(agreed)); \(own)"
    }
}
