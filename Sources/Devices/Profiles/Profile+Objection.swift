internal import Telemetry

extension Profile.Field {
    /// Says why a reading of this field is not plausible, in the unit that the device sends: `water_level 812 m is
    /// outside -5 m .. 30 m`.
    /// - Parameter value: in the canonical unit of the quantity.
    package func objection(to value: Double) -> String {
        let (factor, summand) = quantity.unit.conversion(to: unit)
        func text(_ value: Double) -> String { NumberText.short(value * factor + summand, unit) }
        let reading = "\(quantity.name) \(text(value))"
        if let plausible, !plausible.contains(value) {
            return "\(reading) is outside \(text(plausible.lowerBound)) .. \(text(plausible.upperBound))"
        }
        guard let rate = counter?.maxRate else { return "\(reading) has failed a test of its profile" }
        let perHour = NumberText.short(rate * factor * 3600)
        return "\(reading) has risen faster than \(perHour) \(unit.symbol)/h"
    }
}
