internal import Diagnostics
internal import RulePlan
internal import Telemetry

/// Checks the expressions of one rule: resolves names, derives dimensions, and reports everything wrong.
struct ExpressionChecker {
    struct Typed {
        var expression: CheckedExpression
        var type: ValueType
        /// The unit in which people would want to see the value.
        var unit: Unit
        /// Of a definition: its text, which says more in an explanation than its name does.
        var text: String?
    }

    /// What the rule's devices report.
    let selection: MeasuredSelection
    /// Quantities that other devices report, for a better message.
    let otherQuantities: Set<String>
    /// What names outside the rule it may use, and how far back the store goes.
    let context: RuleContext
    /// Inside the condition of a vote, which is put to one sensor.
    private(set) var isInVote = false
    var definitions: [String: Typed] = [:]
    /// Definitions that did not check; what uses them is not reported again.
    var brokenDefinitions: Set<String> = []
    var usedDefinitions: Set<String> = []
    /// How many terms each definition comes to, with those that it is made of.
    private var definitionSizes: [String: Int] = [:]
    private var size = 0
    private static let sizeMax = 10_000
    /// The unit of the first literal that each definition is compared with.
    var shownUnits: [String: Unit] = [:]
    /// The quantities that the rule names, with the first place of each.
    var usedQuantities: [String: Place] = [:]
    var problems: [Diagnostic] = []

    init(_ selection: MeasuredSelection, otherQuantities: Set<String>, context: RuleContext) {
        self.selection = selection
        self.otherQuantities = otherQuantities
        self.context = context
    }

    /// Checks what a name of `let` stands for, and keeps it.
    mutating func define(_ name: String, _ source: ScalarText) {
        if var typed = check(source) {
            typed.text = source.string
            definitions[name] = typed
            definitionSizes[name] = size
        } else {
            brokenDefinitions.insert(name)
        }
    }

    mutating func check(_ source: ScalarText) -> Typed? {
        size = 0
        do {
            return check(try Parser.parse(source))
        } catch {
            problems.append(error)
            return nil
        }
    }

    /// An expression as it is understood; as it is written, where it cannot be.
    static func bracketed(_ source: ScalarText) -> String { (try? Parser.parse(source))?.bracketed ?? source.string }

    /// A condition: what a level, `until` and `clear` are made of.
    mutating func condition(_ source: ScalarText, of what: String) -> CheckedExpression? {
        guard let typed = check(source) else { return nil }
        guard typed.type == .logical else {
            problems.append(
                Diagnostic(
                    id: "not-a-condition", "\(what) is true or false, and this is \(typed.type.name)",
                    at: source.location,
                    hint: "compare it with something"))
            return nil
        }
        return typed.expression
    }

    /// The unit to show a definition in; a difference of temperatures keeps its own, whatever scale it was compared on.
    func shownUnit(of name: String, _ typed: Typed) -> Unit {
        guard let unit = shownUnits[name], unit.dimension == typed.unit.dimension else { return typed.unit }
        if unit.dimension == .temperature, case .number(_, isPoint: false) = typed.type { return typed.unit }
        return unit
    }

    /// The unit in which people know a measure of a quantity: its devices' own, where they have one in common.
    func ownUnit(of quantity: Quantity, _ dimension: Dimension, isPoint: Bool) -> Unit {
        let units = ownUnits(of: quantity, dimension, isPoint: isPoint)
        if units.count == 1 { return units[0] }
        if dimension == quantity.unit.dimension, dimension != .temperature || isPoint { return quantity.unit }
        return .coherent(dimension, isDifference: true)
    }

    /// The same in the unit of each device that sends another: `ft/h` and `m/h` for the slope of a level.
    func ownUnits(of quantity: Quantity, _ dimension: Dimension, isPoint: Bool) -> [Unit] {
        (selection.units[quantity.name] ?? []).compactMap { sent in
            if dimension == sent.unit.dimension, isPoint || dimension != .temperature { return sent.unit }
            // A degree Celsius as a difference is a kelvin.
            let isCelsius = sent.unit.dimension == .temperature && sent.unit.scale == 1
            let symbol = isCelsius ? "K" : sent.unit.symbol
            let unit =
                if dimension == sent.unit.dimension {
                    Unit(scaling: sent.unit.scale, of: dimension, symbol: symbol)
                } else if dimension == sent.unit.dimension / .time {
                    Unit(symbol: "\(symbol.isEmpty ? "1" : symbol)/h")
                } else if dimension == sent.unit.dimension * .time, !symbol.contains("/") {
                    Unit(symbol: "\(symbol).h")
                } else {
                    Unit?.none
                }
            return unit ?? .coherent(dimension, isDifference: true)
        }
    }

    var sentQuantities: [Quantity] { selection.sent.compactMap { selection.quantities[$0] } }

    mutating func report(_ id: String, _ message: String, at place: Place, hint: String? = nil, fix: String? = nil) {
        problems.append(Diagnostic(id: id, message, at: place.location, hint: hint, fix: fix))
    }

    mutating func check(_ expression: Expression) -> Typed? {
        size += 1
        switch expression {
        case .number(let number, let unit, _):
            // The parser took only units that exist.
            let unit = unit.flatMap { Unit(symbol: $0.text) } ?? .one
            let isPoint = unit.isTemperatureScale
            let literal = Literal(number: number, unit: unit)
            return Typed(expression: .constant(literal), type: .number(unit.dimension, isPoint: isPoint), unit: unit)
        case .truth(let truth, _):
            return Typed(expression: .truth(truth), type: .logical, unit: .one)
        case .text(_, let place):
            report("text-here", "a text has no meaning here", at: place)
            return nil
        case .name(let name, let place): return resolve(name, place)
        case .raw(let name, let place):
            guard let quantity = quantity(name, place) else { return nil }
            return newest(of: quantity, isRaw: true)
        case .sequence(let first, let second, let span, _):
            let (a, b) = (logical(first), logical(second))
            guard let a, let b else { return nil }
            return Typed(expression: .sequence(a, b, span), type: .logical, unit: .one)
        case .call(let name, let namePlace, let arguments, let place): return call(name, namePlace, arguments, place)
        case .negate(let operand, let place):
            guard let typed = check(operand) else { return nil }
            guard case .number(let dimension, let isPoint) = typed.type else {
                report("not-a-number", "only a number has a sign, and this is \(typed.type.name)", at: place)
                return nil
            }
            if case .number(let number, _, _) = operand, case .constant = typed.expression {
                let literal = Literal(number: -number, unit: typed.unit)
                return Typed(expression: .constant(literal), type: typed.type, unit: typed.unit)
            }
            return Typed(
                expression: .negate(typed.expression), type: .number(dimension, isPoint: isPoint), unit: typed.unit)
        case .not(let operand, _):
            guard let inner = logical(operand) else { return nil }
            return Typed(expression: .not(inner), type: .logical, unit: .one)
        case .hold(let operand, let span, _):
            guard let inner = logical(operand) else { return nil }
            return Typed(expression: .hold(inner, span), type: .logical, unit: .one)
        case .within(let value, let low, let high, let place):
            let lower = compare(.greaterOrEqual, value, low, place)
            let upper = compare(.lessOrEqual, value, high, place)
            guard let lower, let upper else { return nil }
            return Typed(expression: .and(lower.expression, upper.expression), type: .logical, unit: .one)
        case .binary(let sign, let left, let right, let signPlace, let place):
            switch sign {
            case .and, .or:
                let (a, b) = (logical(left), logical(right))
                guard let a, let b else { return nil }
                return Typed(expression: sign == .and ? .and(a, b) : .or(a, b), type: .logical, unit: .one)
            case .add, .subtract, .multiply, .divide: return arithmetic(sign, left, right, signPlace, place)
            default: return compare(sign, left, right, place)
            }
        }
    }

    mutating func logical(_ expression: Expression) -> CheckedExpression? {
        guard let typed = check(expression) else { return nil }
        guard typed.type == .logical else {
            report(
                "not-a-condition", "a condition was expected, and this is \(typed.type.name)", at: expression.place,
                hint: "compare it with something")
            return nil
        }
        return typed.expression
    }

    private mutating func resolve(_ name: String, _ place: Place) -> Typed? {
        if let definition = definitions[name] {
            usedDefinitions.insert(name)
            size += definitionSizes[name] ?? 0
            guard size <= Self.sizeMax else {
                if size - (definitionSizes[name] ?? 0) <= Self.sizeMax {
                    report(
                        "too-large", "with all that its names stand for, this comes to more than \(Self.sizeMax) terms",
                        at: place)
                }
                return nil
            }
            return definition
        }
        if brokenDefinitions.contains(name) {
            usedDefinitions.insert(name)
            return nil
        }
        return quantity(name, place).map { newest(of: $0, isRaw: false) }
    }

    private func newest(of quantity: Quantity, isRaw: Bool) -> Typed {
        let dimension = quantity.unit.dimension
        return Typed(
            expression: .measure(
                MeasuredQuantity(measure: Measure(.last), quantity: quantity, window: nil, isRaw: isRaw)),
            type: .number(dimension, isPoint: dimension == .temperature),
            unit: ownUnit(of: quantity, dimension, isPoint: dimension == .temperature))
    }

    /// Runs `body` for the condition of a vote, where another vote has no meaning.
    mutating func inVote<T>(_ body: (inout ExpressionChecker) -> T?, at place: Place) -> T? {
        guard !isInVote else {
            report("nested-vote", "a vote cannot be taken inside a vote: its condition is put to one sensor", at: place)
            return nil
        }
        isInVote = true
        defer { isInVote = false }
        return body(&self)
    }

    mutating func quantity(_ name: String, _ place: Place) -> Quantity? {
        if let quantity = selection.quantities[name] {
            if usedQuantities[name] == nil { usedQuantities[name] = place }
            return quantity
        }
        let known = Array(selection.quantities.keys) + definitions.keys
        let fix = NearMiss.best(for: name, among: known)
        var hint = fix.map(NearMiss.question)
        if hint == nil, otherQuantities.contains(name) { hint = "other devices report it: see 'where'" }
        if hint == nil, !selection.quantities.isEmpty {
            hint = "they report: \(selection.quantities.keys.sorted().joined(separator: ", "))"
        }
        report(
            "unknown-quantity", "'\(name)' is not a quantity of any device in this selection", at: place, hint: hint,
            fix: fix)
        return nil
    }

    private mutating func arithmetic(
        _ sign: BinaryOperator, _ left: Expression, _ right: Expression, _ signPlace: Place, _ place: Place
    ) -> Typed? {
        let (a, b) = (check(left), check(right))
        guard let a, let b else { return nil }
        guard case .number(let leftDimension, var leftIsPoint) = a.type,
            case .number(let rightDimension, var rightIsPoint) = b.type
        else {
            report(
                "not-a-number", "'\(sign.rawValue)' takes numbers, and this is \(a.type.name) and \(b.type.name)",
                at: place)
            return nil
        }
        var (x, y) = (a.expression, b.expression)
        let type: ValueType
        switch sign {
        case .add, .subtract:
            guard leftDimension == rightDimension else {
                report(
                    "dimensions", "\(a.type.name) \(sign == .add ? "and" : "less") \(b.type.name) cannot be calculated",
                    at: place)
                return nil
            }
            // A literal beside a temperature is a step, not a place on the scale: `temperature + 5 degC`.
            if leftIsPoint, let step = Self.difference(right, b) { (y, rightIsPoint) = (step, false) }
            if sign == .add, leftIsPoint, rightIsPoint {
                report("temperatures", "two temperatures cannot be added", at: signPlace)
                return nil
            }
            if sign == .subtract, !leftIsPoint, rightIsPoint {
                if let step = Self.difference(left, a) {
                    x = step
                } else {
                    report("temperatures", "a temperature cannot be taken from a difference", at: signPlace)
                    return nil
                }
            }
            if sign == .subtract, leftIsPoint, rightIsPoint { leftIsPoint = false; rightIsPoint = false }
            type = .number(leftDimension, isPoint: leftIsPoint || rightIsPoint)
        default:
            if let step = Self.difference(left, a) { (x, leftIsPoint) = (step, false) }
            if let step = Self.difference(right, b) { (y, rightIsPoint) = (step, false) }
            guard !leftIsPoint, !rightIsPoint else {
                report("temperatures", "a temperature cannot be multiplied or divided; a difference can", at: place)
                return nil
            }
            type = .number(
                sign == .multiply ? leftDimension * rightDimension : leftDimension / rightDimension, isPoint: false)
        }
        guard case .number(let dimension, let isPoint) = type else { return nil }
        let product = Unit(symbol: "\(a.unit.symbol)\(sign == .multiply ? "." : "/")\(b.unit.symbol)")
        let unit =
            dimension == a.unit.dimension
            ? a.unit
            : dimension == b.unit.dimension
                ? b.unit
                : product.flatMap { $0.dimension == dimension ? $0 : nil }
                    ?? .coherent(dimension, isDifference: !isPoint)
        return Typed(expression: .arithmetic(sign, x, y), type: type, unit: unit)
    }

    /// A temperature literal read as a difference: `5 degC` beside `delta(…)` is 5 K.
    private static func difference(_ expression: Expression, _ typed: Typed) -> CheckedExpression? {
        switch expression {
        case .number(let number, _?, _) where typed.unit.isTemperatureScale:
            .constant(Literal(number: number, unit: typed.unit, isDifference: true))
        case .negate(.number(let number, _?, _), _) where typed.unit.isTemperatureScale:
            .constant(Literal(number: -number, unit: typed.unit, isDifference: true))
        default: nil
        }
    }

    private mutating func compare(_ sign: BinaryOperator, _ left: Expression, _ right: Expression, _ place: Place)
        -> Typed?
    {
        let (a, b) = (check(left), check(right))
        guard let a, let b else { return nil }
        guard case .number(let leftDimension, let leftIsPoint) = a.type,
            case .number(let rightDimension, let rightIsPoint) = b.type
        else {
            report(
                "not-a-number", "'\(sign.rawValue)' compares numbers, and this is \(a.type.name) and \(b.type.name)",
                at: place)
            return nil
        }
        guard leftDimension == rightDimension else {
            reportMismatch((left, a), (right, b), place)
            return nil
        }
        var (x, y) = (a.expression, b.expression)
        if leftIsPoint != rightIsPoint {
            if leftIsPoint, let step = Self.difference(left, a) {
                x = step
            } else if rightIsPoint, let step = Self.difference(right, b) {
                y = step
            } else {
                report("temperatures", "\(a.type.name) compared with \(b.type.name)", at: place)
                return nil
            }
        }
        // Shown in the unit of the literal, which is the author's.
        let isPoint = leftIsPoint && rightIsPoint
        var unit = right.isLiteral ? b.unit : left.isLiteral ? a.unit : a.unit
        if !isPoint, unit.dimension == .temperature { unit = .coherent(.temperature, isDifference: true) }
        // A definition is shown in the unit that it is first compared in.
        for (name, literal, typed) in [(left, right, b), (right, left, a)] {
            if case .name(let name, _) = name, literal.isLiteral, shownUnits[name] == nil {
                shownUnits[name] = typed.unit
            }
        }
        warnOfImplausible(sign, x, y, place)
        let comparison = Comparison(
            sign: sign, left: x, right: y, leftText: a.text ?? left.place.excerpt,
            rightText: b.text ?? right.place.excerpt,
            unit: unit)
        return Typed(expression: .comparison(comparison), type: .logical, unit: .one)
    }

    private mutating func reportMismatch(_ left: (Expression, Typed), _ right: (Expression, Typed), _ place: Place) {
        // A bare number beside a dimensioned value has only lost its unit.
        for (bare, other) in [(right, left), (left, right)] {
            if case .number(let number, nil, let at) = bare.0, case .number(let dimension, _) = other.1.type {
                let mends = mends(of: number, beside: other.1, dimension)
                report(
                    "missing-unit", "\(other.1.type.name) compared with a plain number", at: at,
                    hint: mends.hint, fix: mends.texts.count == 1 ? mends.texts[0] : nil)
                return
            }
        }
        let unit = left.1.unit.symbol
        report(
            "dimensions", "\(left.1.type.name) compared with \(right.1.type.name)", at: place,
            hint: right.0.isLiteral && !unit.isEmpty ? "what stands on the left is in units such as \(unit)" : nil)
    }
}

extension Expression {
    var isLiteral: Bool {
        switch self {
        case .number: true
        case .negate(let operand, _): operand.isLiteral
        default: false
        }
    }
}
