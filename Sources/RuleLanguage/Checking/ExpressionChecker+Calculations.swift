internal import RulePlan
internal import Telemetry

// Functions of numbers. They are calculated in coherent units.
extension ExpressionChecker {
    private struct Number {
        var typed: Typed
        var dimension: Dimension
    }

    /// All arguments as numbers; `nil` after a mistake in any of them.
    private mutating func numbers(_ call: Call) -> [Number]? {
        var numbers: [Number] = []
        for index in call.arguments.indices {
            guard let typed = value(call, index) else { continue }
            if let dimension = typed.type.dimension {
                numbers.append(Number(typed: typed, dimension: dimension))
            } else if typed.type == .logical {
                report(.notNumberArgument(call.function), at: call.arguments[index].range)
            }
        }
        return numbers.count == call.arguments.count ? numbers : nil
    }

    private func result(
        _ operation: Instruction.Operation, _ numbers: [Number], _ dimension: Dimension
    ) -> Typed {
        Typed(
            expression: .function(operation, numbers.map(\.typed.expression), dimension),
            type: .number(dimension, isPoint: false), unit: .coherent(dimension, isDifference: true))
    }

    /// `abs(x)`
    mutating func absolute(_ call: Call) -> Typed? {
        guard let numbers = numbers(call) else { return nil }
        var absolute = result(.absolute, numbers, numbers[0].dimension)
        if numbers[0].typed.unit.offset == 0 { absolute.unit = numbers[0].typed.unit }
        return absolute
    }

    /// `sqrt(x)`
    mutating func squareRoot(_ call: Call) -> Typed? {
        guard let numbers = numbers(call) else { return nil }
        guard let root = numbers[0].dimension.squareRoot else {
            report(.noSquareRoot(numbers[0].dimension), at: call.arguments[0].range)
            return nil
        }
        return result(.squareRoot, numbers, root)
    }

    /// `ln(x)` and `exp(x)`
    mutating func ofPlainNumber(_ operation: Instruction.Operation, _ call: Call) -> Typed? {
        guard let numbers = numbers(call) else { return nil }
        guard numbers[0].dimension == .one else {
            report(.notPlainNumber(call.function, numbers[0].dimension), at: call.arguments[0].range)
            return nil
        }
        return result(operation, numbers, .one)
    }

    /// `pow(x, 2)`
    mutating func power(_ call: Call) -> Typed? {
        guard let numbers = numbers(call) else { return nil }
        guard numbers[1].dimension == .one else {
            report(.notPlainExponent(numbers[1].dimension), at: call.arguments[1].range)
            return nil
        }
        if numbers[0].dimension == .one { return result(.power, numbers, .one) }
        guard case .constant(let literal) = numbers[1].typed.expression, let exponent = Int8(exactly: literal.number),
            abs(exponent) <= 4
        else {
            report(.notWholeExponent, at: call.arguments[1].range)
            return nil
        }
        return result(.power, numbers, numbers[0].dimension.power(exponent))
    }

    /// `clamp(x, low, high)`
    mutating func clamp(_ call: Call) -> Typed? {
        guard let numbers = numbers(call) else { return nil }
        let dimension = numbers[0].dimension
        if let index = numbers.firstIndex(where: { $0.dimension != dimension }) {
            report(.clampOfKinds(dimension, numbers[index].dimension), at: call.arguments[index].range)
            return nil
        }
        let expressions = numbers.map(\.typed.expression)
        let lower = CheckedExpression.function(.larger, [expressions[0], expressions[1]], dimension)
        return Typed(
            expression: .function(.smaller, [lower, expressions[2]], dimension), type: numbers[0].typed.type,
            unit: numbers[0].typed.unit)
    }

    /// `if(A, x, y)`
    mutating func choice(_ call: Call) -> Typed? {
        let condition = condition(call, 0)
        let first = value(call, 1)
        let second = value(call, 2)
        guard let condition, let first, let second else { return nil }
        guard first.type == second.type || first.type.dimension.map({ $0 == second.type.dimension }) == true else {
            report(.choiceOfKinds(first.type, second.type), at: call.range)
            return nil
        }
        return Typed(
            expression: .select(condition, first.expression, second.expression), type: first.type, unit: first.unit)
    }
}

extension ValueType {
    /// The dimension of a number; `nil` for anything else.
    var dimension: Dimension? {
        if case .number(let dimension, _) = self { return dimension }
        return nil
    }
}
