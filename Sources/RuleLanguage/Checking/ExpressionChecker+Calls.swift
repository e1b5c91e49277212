internal import AlarmModel
internal import Diagnostics
internal import RulePlan
internal import Telemetry

// Calls of functions: each argument is checked against what the function takes.
extension ExpressionChecker {
    mutating func call(_ name: String, _ namePlace: Place, _ arguments: [Expression.Argument], _ place: Place) -> Typed?
    {
        guard let function = Function.named(name) else {
            let names = Function.all.map(\.name)
            report(
                "unknown-function", "there is no function '\(name)'", at: namePlace,
                hint: NearMiss.hint(for: name, among: names) ?? "known: \(names.joined(separator: ", "))",
                fix: NearMiss.best(for: name, among: names))
            return nil
        }
        var call = Call(function: function, arguments: arguments, place: place)
        switch function.meaning {
        case .window(let aggregate, let result):
            guard call.takes(2, &self), case let (quantity, window) = (self.quantity(call, 0), self.window(call, 1)),
                let quantity,
                let window
            else { return nil }
            return measure(Measure(aggregate), quantity, window: window, result(quantity.quantity.unit.dimension), call)
        case .quantile:
            let isMedian = name == "median"
            guard call.takes(isMedian ? 2 : 3, &self) else { return nil }
            let share =
                isMedian ? 0.5 : number(call, 1, expected: "a part from 0 to 1", where: { (0...1).contains($0) })
            guard case let (quantity, window) = (self.quantity(call, 0), self.window(call, isMedian ? 1 : 2)),
                let share, let quantity,
                let window
            else { return nil }
            return measure(Measure(.quantile, share), quantity, window: window, .point(of: quantity), call)
        case .forecast:
            guard call.takes(3, &self),
                case let (quantity, window, ahead) = (self.quantity(call, 0), self.window(call, 1), span(call, 2)),
                let quantity,
                let window,
                let ahead
            else { return nil }
            return measure(Measure(.forecast, ahead.seconds), quantity, window: window, .point(of: quantity), call)
        case .smoothed:
            guard call.takes(2, &self), case let (quantity, tau) = (self.quantity(call, 0), window(call, 1)),
                let quantity, let tau
            else {
                return nil
            }
            return measure(Measure(.smoothed, tau.seconds), quantity, window: nil, .point(of: quantity), call)
        case .age:
            guard call.takes(1, &self), let quantity = self.quantity(call, 0) else { return nil }
            return measure(Measure(.age), quantity, window: nil, .number(.time, isPoint: false), call)
        case .spread:
            guard call.takes(1, &self), let quantity = self.quantity(call, 0) else { return nil }
            return measure(
                Measure(.spread), quantity, window: nil, .number(quantity.quantity.unit.dimension, isPoint: false), call
            )
        case .silent: return silent(call)
        case .share:
            guard call.takes(2, &self), case let (condition, window) = (self.condition(call, 0), self.window(call, 1)),
                let condition,
                let window
            else { return nil }
            return Typed(expression: .share(condition, window), type: .number(.one, isPoint: false), unit: .percent)
        case .any, .all, .atLeast: return vote(&call)
        case .alarm, .countAlarms: return alarms(call)
        case .clock(let operation):
            guard call.takes(0, &self) else { return nil }
            return Typed(expression: .clock(operation), type: .number(.one, isPoint: false), unit: .one)
        case .absolute, .squareRoot, .logarithm, .exponential, .power, .clamp, .select: return calculation(call)
        }
    }

    /// A call under way, for its messages.
    struct Call {
        var function: Function
        var arguments: [Expression.Argument]
        var place: Place

        func takes(_ count: Int, _ checker: inout ExpressionChecker) -> Bool {
            guard arguments.count != count else { return true }
            let noun = count == 0 ? "nothing" : count == 1 ? "one argument" : "\(count) arguments"
            checker.report(
                "arguments",
                "\(function.name) takes \(noun), and here \(arguments.count == 1 ? "is 1" : "are \(arguments.count)")",
                at: place,
                hint: "write \(function.signature)")
            return false
        }
    }

    private mutating func measure(
        _ measure: Measure, _ quantity: MeasuredQuantity, window: TimeSpan?, _ type: ValueType?, _ call: Call
    ) -> Typed? {
        guard let type, case .number(let dimension, let isPoint) = type else {
            report(
                "meaningless", "the \(call.function.name) of temperatures has no meaning", at: call.place,
                hint: "mean(\(quantity.quantity.name), …)?")
            return nil
        }
        var quantity = quantity
        quantity.measure = measure
        quantity.window = window
        if measure.aggregate == .sum || measure.aggregate == .integral,
            selection.counters.contains(quantity.quantity.name)
        {
            problems.append(
                Diagnostic(
                    .warning, id: "sum-of-counter",
                    "'\(quantity.quantity.name)' is a counter that only rises: the \(call.function.name) of its readings says nothing",
                    at: call.place.location,
                    hint: "increase(\(quantity.quantity.name), …) is what it has counted in that time"))
        }
        if let window {
            warnOfFewReadings(
                quantity.quantity.name, measure.aggregate, call.function.name, over: window, at: call.place)
        }
        return Typed(
            expression: .measure(quantity), type: type,
            unit: ownUnit(of: quantity.quantity, dimension, isPoint: isPoint))
    }

    /// `silent(q, 5m)`; or `silent(5m)`: of every quantity that the devices send, and of each sensor by itself.
    private mutating func silent(_ call: Call) -> Typed? {
        if call.arguments.count == 1 {
            guard let window = self.window(call, 0) else { return nil }
            let any = sentQuantities.sorted { $0.name < $1.name }.map {
                silence(
                    of: MeasuredQuantity(measure: Measure(.last), quantity: $0, window: nil, isAtLeastItsSilence: true),
                    for: window)
            }
            guard let first = any.first else {
                report("no-quantity", "no device of this selection sends anything that could be silent", at: call.place)
                return nil
            }
            let condition = any.dropFirst().reduce(first) { .or($0, $1) }
            let text = "silent for \(TimeSpanText.spoken(window))"
            let expression = isInVote ? condition : .vote(.atLeast(1), condition, text: text)
            return Typed(expression: expression, type: .logical, unit: .one)
        }
        guard call.takes(2, &self), case let (quantity, window) = (self.quantity(call, 0), self.window(call, 1)),
            let quantity, let window
        else { return nil }
        return Typed(expression: silence(of: quantity, for: window), type: .logical, unit: .one)
    }

    /// That nothing came for so long, of a sensor that there is.
    private func silence(of quantity: MeasuredQuantity, for window: TimeSpan) -> CheckedExpression {
        var counted = quantity
        counted.measure = Measure(.count)
        counted.window = window
        let comparison = Comparison(
            sign: .lessOrEqual, left: .measure(counted), right: .constant(Literal(number: 0, unit: .one)),
            leftText: "readings of \(quantity.quantity.name) in \(TimeSpanText.short(window))", rightText: "0",
            unit: .one,
            silentFor: window)
        return .and(.hasSensor(counted), .comparison(comparison))
    }

    /// A quantity, or `raw` and a quantity.
    private mutating func quantity(_ call: Call, _ index: Int) -> MeasuredQuantity? {
        let name: String
        let isRaw: Bool
        switch call.arguments[index] {
        case .expression(.name(let word, _)): (name, isRaw) = (word, false)
        case .expression(.raw(let word, _)): (name, isRaw) = (word, true)
        default:
            report(
                "not-a-quantity", "\(call.function.name) takes the name of a quantity first",
                at: call.arguments[index].place)
            return nil
        }
        guard definitions[name] == nil, !brokenDefinitions.contains(name) else {
            usedDefinitions.insert(name)
            report(
                "not-a-quantity", "'\(name)' is a 'let', and \(call.function.name) takes a quantity",
                at: call.arguments[index].place)
            return nil
        }
        return quantity(name, call.arguments[index].place).map {
            MeasuredQuantity(measure: Measure(.last), quantity: $0, window: nil, isRaw: isRaw)
        }
    }

    private mutating func span(_ call: Call, _ index: Int) -> TimeSpan? {
        guard case .duration(let span, let place) = call.arguments[index] else {
            report(
                "duration", "a window such as 90s, 10m or 2h was expected", at: call.arguments[index].place,
                hint: "write \(call.function.signature)")
            return nil
        }
        guard span > .zero else {
            report("empty-window", "a window is longer than nothing", at: place)
            return nil
        }
        return span
    }

    /// A span that readings have to be kept for.
    private mutating func window(_ call: Call, _ index: Int) -> TimeSpan? {
        guard let span = span(call, index) else { return nil }
        if let retention = context.retention, span > retention {
            report(
                "window-retention",
                "the window is longer than readings are kept (\(TimeSpanText.short(retention))): after a restart it would begin empty",
                at: call.arguments[index].place, hint: "shorten it, or raise 'retention' in the configuration")
        }
        return span
    }

    private mutating func number(
        _ call: Call, _ index: Int, expected: String, where isGood: (Double) -> Bool
    ) -> Double? {
        if case .expression(.number(let number, let unit, _)) = call.arguments[index] {
            let value =
                unit.flatMap { Unit(symbol: $0.text) }.map { $0.dimension == .one ? number * $0.scale : .nan } ?? number
            if isGood(value) { return value }
        }
        report(
            "bad-number", "\(call.function.name) takes \(expected) here", at: call.arguments[index].place,
            hint: "write \(call.function.signature)")
        return nil
    }

    private mutating func condition(_ call: Call, _ index: Int) -> CheckedExpression? {
        guard case .expression(let expression) = call.arguments[index] else {
            report(
                "not-a-condition", "\(call.function.name) takes a condition here", at: call.arguments[index].place,
                hint: "write \(call.function.signature)")
            return nil
        }
        return logical(expression)
    }

    private mutating func vote(_ call: inout Call) -> Typed? {
        let isCounted = call.function.name == "at_least"
        guard call.takes(isCounted ? 2 : 1, &self) else { return nil }
        let needed =
            isCounted
            ? number(
                call, 0, expected: "a whole number of sensors, from 1 on",
                where: { $0 >= 1 && $0 <= 1000 && $0 == $0.rounded() }) : 1
        let place = call.arguments[isCounted ? 1 : 0].place
        let inner = call
        guard let condition = inVote({ $0.condition(inner, isCounted ? 1 : 0) }, at: call.place), let needed else {
            return nil
        }
        let quorum: Quorum = call.function.name == "all" ? .all : .atLeast(Int(needed))
        return Typed(expression: .vote(quorum, condition, text: place.excerpt), type: .logical, unit: .one)
    }

    private mutating func alarms(_ call: Call) -> Typed? {
        guard (1...2).contains(call.arguments.count) else {
            _ = call.takes(2, &self)
            return nil
        }
        guard case .expression(.text(let rule, let rulePlace)) = call.arguments[0] else {
            report(
                "not-a-rule", "\(call.function.name) takes the name of a rule in quotes", at: call.arguments[0].place,
                hint: "write \(call.function.signature)")
            return nil
        }
        guard context.rules.contains(rule) else {
            report(
                "unknown-rule", "there is no rule '\(rule)'", at: rulePlace,
                hint: NearMiss.hint(for: rule, among: context.rules),
                fix: NearMiss.best(for: rule, among: context.rules).map { "\"\($0)\"" })
            return nil
        }
        var level = Level.lowest
        if call.arguments.count == 2 {
            guard case .expression(.name(let name, _)) = call.arguments[1],
                let named = context.ladder.level(named: name)
            else {
                let place = call.arguments[1].place
                report(
                    "unknown-level", "'\(place.excerpt)' is not a level of the ladder", at: place,
                    hint: NearMiss.hint(for: place.excerpt, among: context.ladder.names)
                        ?? "the ladder is \(context.ladder)",
                    fix: NearMiss.best(for: place.excerpt, among: context.ladder.names))
                return nil
            }
            level = named
        }
        let reference = CheckedExpression.alarms(AlarmReference(rule: rule, level: level, text: call.place.excerpt))
        guard call.function.name == "alarm" else {
            return Typed(expression: reference, type: .number(.one, isPoint: false), unit: .one)
        }
        let comparison = Comparison(
            sign: .greaterOrEqual, left: reference, right: .constant(Literal(number: 1, unit: .one)),
            leftText: call.place.excerpt,
            rightText: "1", unit: .one)
        return Typed(expression: .comparison(comparison), type: .logical, unit: .one)
    }

    /// Functions of numbers, done in coherent units.
    private mutating func calculation(_ call: Call) -> Typed? {
        let count =
            switch call.function.meaning {
            case .clamp, .select: 3
            case .power: 2
            default: 1
            }
        guard call.takes(count, &self) else { return nil }
        if case .select = call.function.meaning {
            let condition = condition(call, 0)
            let (x, y) = (value(call, 1), value(call, 2))
            guard let condition, let x, let y else { return nil }
            guard x.type == y.type || x.type.dimension == y.type.dimension && x.type != .logical else {
                report("dimensions", "\(x.type.name) or \(y.type.name): both must be of one kind", at: call.place)
                return nil
            }
            return Typed(expression: .select(condition, x.expression, y.expression), type: x.type, unit: x.unit)
        }
        let values = call.arguments.indices.map { value(call, $0) }
        let numbers = values.compactMap { typed -> (typed: Typed, dimension: Dimension)? in
            guard let typed, let dimension = typed.type.dimension else { return nil }
            return (typed, dimension)
        }
        guard numbers.count == count else {
            for (index, typed) in values.enumerated() where typed?.type == .logical {
                report(
                    "not-a-number", "\(call.function.name) takes a number, and this is a condition",
                    at: call.arguments[index].place)
            }
            return nil
        }
        let dimension = numbers[0].dimension
        let expressions = numbers.map(\.typed.expression)
        func result(_ operation: Instruction.Operation, _ dimension: Dimension) -> Typed {
            Typed(
                expression: .function(operation, expressions, dimension), type: .number(dimension, isPoint: false),
                unit: .coherent(dimension, isDifference: true))
        }
        switch call.function.meaning {
        case .absolute:
            var absolute = result(.absolute, dimension)
            absolute.unit = numbers[0].typed.unit.offset == 0 ? numbers[0].typed.unit : absolute.unit
            return absolute
        case .squareRoot:
            guard let root = dimension.squareRoot else {
                report("dimensions", "\(dimension.name) has no square root", at: call.arguments[0].place)
                return nil
            }
            return result(.squareRoot, root)
        case .logarithm, .exponential:
            guard dimension == .one else {
                report(
                    "dimensions", "\(call.function.name) takes a plain number, and this is \(dimension.name)",
                    at: call.arguments[0].place,
                    hint: "divide it by a unit of it first")
                return nil
            }
            if case .logarithm = call.function.meaning { return result(.logarithm, .one) }
            return result(.exponential, .one)
        case .power:
            guard numbers[1].dimension == .one else {
                report(
                    "dimensions", "a power is a plain number, and this is \(numbers[1].dimension.name)",
                    at: call.arguments[1].place)
                return nil
            }
            if dimension == .one { return result(.power, .one) }
            guard case .constant(let literal) = expressions[1], let exponent = Int8(exactly: literal.number),
                abs(exponent) <= 4
            else {
                report(
                    "dimensions", "what has a unit is raised to a whole power from -4 to 4", at: call.arguments[1].place
                )
                return nil
            }
            return result(.power, dimension.power(exponent))
        default:
            for (index, number) in numbers.enumerated() where number.dimension != dimension {
                report(
                    "dimensions", "\(dimension.name) clamped to \(number.dimension.name)",
                    at: call.arguments[index].place)
                return nil
            }
            let lower = CheckedExpression.function(.larger, [expressions[0], expressions[1]], dimension)
            return Typed(
                expression: .function(.smaller, [lower, expressions[2]], dimension), type: numbers[0].typed.type,
                unit: numbers[0].typed.unit)
        }
    }

    private mutating func value(_ call: Call, _ index: Int) -> Typed? {
        // None of these takes a duration.
        guard case .expression(let expression) = call.arguments[index] else { return nil }
        return check(expression)
    }
}

extension ValueType {
    var dimension: Dimension? {
        if case .number(let dimension, _) = self { return dimension }
        return nil
    }

    fileprivate static func point(of quantity: MeasuredQuantity) -> ValueType {
        let dimension = quantity.quantity.unit.dimension
        return .number(dimension, isPoint: dimension == .temperature)
    }
}

extension Unit {
    fileprivate static let percent = Unit(symbol: "%") ?? .one
}
