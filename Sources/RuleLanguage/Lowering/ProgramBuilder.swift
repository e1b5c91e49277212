internal import RulePlan
internal import Telemetry

/// Checked expressions → a program. Equal sub-expressions become one instruction.
struct ProgramBuilder {
    /// What an operand is, before it is bound to the series of a group.
    struct OperandKey: Hashable, Sendable {
        var aggregate: Aggregate
        var quantity: String
        /// `nil`: the newest usable value, as old as its device may be silent.
        var window: TimeSpan?
    }

    /// A register, and the unit that the number in it has.
    struct Value {
        var register: Int32
        var unit: Unit
    }

    private(set) var program = Program()
    private(set) var operands: [OperandKey] = []
    /// The comparisons met so far, for explanations.
    private(set) var comparisons: [LoweredComparison] = []
    private var known: [Instruction: Int32] = [:]

    mutating func condition(_ expression: CheckedExpression) -> Int32 { lower(expression).register }

    mutating func addStep(_ step: LadderStep) { program.steps.append(step) }
    mutating func setClear(_ register: Int32) { program.clear = register }

    private mutating func emit(_ instruction: Instruction) -> Int32 {
        if let register = known[instruction] { return register }
        let register = Int32(program.instructions.count)
        program.instructions.append(instruction)
        known[instruction] = register
        return register
    }

    mutating func lower(_ expression: CheckedExpression) -> Value {
        switch expression {
        case .constant(let literal):
            let unit = Unit.coherent(literal.unit.dimension, isDifference: literal.isDifference)
            return Value(register: emit(Instruction(.constant, constant: literal.value(in: unit))), unit: unit)
        case .truth(let truth):
            return Value(register: emit(Instruction(.constant, constant: truth ? 1 : 0)), unit: .one)
        case .aggregate: return inCoherentUnit(aggregate(expression))
        case .negate(let operand):
            let value = lower(operand)
            return Value(register: emit(Instruction(.negate, a: value.register)), unit: value.unit)
        case .arithmetic(let sign, let left, let right):
            let (a, b) = (lower(left), lower(right))
            let dimension: Dimension
            let operation: Instruction.Operation
            switch sign {
            case .add: (operation, dimension) = (.add, a.unit.dimension)
            case .subtract: (operation, dimension) = (.subtract, a.unit.dimension)
            case .multiply: (operation, dimension) = (.multiply, a.unit.dimension * b.unit.dimension)
            default: (operation, dimension) = (.divide, a.unit.dimension / b.unit.dimension)
            }
            return Value(register: emit(Instruction(operation, a: a.register, b: b.register)), unit: .coherent(dimension))
        case .comparison(let comparison): return Value(register: compare(comparison), unit: .one)
        case .and(let left, let right):
            let (a, b) = (lower(left).register, lower(right).register)
            return Value(register: emit(Instruction(.and, a: a, b: b)), unit: .one)
        case .or(let left, let right):
            let (a, b) = (lower(left).register, lower(right).register)
            return Value(register: emit(Instruction(.or, a: a, b: b)), unit: .one)
        case .not(let operand):
            return Value(register: emit(Instruction(.not, a: lower(operand).register)), unit: .one)
        case .hold(let condition, let span):
            let inner = lower(condition).register
            let length = Double(span.nanoseconds)
            // Looked up by hand: the slot is new, and must not make equal holds different.
            if let index = program.instructions.firstIndex(where: { $0.operation == .hold && $0.a == inner && $0.constant == length }) {
                return Value(register: Int32(index), unit: .one)
            }
            let slot = program.holdCount
            program.holdCount += 1
            program.longestHold = max(program.longestHold, span)
            return Value(register: emit(Instruction(.hold, a: inner, b: slot, constant: length)), unit: .one)
        }
    }

    /// The operand of an aggregate, in the unit in which its quantity is kept.
    private mutating func aggregate(_ expression: CheckedExpression) -> Value {
        guard case .aggregate(let aggregate, let quantity, let window) = expression else { return lower(expression) }
        let key = OperandKey(aggregate: aggregate, quantity: quantity.name, window: window)
        let index = operands.firstIndex(of: key) ?? operands.endIndex
        if index == operands.endIndex {
            operands.append(key)
            program.operandCount += 1
        }
        let unit: Unit
        switch aggregate {
        case .count: unit = .one
        case .slope: unit = quantity.unit.perSecond
        case .deviation, .delta: unit = quantity.unit.asDifference
        default: unit = quantity.unit
        }
        return Value(register: emit(Instruction(.operand, a: Int32(index))), unit: unit)
    }

    /// Arithmetic is done in coherent units only, so that dimensions are all that has to fit.
    private mutating func inCoherentUnit(_ value: Value) -> Value {
        guard value.unit.scale != 1 || value.unit.offset != 0 else { return value }
        var register = value.register
        if value.unit.scale != 1 {
            let scale = emit(Instruction(.constant, constant: value.unit.scale))
            register = emit(Instruction(.multiply, a: register, b: scale))
        }
        if value.unit.offset != 0 {
            let offset = emit(Instruction(.constant, constant: value.unit.offset))
            register = emit(Instruction(.add, a: register, b: offset))
        }
        return Value(register: register, unit: .coherent(value.unit.dimension))
    }

    private mutating func compare(_ comparison: Comparison) -> Int32 {
        var (left, right, sign) = (comparison.left, comparison.right, comparison.sign)
        var isMirrored = false
        if case .constant = left {
            (left, right) = (right, left)
            sign = sign.mirrored
            isMirrored = true
        }
        let value: Value
        if case .aggregate = left, case .constant = right { value = aggregate(left) } else { value = lower(left) }
        let rightSource: LoweredComparison.Side
        let register: Int32
        if case .constant(let literal) = right, let operation = sign.constantOperation {
            let constant = literal.value(in: value.unit)
            register = emit(Instruction(operation, a: value.register, constant: constant))
            rightSource = .constant(constant, value.unit)
        } else {
            var value = value
            if case .aggregate = left { value = inCoherentUnit(value) }
            let other = lower(right)
            register = emit(Instruction(sign.operation, a: value.register, b: other.register))
            rightSource = .register(other.register, other.unit)
        }
        let leftSource = LoweredComparison.Side.register(value.register, value.unit)
        comparisons.append(
            LoweredComparison(
                register: register, sign: comparison.sign.rawValue, left: isMirrored ? rightSource : leftSource,
                right: isMirrored ? leftSource : rightSource, leftText: comparison.leftText, rightText: comparison.rightText,
                unit: comparison.unit))
        return register
    }
}

/// Where the sides of a comparison stand in a program's registers, and how to show them.
package struct LoweredComparison: Sendable {
    enum Side: Sendable {
        case register(Int32, Unit)
        case constant(Double, Unit)
    }

    var register: Int32
    var sign: String
    var left: Side
    var right: Side
    var leftText: String
    var rightText: String
    var unit: Unit
}

extension Unit {
    fileprivate var perSecond: Unit { scaledDifference("\(symbol)/s", dimension / .time) }
    fileprivate var asDifference: Unit { offset == 0 ? self : scaledDifference(dimension == .temperature ? "K" : symbol, dimension) }

    private func scaledDifference(_ symbol: String, _ dimension: Dimension) -> Unit {
        Unit(scaling: scale, of: dimension, symbol: symbol)
    }
}

extension BinaryOperator {
    /// The operator that says the same with its sides exchanged.
    fileprivate var mirrored: BinaryOperator {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        default: self
        }
    }

    fileprivate var operation: Instruction.Operation {
        switch self {
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        case .notEqual: .notEqual
        default: .equal
        }
    }

    fileprivate var constantOperation: Instruction.Operation? {
        switch self {
        case .less: .lessThanConstant
        case .lessOrEqual: .lessOrEqualConstant
        case .greater: .greaterThanConstant
        case .greaterOrEqual: .greaterOrEqualConstant
        default: nil
        }
    }
}
