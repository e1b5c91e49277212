internal import Diagnostics
internal import RulePlan
internal import Telemetry

// Arguments of calls. Each is checked against the function's parameter; `nil` means a mistake that was reported.
extension ExpressionChecker {
    /// A quantity, or `raw` and a quantity.
    mutating func quantity(_ call: Call, _ index: Int) -> MeasuredQuantity? {
        let range = call.arguments[index].range
        let name: String
        let selection: ReadingSelection
        switch call.arguments[index] {
        case .expression(.name(let word, _)): (name, selection) = (word, .usable)
        case .expression(.raw(let word, _)): (name, selection) = (word, .all)
        default:
            report(.notQuantity(call.function), at: range)
            return nil
        }
        guard definitions[name] == nil, !brokenDefinitions.contains(name) else {
            usedDefinitions.insert(name)
            report(.letIsNotQuantity(name, call.function), at: range)
            return nil
        }
        return quantity(name, range).map {
            MeasuredQuantity(measure: Measure(.last), quantity: $0, window: nil, selection: selection)
        }
    }

    /// A duration above zero.
    mutating func duration(_ call: Call, _ index: Int) -> TimeSpan? {
        guard case .duration(let span, let range) = call.arguments[index] else {
            report(.durationArgument(call.function), at: call.arguments[index].range)
            return nil
        }
        guard span > .zero else {
            report(.emptyWindow, at: range)
            return nil
        }
        return span
    }

    /// A duration for which readings are kept.
    mutating func window(_ call: Call, _ index: Int) -> TimeSpan? {
        guard let span = duration(call, index) else { return nil }
        if let retention = context.retention, span > retention {
            report(.windowRetention(retention), at: call.arguments[index].range)
        }
        return span
    }

    /// A literal number without a dimension.
    /// - Parameter expected: what the number must be, for the message.
    mutating func number(
        _ call: Call, _ index: Int, expected: String, where isGood: (Double) -> Bool
    ) -> Double? {
        if case .expression(.number(let number, let unit, _)) = call.arguments[index] {
            let unit = unit.flatMap { Unit(symbol: $0.text) } ?? .one
            let value = unit.dimension == .one ? number * unit.scale : .nan
            if isGood(value) { return value }
        }
        report(.badNumber(call.function, expected: expected), at: call.arguments[index].range)
        return nil
    }

    mutating func condition(_ call: Call, _ index: Int) -> CheckedExpression? {
        guard case .expression(let expression) = call.arguments[index] else {
            report(.notConditionArgument(call.function), at: call.arguments[index].range)
            return nil
        }
        return logical(expression)
    }

    mutating func value(_ call: Call, _ index: Int) -> Typed? {
        // The parser makes a duration only for an argument that may be one, and this parameter never is.
        guard case .expression(let expression) = call.arguments[index] else { return nil }
        return check(expression)
    }
}
