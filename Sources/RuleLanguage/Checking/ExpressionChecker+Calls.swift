internal import AlarmModel
internal import RulePlan
internal import Telemetry

// Calls of functions.
extension ExpressionChecker {
    /// A call that is being checked.
    struct Call {
        var function: Function
        var arguments: [Expression.Argument]
        var range: SourceRange
    }

    mutating func call(
        _ name: String, _ nameRange: SourceRange, _ arguments: [Expression.Argument], _ range: SourceRange
    ) -> Typed? {
        guard let function = Function.named(name) else {
            report(.unknownFunction(name), at: nameRange)
            return nil
        }
        let count = arguments.count
        guard
            count == function.parameters.count || count == function.shortForm?.count
                || count == 0 && function.mayBeEmpty
        else {
            report(.argumentCount(function, given: count), at: range)
            return nil
        }
        let call = Call(function: function, arguments: arguments, range: range)
        switch function.meaning {
        case .measure(let aggregate, let fixed): return measure(aggregate, fixed: fixed, call)
        case .silent: return count < 2 ? anySilent(call) : silent(call)
        case .share: return share(call)
        case .coverage: return coverage(call)
        case .quality: return quality(call)
        case .suspect:
            return testedQuantity(call).map {
                Typed(expression: .suspicion(of: $0.quantity), type: .logical, unit: .one)
            }
        case .vote(let quorum): return vote(quorum, call)
        case .alarm: return alarm(call)
        case .countAlarms:
            return alarmReference(call).map {
                Typed(expression: .alarms($0), type: .number(.one, isPoint: false), unit: .one)
            }
        case .clock(let operation):
            return Typed(expression: .clock(operation), type: .number(.one, isPoint: false), unit: .one)
        case .parameter: return parameter(call)
        case .select: return choice(call)
        case .absolute: return absolute(call)
        case .squareRoot: return squareRoot(call)
        case .logarithm: return ofPlainNumber(.logarithm, call)
        case .exponential: return ofPlainNumber(.exponential, call)
        case .power: return power(call)
        case .clamp: return clamp(call)
        }
    }

    /// A measure of a quantity. All arguments are checked, so that every mistake in them is reported.
    private mutating func measure(_ aggregate: Aggregate, fixed: Double?, _ call: Call) -> Typed? {
        var measured: MeasuredQuantity?
        var window: TimeSpan?
        var parameter = fixed
        var isComplete = true
        for (index, kind) in call.function.parameters.enumerated() {
            switch kind {
            case .quantity:
                measured = quantity(call, index)
            case .window:
                window = self.window(call, index)
                isComplete = isComplete && window != nil
            case .lookahead:
                parameter = duration(call, index)?.seconds
                isComplete = isComplete && parameter != nil
            case .timeConstant:
                parameter = self.window(call, index)?.seconds
                isComplete = isComplete && parameter != nil
            case .part:
                parameter = number(call, index, expected: "a part from 0 to 1") { (0...1).contains($0) }
                isComplete = isComplete && parameter != nil
            // No measure takes these.
            case .sensorCount, .condition, .rule, .level, .parameter, .number: isComplete = false
            }
        }
        guard isComplete, var measured else { return nil }
        let quantity = measured.quantity
        guard let type = MeasureTraits(of: aggregate).type(for: quantity.unit.dimension),
            case .number(let dimension, let isPoint) = type
        else {
            report(.meaningless(call.function, of: quantity.name), at: call.range)
            return nil
        }
        measured.measure = Measure(aggregate, parameter ?? 0)
        measured.window = window
        if let kind = selection.kinds[quantity.name], let better = kind.insteadOf(aggregate) {
            let own = "(\(quantity.name)\(window.map { ", \(TimeSpanText.short($0))" } ?? ""))"
            report(
                .kind(kind, of: quantity.name, call.function, better.replacing("(q, w)", with: own)), at: call.range)
        }
        if let window { warnOfFewReadings(quantity.name, aggregate, call, over: window) }
        return Typed(
            expression: .measure(measured), type: type, unit: ownUnit(of: quantity, dimension, isPoint: isPoint))
    }

    /// `share(A, 10m)`
    private mutating func share(_ call: Call) -> Typed? {
        let condition = condition(call, 0)
        let window = window(call, 1)
        guard let condition, let window else { return nil }
        return Typed(expression: .share(condition, window), type: .number(.one, isPoint: false), unit: .percent)
    }

    /// `silent(q, 5m)`
    private mutating func silent(_ call: Call) -> Typed? {
        let quantity = quantity(call, 0)
        let window = window(call, 1)
        guard let quantity, let window else { return nil }
        return Typed(expression: silence(of: quantity, for: window), type: .logical, unit: .one)
    }

    /// `silent(5m)`: any sensor, of any quantity that the devices send. `silent()`: for longer than each may be.
    private mutating func anySilent(_ call: Call) -> Typed? {
        let window = call.arguments.isEmpty ? nil : window(call, 0)
        guard window != nil || call.arguments.isEmpty else { return nil }
        let silences = sentQuantities.sorted { $0.name < $1.name }.map { quantity in
            silence(
                of: MeasuredQuantity(
                    measure: Measure(.last), quantity: quantity, window: nil, isAtLeastItsSilence: true),
                for: window)
        }
        guard let first = silences.first else {
            report(.nothingToBeSilent, at: call.range)
            return nil
        }
        let condition = silences.dropFirst().reduce(first) { .or($0, $1) }
        let text = window.map { "silent for \(TimeSpanText.spoken($0))" } ?? "silent for longer than usual"
        let expression = isInVote ? condition : .vote(.atLeast(1), condition, text: text)
        return Typed(expression: expression, type: .logical, unit: .one)
    }

    /// The condition that a sensor exists and sent nothing for a duration.
    /// - Parameter window: `nil`: for as long as the device's silence in the inventory.
    private func silence(of quantity: MeasuredQuantity, for window: TimeSpan?) -> CheckedExpression {
        var counted = quantity
        counted.measure = Measure(.count)
        counted.window = window
        let comparison = Comparison(
            sign: .lessOrEqual, left: .measure(counted), right: .constant(Literal(number: 0, unit: .one)),
            leftText: "readings of \(quantity.quantity.name)\(window.map { " in \(TimeSpanText.short($0))" } ?? "")",
            rightText: "0",
            unit: .one, silentFor: window)
        return .and(.hasSensor(counted), .comparison(comparison))
    }

    /// Checks `any(A)`, `all(A)`, `at_least(2, A)` or `at_least(2, A, 0.5)`.
    /// - Parameter quorum: `nil`: the first argument is the number of sensors.
    private mutating func vote(_ quorum: Quorum?, _ call: Call) -> Typed? {
        var quorum = quorum
        if quorum == nil {
            let sensors = number(call, 0, expected: "a whole number of sensors, at least 1") {
                $0 >= 1 && $0 <= 1000 && $0 == $0.rounded()
            }
            let weight =
                call.arguments.count < 3
                ? 1
                : number(call, 2, expected: "what the vote of a suspect sensor counts, from 0 to 1") {
                    (0...1).contains($0)
                }
            if let sensors, let weight { quorum = .atLeast(Int(sensors), weightOfSuspect: weight) }
        }
        let index = min(call.arguments.count - 1, 1)
        guard let condition = inVote({ $0.condition(call, index) }, at: call.range), let quorum else { return nil }
        let text = call.arguments[index].range.excerpt
        return Typed(expression: .vote(quorum, condition, text: text), type: .logical, unit: .one)
    }

    /// `alarm("rule", warning)`: at least one alarm of the rule is at the level or higher.
    private mutating func alarm(_ call: Call) -> Typed? {
        guard let reference = alarmReference(call) else { return nil }
        let comparison = Comparison(
            sign: .greaterOrEqual, left: .alarms(reference), right: .constant(Literal(number: 1, unit: .one)),
            leftText: reference.text, rightText: "1", unit: .one)
        return Typed(expression: .comparison(comparison), type: .logical, unit: .one)
    }

    /// The rule and the level in `alarm("rule", warning)` and `count_alarms("rule", warning)`.
    private mutating func alarmReference(_ call: Call) -> AlarmReference? {
        guard case .expression(.text(let rule, let ruleRange)) = call.arguments[0] else {
            report(.notRule(call.function), at: call.arguments[0].range)
            return nil
        }
        guard context.rules.contains(rule) else {
            report(.unknownRule(rule, among: context.rules), at: ruleRange)
            return nil
        }
        guard call.arguments.count == 2 else {
            return AlarmReference(rule: rule, level: .lowest, text: call.range.excerpt)
        }
        guard case .expression(.name(let name, _)) = call.arguments[1],
            let level = context.ladder.level(named: name)
        else {
            let range = call.arguments[1].range
            report(.unknownLevel(range.excerpt, context.ladder), at: range)
            return nil
        }
        return AlarmReference(rule: rule, level: level, text: call.range.excerpt)
    }
}

extension Unit {
    static let percent = Unit(symbol: "%") ?? .one
}
