internal import Telemetry

// The units in which people know and see values.
extension ExpressionChecker {
    /// Returns the unit to show a definition in. A difference of temperatures keeps its own unit, regardless of the
    /// scale that it was compared on.
    func shownUnit(of name: String, _ typed: Typed) -> Unit {
        guard let unit = shownUnits[name], unit.dimension == typed.unit.dimension else { return typed.unit }
        if unit.dimension == .temperature, case .number(_, isPoint: false) = typed.type { return typed.unit }
        return unit
    }

    /// Returns the unit in which people know a measure of a quantity: the unit of its devices, if they share one.
    func ownUnit(of quantity: Quantity, _ dimension: Dimension, isPoint: Bool) -> Unit {
        let units = ownUnits(of: quantity, dimension, isPoint: isPoint)
        if units.count == 1 { return units[0] }
        if dimension == quantity.unit.dimension, dimension != .temperature || isPoint { return quantity.unit }
        return .coherent(dimension, isDifference: true)
    }

    /// The unit of a measure on each device that sends another unit: `ft/h` and `m/h` for the slope of a level.
    private func ownUnits(of quantity: Quantity, _ dimension: Dimension, isPoint: Bool) -> [Unit] {
        (selection.units[quantity.name] ?? []).map { sent in
            let unit = sent.unit
            if dimension == unit.dimension, isPoint || dimension != .temperature { return unit }
            return Self.unit(unit, asPartOf: dimension) ?? .coherent(dimension, isDifference: true)
        }
    }

    /// The unit of a difference, a rate or an area of values in a unit; `nil` for another dimension.
    private static func unit(_ unit: Unit, asPartOf dimension: Dimension) -> Unit? {
        // A difference of one degree Celsius is a kelvin.
        let isCelsius = unit.dimension == .temperature && unit.scale == 1
        let symbol = isCelsius ? "K" : unit.symbol
        if dimension == unit.dimension { return Unit(scaling: unit.scale, of: dimension, symbol: symbol) }
        if dimension == unit.dimension / .time { return Unit(symbol: "\(symbol.isEmpty ? "1" : symbol)/h") }
        if dimension == unit.dimension * .time, !symbol.contains("/") { return Unit(symbol: "\(symbol).h") }
        return nil
    }

    /// Reports a number without a unit beside a value with one. It is probably in a unit that the devices send.
    func missingUnit(_ number: Double, beside other: Typed, _ dimension: Dimension) -> RuleProblem {
        let text = NumberText.short(number)
        if let quantity = other.expression.quantities.first, other.expression.quantities.count == 1,
            case .number(_, let isPoint) = other.type
        {
            let units = ownUnits(of: quantity, dimension, isPoint: isPoint)
            if units.count > 1 {
                let senders = (selection.units[quantity.name] ?? []).map { "\($0.device) sends \($0.unit.symbol)" }
                return .missingUnit(other.type, corrections: units.map { "\(text) \($0.symbol)" }, senders: senders)
            }
        }
        let isKnown = other.unit.dimension == dimension && !other.unit.symbol.isEmpty
        let symbol = isKnown ? other.unit.symbol : dimension.coherentUnit
        return .missingUnit(other.type, corrections: ["\(text) \(symbol)"], senders: [])
    }
}
