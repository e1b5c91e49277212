internal import Devices
internal import Diagnostics
internal import Telemetry

// Numbers of the inventory: `param(flood_stage)`.
extension ExpressionChecker {
    /// `param(flood_stage)`, or `param(flood_stage, 3 m)` with a value for those that have none.
    mutating func parameter(_ call: Call) -> Typed? {
        guard case .expression(.name(let name, let range)) = call.arguments[0] else {
            report(.notParameter, at: call.arguments[0].range)
            return nil
        }
        var fallback: Literal?
        if call.arguments.count == 2 {
            guard let typed = value(call, 1), case .constant(let literal) = typed.expression else {
                report(.parameterFallback, at: call.arguments[1].range)
                return nil
            }
            fallback = literal
        }
        guard let unit = selection.parameters[name] ?? fallback?.unit else {
            report(
                .unknownParameter(
                    name, known: selection.parameters.keys.sorted(), isElsewhere: otherParameters.contains(name)),
                at: range)
            return nil
        }
        if let fallback, fallback.unit.dimension != unit.dimension {
            report(.parameterFallbackUnit(name, unit, fallback.unit), at: call.arguments[1].range)
            return nil
        }
        // A temperature is in degrees, and a difference of two in kelvins.
        let isDifference = unit.isTemperatureScale && unit.symbol == "K"
        if isDifference { fallback?.isDifference = true }
        if selection.parameters[name] == nil,
            let near = NearMiss.hint(for: name, among: selection.parameters.keys.sorted())
        {
            report(.parameterOfNobody(name, near), at: range)
        }
        let reference = ParameterReference(
            name: name, dimension: unit.dimension, isDifference: isDifference, fallback: fallback)
        if usedParameters[reference] == nil { usedParameters[reference] = range }
        return Typed(
            expression: .parameter(reference),
            type: .number(unit.dimension, isPoint: unit.isTemperatureScale && !isDifference), unit: unit)
    }
}
