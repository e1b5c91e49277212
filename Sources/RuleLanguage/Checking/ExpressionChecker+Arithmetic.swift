internal import RulePlan
internal import Telemetry

// Arithmetic and comparisons. The dimensions of both sides have to fit.
extension ExpressionChecker {
    /// A side of an operator that is a number.
    private struct Side {
        /// The side as it was written.
        let typed: Typed
        /// The side as the operator takes it.
        var expression: CheckedExpression
        var dimension: Dimension
        /// Set for a temperature, and not for a difference of temperatures.
        var isPoint: Bool
    }

    private func side(_ typed: Typed) -> Side? {
        guard case .number(let dimension, let isPoint) = typed.type else { return nil }
        return Side(typed: typed, expression: typed.expression, dimension: dimension, isPoint: isPoint)
    }

    /// Checks both sides of an operator between numbers. The right side is checked even if the left one has a mistake.
    private mutating func sides(
        _ sign: BinaryOperator, _ left: Expression, _ right: Expression, _ range: SourceRange
    ) -> (first: Side, second: Side)? {
        let left = check(left)
        let right = check(right)
        guard let left, let right else { return nil }
        guard let first = side(left), let second = side(right) else {
            report(.notNumbers(sign, left.type, right.type), at: range)
            return nil
        }
        return (first, second)
    }

    mutating func arithmetic(
        _ sign: BinaryOperator, _ left: Expression, _ right: Expression, _ signRange: SourceRange, _ range: SourceRange
    ) -> Typed? {
        guard var (first, second) = sides(sign, left, right, range) else { return nil }
        let type: (dimension: Dimension, isPoint: Bool)
        if sign == .add || sign == .subtract {
            guard first.dimension == second.dimension else {
                report(.cannotAdd(sign, first.typed.type, second.typed.type), at: range)
                return nil
            }
            // A literal beside a temperature is a step, not a point on the scale: `temperature + 5 degC`.
            if first.isPoint, let step = Self.difference(right, second.typed) {
                second.expression = step
                second.isPoint = false
            }
            if sign == .add, first.isPoint, second.isPoint {
                report(.temperaturesAdded, at: signRange)
                return nil
            }
            if sign == .subtract, !first.isPoint, second.isPoint {
                guard let step = Self.difference(left, first.typed) else {
                    report(.temperatureFromDifference, at: signRange)
                    return nil
                }
                first.expression = step
            }
            // The difference of two temperatures is not a temperature.
            let isDifference = sign == .subtract && first.isPoint && second.isPoint
            type = (first.dimension, !isDifference && (first.isPoint || second.isPoint))
        } else {
            if let step = Self.difference(left, first.typed) {
                first.expression = step
                first.isPoint = false
            }
            if let step = Self.difference(right, second.typed) {
                second.expression = step
                second.isPoint = false
            }
            guard !first.isPoint, !second.isPoint else {
                report(.temperatureFactor, at: range)
                return nil
            }
            let dimension =
                sign == .multiply ? first.dimension * second.dimension : first.dimension / second.dimension
            type = (dimension, false)
        }
        return Typed(
            expression: .arithmetic(sign, first.expression, second.expression),
            type: .number(type.dimension, isPoint: type.isPoint),
            unit: Self.unit(of: type.dimension, isPoint: type.isPoint, sign, first.typed.unit, second.typed.unit))
    }

    /// Returns the unit to show a result in: that of a side with the same dimension, or else their product or quotient.
    private static func unit(
        of dimension: Dimension, isPoint: Bool, _ sign: BinaryOperator, _ left: Unit, _ right: Unit
    ) -> Unit {
        if left.dimension == dimension { return left }
        if right.dimension == dimension { return right }
        let combined = Unit(symbol: "\(left.symbol)\(sign == .multiply ? "." : "/")\(right.symbol)")
        if let combined, combined.dimension == dimension { return combined }
        return .coherent(dimension, isDifference: !isPoint)
    }

    /// Reads a temperature literal as a difference: `5 degC` beside `delta(…)` is 5 K. `nil` for anything else.
    private static func difference(_ expression: Expression, _ typed: Typed) -> CheckedExpression? {
        switch expression {
        case .number(let number, _?, _) where typed.unit.isTemperatureScale:
            .constant(Literal(number: number, unit: typed.unit, isDifference: true))
        case .negate(.number(let number, _?, _), _) where typed.unit.isTemperatureScale:
            .constant(Literal(number: -number, unit: typed.unit, isDifference: true))
        default: nil
        }
    }

    mutating func compare(
        _ sign: BinaryOperator, _ left: Expression, _ right: Expression, _ range: SourceRange
    ) -> Typed? {
        guard var (first, second) = sides(sign, left, right, range) else { return nil }
        guard first.dimension == second.dimension else {
            reportMismatch((left, first.typed), (right, second.typed), range)
            return nil
        }
        if first.expression.isAge && !second.expression.parameters.isEmpty
            || second.expression.isAge && !first.expression.parameters.isEmpty
        {
            // A test of an age is made of a window of that length, which all groups share.
            report(.ageOfParameter, at: range)
            return nil
        }
        let isPoint = first.isPoint && second.isPoint
        if first.isPoint != second.isPoint {
            if first.isPoint, let step = Self.difference(left, first.typed) {
                first.expression = step
            } else if second.isPoint, let step = Self.difference(right, second.typed) {
                second.expression = step
            } else {
                report(.temperatureCompared(first.typed.type, second.typed.type), at: range)
                return nil
            }
        }
        // A comparison is shown in the unit of its literal, which the author chose.
        var unit = right.isLiteral ? second.typed.unit : first.typed.unit
        if !isPoint, unit.dimension == .temperature { unit = .coherent(.temperature, isDifference: true) }
        noteShownUnit(of: left, comparedWith: right, second.typed.unit)
        noteShownUnit(of: right, comparedWith: left, first.typed.unit)
        warnOfImplausible(sign, first.expression, second.expression, range)
        let comparison = Comparison(
            sign: sign, left: first.expression, right: second.expression,
            leftText: first.typed.text ?? left.range.excerpt, rightText: second.typed.text ?? right.range.excerpt,
            unit: unit)
        return Typed(expression: .comparison(comparison), type: .logical, unit: .one)
    }

    /// Keeps the unit in which a definition is first compared. The definition is shown in that unit.
    private mutating func noteShownUnit(of side: Expression, comparedWith other: Expression, _ unit: Unit) {
        guard case .name(let name, _) = side, other.isLiteral, shownUnits[name] == nil else { return }
        shownUnits[name] = unit
    }

    private mutating func reportMismatch(
        _ left: (expression: Expression, typed: Typed), _ right: (expression: Expression, typed: Typed),
        _ range: SourceRange
    ) {
        // A bare number beside a value with a dimension has only lost its unit.
        for (bare, other) in [(right, left), (left, right)] {
            if case .number(let number, nil, let numberRange) = bare.expression,
                let dimension = other.typed.type.dimension
            {
                report(missingUnit(number, beside: other.typed, dimension), at: numberRange)
                return
            }
        }
        let unit = left.typed.unit
        report(
            .cannotCompare(
                left.typed.type, right.typed.type,
                unitOfLeft: right.expression.isLiteral && !unit.symbol.isEmpty ? unit : nil),
            at: range)
    }
}

extension CheckedExpression {
    fileprivate var isAge: Bool {
        if case .measure(let measured) = self { return measured.measure.aggregate == .age }
        return false
    }
}

extension Expression {
    fileprivate var isLiteral: Bool {
        switch self {
        case .number: true
        case .negate(let operand, _): operand.isLiteral
        default: false
        }
    }
}
