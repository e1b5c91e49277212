internal import Devices
internal import RulePlan

extension QuantityKind {
    /// Returns what is probably meant by a function that makes no sense for this kind; `nil` if it makes sense.
    func insteadOf(_ aggregate: Aggregate) -> String? {
        switch (self, aggregate) {
        case (.state, .sum): "mean(q, w), or integral(q, w)"
        case (.state, .increase): "delta(q, w)"
        case (.state, .rate): "slope(q, w)"
        case (.counter, .sum), (.counter, .integral), (.counter, .mean), (.counter, .delta): "increase(q, w)"
        case (.counter, .slope): "rate(q, w)"
        case (.increment, .increase), (.increment, .delta), (.increment, .integral): "sum(q, w)"
        case (.increment, .rate), (.increment, .slope): "sum(q, w) divided by the time"
        case (.event, .mean), (.event, .slope), (.event, .delta), (.event, .increase), (.event, .rate),
            (.event, .integral), (.event, .timeMean), (.event, .forecast), (.event, .last):
            "count(q, w), or max(q, w)"
        default: nil
        }
    }
}
