internal import Diagnostics
internal import Telemetry

/// The known properties of a reading that only counts up, such as the total of a rain gauge. Each is optional.
package struct CounterProperties: Sendable, Hashable {
    /// The value at which the counter starts again at zero.
    package var wraps: Amount?
    /// The smallest step that the sensor shows. A fall by no more than this is jitter, and not a reset.
    package var resolution: Amount?
    /// The fastest credible rise per second, in the canonical unit of the quantity.
    package var maxRate: Double?

    package init() {}
}

extension Profile.Field {
    /// The counter's width in the canonical unit of the quantity.
    package var counterWidth: Double? { counter?.wraps.map(canonical) }
    /// The counter's resolution in the canonical unit of the quantity.
    package var counterResolution: Double? { counter?.resolution.map(canonical) }

    private func canonical(_ amount: Amount) -> Double {
        // The device counts in its own numbers, which the inventory may scale.
        amount.size(in: quantity.unit, own: unit) * (amount.unit == nil ? abs(correction.scale) : 1)
    }
}

extension CounterProperties {
    /// Reads `counter: true`, or a mapping of the counter's known properties.
    static func read(_ reader: inout YAMLReader, key: String, unit: Unit, quantity: Quantity) -> CounterProperties? {
        guard let node = reader.node(key) else { return nil }
        if let scalar = node.scalar {
            switch scalar.string {
            case "true", "yes": return CounterProperties()
            case "false", "no": return nil
            default:
                reader.report(
                    "bad-counter",
                    "'\(key)' must be true, or what is known of the counter, such as { wraps: 65536, resolution: 0.2 mm, max_rate: 150 mm/h }",
                    at: scalar.location)
                return nil
            }
        }
        var properties = YAMLReader(node, CounterKey.self)
        defer { reader.problems += properties.finish() }
        var counter = CounterProperties()
        let dimension = quantity.unit.dimension
        let amount =
            unit.symbol.isEmpty || dimension == .one
            ? "a number above 0"
            : "a number above 0 in a unit of \(dimension.name), or without a unit for the payload's own (\(unit.symbol))"
        counter.wraps = properties.value(CounterKey.wraps, expected: amount) { Amount($0, of: dimension) }
        counter.resolution = properties.value(CounterKey.resolution, expected: amount) { Amount($0, of: dimension) }
        let rate = quantity.unit.dimension / .time
        let example = unit.symbol.isEmpty ? "1" : unit.symbol
        counter.maxRate = properties.value(
            CounterKey.maxRate, expected: "a number above 0 and a unit of \(rate.name), such as 150 \(example)/h"
        ) { text in
            guard let amount = Amount(text, of: rate), let unit = amount.unit else { return nil }
            return amount.number * unit.scale / quantity.unit.scale
        }
        return counter
    }
}

extension Amount {
    /// Reads a number above 0, alone or in a unit of that dimension; `nil` for anything else.
    fileprivate init?(_ text: String, of dimension: Dimension) {
        guard let amount = Amount(text), amount.number > 0, amount.mayBe(of: dimension) else { return nil }
        self = amount
    }
}
