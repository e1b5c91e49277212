package import Telemetry

/// A number with the unit that it was written with: `3.2 m`, `150 mm/h`, `65536`.
package struct Amount: Sendable, Hashable {
    package var number: Double
    /// `nil` for a number without a unit.
    package var unit: Unit?

    package init(_ number: Double, _ unit: Unit?) {
        self.number = number
        self.unit = unit
    }

    /// Reads a number, alone or followed by its unit; `nil` for anything else.
    /// - Parameter decimal: the mark before the decimals.
    init?(_ text: String, decimal: ValueRule.Decimal = .point) {
        var text = text
        let read = text.withUTF8 { bytes in
            DecimalText.read(bytes, decimal).map { ($0.0, $0.unit.map { String(decoding: $0, as: UTF8.self) }) }
        }
        guard let (number, symbol) = read else { return nil }
        self.number = number
        guard let symbol else { return }
        // "10 /min" is "10 1/min".
        guard let unit = Unit(symbol: symbol.hasPrefix("/") ? "1\(symbol)" : symbol) else { return nil }
        self.unit = unit
    }

    /// Returns whether it is of a dimension, or has no unit that says otherwise.
    func mayBe(of dimension: Dimension) -> Bool { unit.map { $0.dimension == dimension } ?? true }

    /// Returns the amount in a unit. Without a unit of its own, it is in `own`.
    func value(in target: Unit, own: Unit) -> Double {
        let (factor, summand) = (unit ?? own).conversion(to: target)
        return number * factor + summand
    }

    /// Returns the amount in a unit, if it is a difference or a size, for which the zero of the unit does not matter.
    func size(in target: Unit, own: Unit) -> Double {
        number * (unit ?? own).conversion(to: target).factor
    }
}
