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
    /// The reading less what the others agree on.
    var difference: Double
    /// How the device has differed, and since when.
    var course: NeighbourCourse
    /// The site's time zone.
    var zone: ZoneTable

    /// `2 of 3 agree on water_level 2.98 m; gauge-07 says 3.42 m`, and how it has differed, and since when
    var text: String {
        let (factor, summand) = field.quantity.unit.conversion(to: field.unit)
        func text(_ value: Double) -> String { NumberText.short(value * factor + summand, field.unit) }
        let name = field.quantity.name
        let own = "\(device) says \(text(reading.value))"
        guard agreed.isFinite else {
            return "\(compared) do not agree on \(name), and nobody knows who is right; \(own)"
        }
        return "\(agreeing) of \(compared) agree on \(name) \(text(agreed)); \(own)\(history(factor))"
    }

    /// `, which is 0.44 m too high; it has been too high since 2026-06-03 14:05`
    private func history(_ factor: Double) -> String {
        guard let kind = course.kind, let since = course.since, agreed.isFinite else { return "" }
        let start = LocalTime(since, in: zone)
        let time = "since \(start.day) \(start.minute)"
        let size = NumberText.short(abs(difference) * factor, field.unit)
        let now = ", which is \(size) too \(difference > 0 ? "high" : "low")"
        switch kind {
        case .high: return "\(now); it has been too high \(time)"
        case .low: return "\(now); it has been too low \(time)"
        case .stuck: return "\(now); it has not changed \(time)"
        case .noisy: return "\(now); it has been now too high, now too low \(time)"
        }
    }
}
