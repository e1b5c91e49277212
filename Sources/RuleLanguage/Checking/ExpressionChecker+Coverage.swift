internal import Devices
internal import RulePlan
internal import Telemetry

// How much is known: `coverage(water_level, 1h)`, and `mean(water_level, 1h) if coverage >= 80 %`.
extension ExpressionChecker {
    /// The name that stands for the coverage of the window on the left of an `if`.
    static let coverageName = "coverage"

    /// `coverage(q, w)`
    mutating func coverage(_ call: Call) -> Typed? {
        let quantity = quantity(call, 0)
        let window = window(call, 1)
        guard let quantity, let window else { return nil }
        return coverage(of: quantity, within: window, at: call.range)
    }

    /// The readings that came, divided by those that were expected.
    private mutating func coverage(of measured: MeasuredQuantity, within window: TimeSpan, at range: SourceRange)
        -> Typed?
    {
        if selection.unpromised.contains(measured.quantity.name) {
            report(.coverageOfUnpromised(measured.quantity.name), at: range)
            return nil
        }
        var counted = measured
        counted.measure = Measure(.count)
        counted.window = window
        let expected = ExpectedReadings(quantity: measured.quantity.name, window: window)
        let part = CheckedExpression.arithmetic(.divide, .measure(counted), .parameter(expected.reference))
        return Typed(
            expression: .function(.smaller, [part, .constant(Literal(number: 1, unit: .one))], .one),
            type: .number(.one, isPoint: false), unit: .percent)
    }

    /// A quantity of which the quality is asked: that of its readings of every quality has no meaning.
    mutating func testedQuantity(_ call: Call) -> MeasuredQuantity? {
        guard let measured = quantity(call, 0) else { return nil }
        guard measured.selection == .usable else {
            report(.qualityOfRaw(call.function.name, measured.quantity.name), at: call.arguments[0].range)
            return nil
        }
        return measured
    }

    /// `quality(q, w)`, or `quality(q)` over an hour or twenty intervals: the good readings, divided by those that were
    /// expected, or by those that came if they were more. For a quantity of which nobody can say how many are expected,
    /// divided by those that came.
    mutating func quality(_ call: Call) -> Typed? {
        let quantity = testedQuantity(call)
        let asked = call.arguments.count > 1 ? window(call, 1) : .zero
        guard let measured = quantity, var window = asked else { return nil }
        if window == .zero {
            let interval = selection.intervals[measured.quantity.name]?.interval ?? .zero
            window = max(.hours(1), min(interval, .days(365)) * 20)
        }
        func count(_ readings: ReadingSelection) -> CheckedExpression {
            var counted = measured
            counted.measure = Measure(.count)
            counted.window = window
            counted.selection = readings
            return .measure(counted)
        }
        var all = CheckedExpression.arithmetic(.add, count(.good), count(.poor))
        if !selection.unpromised.contains(measured.quantity.name) {
            let expected = ExpectedReadings(quantity: measured.quantity.name, window: window)
            all = .function(.larger, [all, .parameter(expected.reference)], .one)
        }
        return Typed(
            expression: .arithmetic(.divide, count(.good), all), type: .number(.one, isPoint: false), unit: .percent)
    }

    /// `A if B`: A where B is true, and unknown where it is not.
    mutating func conditional(_ value: Expression, _ condition: Expression) -> Typed? {
        guard let typed = check(value) else {
            _ = logical(condition)
            return nil
        }
        let windows = typed.expression.windows
        let before = coveredWindows
        coveredWindows = windows
        defer { coveredWindows = before }
        guard let condition = logical(condition) else { return nil }
        guard let expression = typed.expression.onlyIf(condition) else {
            report(.conditionalOfNothing, at: value.range)
            return nil
        }
        var conditional = typed
        conditional.expression = expression
        conditional.text = nil
        return conditional
    }

    /// The name `coverage` on the right of an `if`; `nil` if it does not stand there.
    mutating func coverageOfCondition(_ range: SourceRange) -> Typed?? {
        guard let windows = coveredWindows else { return nil }
        guard windows.count == 1, let measured = windows.first, let window = measured.window else {
            report(.coverageOfWhat(windows.map(\.quantity.name).sorted()), at: range)
            return .some(nil)
        }
        return .some(coverage(of: measured, within: window, at: range))
    }
}

extension CheckedExpression {
    /// The windows that it looks at, whatever is measured over them.
    fileprivate var windows: Set<MeasuredQuantity> {
        if case .measure(var measured) = self {
            measured.measure = Measure(.count)
            return measured.window == nil ? [] : [measured]
        }
        return parts.reduce(into: []) { $0.formUnion($1.windows) }
    }

    /// Returns the same expression, unknown unless a condition is true; `nil` if it has nothing that may be unknown.
    ///
    /// In a condition, the left side of each comparison becomes unknown, so that its text stays what the author wrote.
    fileprivate func onlyIf(_ condition: CheckedExpression) -> CheckedExpression? {
        switch self {
        case .comparison(var comparison):
            guard comparison.silentFor == nil, let left = comparison.left.onlyIf(condition) else { return nil }
            comparison.left = left
            return .comparison(comparison)
        case .and, .or, .not, .hold:
            var isWhole = true
            let expression = withParts { part in
                guard let changed = part.onlyIf(condition) else {
                    isWhole = false
                    return part
                }
                return changed
            }
            return isWhole ? expression : nil
        case .truth, .hasSensor, .sequence, .vote, .alarms: return nil
        case .constant, .parameter, .measure, .negate, .arithmetic, .function, .select, .clock, .share:
            // A quotient by zero is unknown.
            let zero = CheckedExpression.constant(Literal(number: 0, unit: .one))
            return .select(condition, self, .arithmetic(.divide, zero, zero))
        }
    }
}

/// The readings that are expected of a quantity within a window.
struct ExpectedReadings: Sendable, Hashable {
    var quantity: String
    var window: TimeSpan

    /// The number as a parameter of the group.
    var reference: ParameterReference {
        ParameterReference(name: "expected readings of \(quantity)", dimension: .one, fallback: nil, expected: self)
    }

    /// Returns the number that the sensors of some devices promise, at least 1.
    func number(from devices: [Device]) -> Double {
        let promised = devices.reduce(0.0) { sum, device in
            guard let field = device.field(quantity), field.maintenance == nil else { return sum }
            if case .samples(let array) = field.source, case .fixed(let hertz) = array.rate {
                return sum + (window.seconds * hertz).rounded(.down)
            }
            return sum + Double(window.nanoseconds / max(device.interval.nanoseconds, 1))
        }
        return max(promised, 1)
    }
}
