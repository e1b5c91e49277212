package import Telemetry

extension Profile.Field {
    /// Says why a reading of this field is not plausible, in the unit that the device sends: `water_level 812 m is
    /// outside -5 m .. 30 m`.
    /// - Parameters:
    ///   - value: in the canonical unit of the quantity.
    ///   - quality: the tests that the reading has failed; without any, only the plausible range is looked at.
    package func objection(to value: Double, _ quality: Quality = []) -> String {
        let (factor, summand) = quantity.unit.conversion(to: unit)
        func text(_ value: Double) -> String { NumberText.short(value * factor + summand, unit) }
        func size(_ value: Double) -> String { NumberText.short(value * factor, unit) }
        let reading = "\(quantity.name) \(text(value))"
        if let plausible, !plausible.contains(value) {
            return "\(reading) is outside \(text(plausible.lowerBound)) .. \(text(plausible.upperBound))"
        }
        let failed = Quality.Test.allCases.first { quality.finding(of: $0) == .fail }
        switch failed {
        case .climatology: return "\(reading) is outside of what is possible in this season"
        case .spike: return "\(reading) is a spike: the readings before and after it differ"
        case .rateOfChange:
            if let rate = self.quality.rateOfChange?.fail {
                return "\(reading) has changed faster than \(NumberText.short(rate * factor * 3600)) \(unit.symbol)/h"
            }
        case .flatLine:
            if let span = self.quality.flatLine?.fail {
                return "\(reading) has not changed for \(TimeSpanText.spoken(span))"
            }
        case .attenuatedSignal:
            if let signal = self.quality.attenuatedSignal, let least = signal.limits.fail {
                let within = TimeSpanText.spoken(signal.window)
                return "\(reading): the signal has moved by less than \(size(least)) within \(within)"
            }
        case .neighbours: return "\(reading) is far from what its neighbours measure"
        case .location: return "\(reading) is not a place on earth"
        default: break
        }
        guard let rate = counter?.maxRate else { return "\(reading) has failed a quality test" }
        let perHour = NumberText.short(rate * factor * 3600)
        return "\(reading) has risen faster than \(perHour) \(unit.symbol)/h"
    }
}
