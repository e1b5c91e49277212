internal import Devices
internal import Diagnostics
internal import RulePlan
internal import Telemetry

/// Checks the expressions of one rule: resolves names, derives dimensions, and reports every mistake.
struct ExpressionChecker {
    struct Typed {
        var expression: CheckedExpression
        var type: ValueType
        /// The unit in which people want to see the value.
        var unit: Unit
        /// The text of a definition, which explains more than its name.
        var text: String?
    }

    /// The quantities that the rule's devices report.
    let selection: MeasuredSelection
    /// Quantities that other devices report, for a better message.
    let otherQuantities: Set<String>
    /// Parameters that devices outside of the rule have, for a better message.
    let otherParameters: Set<String>
    /// The names that the rule may use, and how long readings are kept.
    let context: RuleContext
    /// Set inside the condition of a vote, which is asked of a single sensor.
    private(set) var isInVote = false
    var definitions: [String: Typed] = [:]
    /// Definitions with a mistake; expressions that use them are not reported again.
    var brokenDefinitions: Set<String> = []
    var usedDefinitions: Set<String> = []
    /// The number of terms of each definition, counting those of the definitions in it.
    private var definitionSizes: [String: Int] = [:]
    private var size = 0
    private static let sizeMax = 10_000
    /// The unit of the first literal that each definition is compared with.
    var shownUnits: [String: Unit] = [:]
    /// The quantities that the rule uses, with the first use of each.
    private(set) var usedQuantities: [String: SourceRange] = [:]
    /// The parameters that the rule uses, with the first use of each.
    var usedParameters: [ParameterReference: SourceRange] = [:]
    private(set) var problems: [Diagnostic] = []
    /// The windows on the left of the `if` whose condition is being checked; `nil` outside of such a condition.
    var coveredWindows: Set<MeasuredQuantity>?

    init(
        _ selection: MeasuredSelection, otherQuantities: Set<String>, otherParameters: Set<String>, context: RuleContext
    ) {
        self.selection = selection
        self.otherQuantities = otherQuantities
        self.otherParameters = otherParameters
        self.context = context
    }

    /// The quantities that devices send, without those that the gateway measures about a device.
    var sentQuantities: [Quantity] { selection.sent.compactMap { selection.quantities[$0] } }

    mutating func report(_ problem: RuleProblem, at range: SourceRange) { problems.append(problem.at(range)) }

    /// Checks the expression of a name in `let`, and keeps it.
    mutating func define(_ name: String, _ source: ScalarText) {
        if var typed = check(source) {
            typed.text = source.string
            definitions[name] = typed
            definitionSizes[name] = size
        } else {
            brokenDefinitions.insert(name)
        }
    }

    /// Checks a condition: the expression of a level, `until`, `clear` or `suppress`.
    /// - Parameter part: what the condition is, for the message: `a level`.
    mutating func condition(_ source: ScalarText, of part: String) -> CheckedExpression? {
        guard let typed = check(source) else { return nil }
        guard typed.type == .logical else {
            problems.append(RuleProblem.notConditionOf(part, typed.type).at(source.location))
            return nil
        }
        return typed.expression
    }

    /// Returns the parsed expression with brackets, or the written text if it cannot be parsed.
    static func bracketed(_ source: ScalarText) -> String {
        // The mistake is reported where the expression is checked.
        (try? Parser.parse(source))?.bracketed ?? source.string
    }

    private mutating func check(_ source: ScalarText) -> Typed? {
        size = 0
        do {
            return check(try Parser.parse(source))
        } catch {
            problems.append(error)
            return nil
        }
    }

    mutating func check(_ expression: Expression) -> Typed? {
        size += 1
        switch expression {
        case .number(let number, let unit, _):
            // The parser accepts only units that exist.
            let unit = unit.flatMap { Unit(symbol: $0.text) } ?? .one
            let type = ValueType.number(unit.dimension, isPoint: unit.isTemperatureScale)
            return Typed(expression: .constant(Literal(number: number, unit: unit)), type: type, unit: unit)
        case .truth(let truth, _): return condition(.truth(truth))
        case .text(_, let range):
            report(.textHere, at: range)
            return nil
        case .name(let name, let range): return resolve(name, range)
        case .raw(let name, let range): return quantity(name, range).map { newest(of: $0, .all) }
        case .call(let name, let nameRange, let arguments, let range): return call(name, nameRange, arguments, range)
        case .negate(let operand, let range): return negate(operand, range)
        case .not(let operand, _): return logical(operand).map { condition(.not($0)) }
        case .hold(let operand, let span, _): return logical(operand).map { condition(.hold($0, span)) }
        case .sequence(let first, let second, let span, _):
            return bothLogical(first, second).map { condition(.sequence($0, $1, span)) }
        case .conditional(let value, let condition, _): return conditional(value, condition)
        case .within(let value, let low, let high, let range):
            let lower = compare(.greaterOrEqual, value, low, range)
            let upper = compare(.lessOrEqual, value, high, range)
            guard let lower, let upper else { return nil }
            return condition(.and(lower.expression, upper.expression))
        case .binary(let sign, let left, let right, let signRange, let range):
            switch sign {
            case .and: return bothLogical(left, right).map { condition(.and($0, $1)) }
            case .or: return bothLogical(left, right).map { condition(.or($0, $1)) }
            case .add, .subtract, .multiply, .divide: return arithmetic(sign, left, right, signRange, range)
            case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual:
                return compare(sign, left, right, range)
            }
        }
    }

    private func condition(_ expression: CheckedExpression) -> Typed {
        Typed(expression: expression, type: .logical, unit: .one)
    }

    mutating func logical(_ expression: Expression) -> CheckedExpression? {
        guard let typed = check(expression) else { return nil }
        guard typed.type == .logical else {
            report(.notCondition(typed.type), at: expression.range)
            return nil
        }
        return typed.expression
    }

    /// Two conditions. Both are checked, also after a mistake in the first.
    private mutating func bothLogical(
        _ first: Expression, _ second: Expression
    ) -> (CheckedExpression, CheckedExpression)? {
        let first = logical(first)
        let second = logical(second)
        guard let first, let second else { return nil }
        return (first, second)
    }

    private mutating func negate(_ operand: Expression, _ range: SourceRange) -> Typed? {
        guard let typed = check(operand) else { return nil }
        guard case .number = typed.type else {
            report(.notNumberWithSign(typed.type), at: range)
            return nil
        }
        var negative = typed
        if case .number(let number, _, _) = operand, case .constant = typed.expression {
            negative.expression = .constant(Literal(number: -number, unit: typed.unit))
        } else {
            negative.expression = .negate(typed.expression)
        }
        negative.text = nil
        return negative
    }

    /// A name: a definition, or the newest reading of a quantity.
    private mutating func resolve(_ name: String, _ range: SourceRange) -> Typed? {
        if let definition = definitions[name] {
            usedDefinitions.insert(name)
            let sizeBefore = size
            size += definitionSizes[name] ?? 0
            if size <= Self.sizeMax { return definition }
            if sizeBefore <= Self.sizeMax { report(.tooLarge(termsMax: Self.sizeMax), at: range) }
            return nil
        }
        if brokenDefinitions.contains(name) {
            usedDefinitions.insert(name)
            return nil
        }
        if name == Self.coverageName, selection.quantities[name] == nil, let typed = coverageOfCondition(range) {
            return typed
        }
        if selection.kinds[name] == .event { report(.newestOfEvent(name), at: range) }
        return quantity(name, range).map { newest(of: $0, .usable) }
    }

    private func newest(of quantity: Quantity, _ selection: ReadingSelection) -> Typed {
        let dimension = quantity.unit.dimension
        let isPoint = dimension == .temperature
        return Typed(
            expression: .measure(
                MeasuredQuantity(measure: Measure(.last), quantity: quantity, window: nil, selection: selection)),
            type: .number(dimension, isPoint: isPoint), unit: ownUnit(of: quantity, dimension, isPoint: isPoint))
    }

    /// Checks the condition of a vote in `body`. Another vote inside it is reported.
    mutating func inVote<T>(_ body: (inout ExpressionChecker) -> T?, at range: SourceRange) -> T? {
        guard !isInVote else {
            report(.nestedVote, at: range)
            return nil
        }
        isInVote = true
        defer { isInVote = false }
        return body(&self)
    }

    mutating func quantity(_ name: String, _ range: SourceRange) -> Quantity? {
        if let quantity = selection.quantities[name] {
            if usedQuantities[name] == nil { usedQuantities[name] = range }
            return quantity
        }
        report(
            .unknownQuantity(
                name, known: selection.quantities.keys.sorted(), definitions: definitions.keys.sorted(),
                isElsewhere: otherQuantities.contains(name)),
            at: range)
        return nil
    }
}
