internal import AlarmModel
internal import RulePlan
internal import Telemetry

/// Checked expressions → a program. Equal sub-expressions become one instruction.
struct ProgramBuilder {
    /// A register, and the unit that the number in it has.
    struct Value {
        var register: Int32
        var unit: Unit
    }

    private(set) var program = Program()
    private(set) var operands: [MeasuredQuantity] = []
    private(set) var ballots: [Ballot] = []
    private(set) var tallies: [TallySource] = []
    /// The comparisons met so far, for explanations.
    private(set) var comparisons: [LoweredComparison] = []
    private var known: [Instruction: Int32] = [:]
    /// What remembers, by its expression, with the comparisons in it, which explain it wherever it stands again.
    private var remembering: [CheckedExpression: (value: Value, comparisons: [LoweredComparison])] = [:]

    mutating func condition(_ expression: CheckedExpression) -> Int32 { lower(expression).register }

    /// A condition that raises a level. Where it asks about silence and measures something too, silence may make it
    /// true, and only what is measured false: `A` with silence seen, or `A` with silence unknown. The second is never
    /// true or false where the first is not, so that `or` gives the first where that is true, and the second where it
    /// is not.
    mutating func raising(_ expression: CheckedExpression) -> Int32 {
        let register = condition(expression)
        guard expression.subjects == [.silence, .measured] else { return register }
        let explained = comparisons.count
        let hidden = condition(expression.hidingSilence)
        comparisons.removeSubrange(explained...)
        return truth(.or, register, hidden).register
    }

    /// A condition that ends a level, which rests on what is measured unless `isOfSilence`.
    mutating func ending(_ expression: CheckedExpression, isOfSilence: Bool) -> Int32 {
        condition(isOfSilence && expression.subjects != [.silence, .measured] ? expression : expression.hidingSilence)
    }

    mutating func addStep(_ step: LadderStep) { program.steps.append(step) }
    mutating func setClear(_ register: Int32) { program.clear = register }
    mutating func setSuppress(_ register: Int32) { program.suppress = register }
    mutating func setNoDataLevel(_ level: Level?) { program.noDataLevel = level }

    /// What of a value is rounding and nothing else, in the unit in which it is shown: sums that have run for long, and
    /// differences of nearly equal numbers, leave some 1e-16 of what went into them.
    ///
    /// A millionth of the smallest threshold of the rule that has this dimension is far above that, and below anything
    /// that its author cares for; without such a threshold, a billionth of the unit. What was measured as it is has no
    /// rounding.
    func roundingFloor(of expression: CheckedExpression, in shown: Unit) -> Double {
        guard !expression.isMeasuredAsItIs else { return 0 }
        func size(_ side: LoweredComparison.Side) -> Double? {
            let (value, unit): (Double, Unit)
            switch side {
            case .constant(let constant, let own): (value, unit) = (constant, own)
            case .register(let register, let own):
                let instruction = program.instructions[Int(register)]
                guard instruction.operation == .constant else { return nil }
                (value, unit) = (instruction.constant, own)
            }
            let size = abs(value * unit.scale / shown.scale)
            return unit.dimension == shown.dimension && size > 0 && size.isFinite ? size : nil
        }
        let thresholds = comparisons.flatMap { [size($0.left), size($0.right)] }.compactMap { $0 }
        return thresholds.min().map { $0 * 1e-6 } ?? 1e-9
    }

    private mutating func emit(_ instruction: Instruction) -> Int32 {
        if let register = known[instruction] { return register }
        let register = Int32(program.instructions.count)
        program.instructions.append(instruction)
        known[instruction] = register
        return register
    }

    private mutating func truth(_ operation: Instruction.Operation, _ a: Int32, _ b: Int32 = 0) -> Value {
        Value(register: emit(Instruction(operation, a: a, b: b)), unit: .one)
    }

    mutating func lower(_ expression: CheckedExpression) -> Value {
        switch expression {
        case .constant(let literal):
            let unit = Unit.coherent(literal.unit.dimension, isDifference: literal.isDifference)
            return Value(register: emit(Instruction(.constant, constant: literal.value(in: unit))), unit: unit)
        case .truth(let truth):
            return Value(register: emit(Instruction(.constant, constant: truth ? 1 : 0)), unit: .one)
        case .measure(let measured): return inCoherentUnit(read(measured))
        case .hasSensor(let measured): return truth(.hasSensor, operand(measured))
        case .negate(let operand):
            let value = lower(operand)
            return Value(register: emit(Instruction(.negate, a: value.register)), unit: value.unit)
        case .arithmetic(let sign, let left, let right): return calculate(sign, lower(left), lower(right))
        case .function(let operation, let arguments, let dimension):
            let registers = arguments.map { lower($0).register }
            return Value(
                register: emit(Instruction(operation, a: registers[0], b: registers.count > 1 ? registers[1] : 0)),
                unit: .coherent(dimension))
        case .select(let condition, let left, let right):
            let (test, x, y) = (lower(condition).register, lower(left), lower(right))
            return Value(register: emit(Instruction(.select, a: test, b: x.register, c: y.register)), unit: x.unit)
        case .clock(let operation): return truth(operation, 0)
        case .comparison(let comparison): return Value(register: compare(comparison), unit: .one)
        case .and(let left, let right): return truth(.and, lower(left).register, lower(right).register)
        case .or(let left, let right): return truth(.or, lower(left).register, lower(right).register)
        case .not(let operand): return truth(.not, lower(operand).register)
        case .hold, .sequence, .share:
            // What remembers has a place of its own, which must not make equal ones different.
            if let known = remembering[expression] {
                comparisons += known.comparisons
                return known.value
            }
            let first = comparisons.count
            let value = remember(expression)
            program.memory = max(program.memory, expression.memory)
            remembering[expression] = (value, Array(comparisons[first...]))
            return value
        case .vote(let quorum, let condition, let text): return vote(quorum, condition, text)
        case .alarms(let reference):
            return truth(.tallied, tally(.alarms(rule: reference.rule)), Int32(reference.level.rank))
        }
    }

    /// Arithmetic is done in coherent units only, so that dimensions are all that has to fit.
    private mutating func calculate(_ sign: BinaryOperator, _ a: Value, _ b: Value) -> Value {
        let operation: Instruction.Operation
        let dimension: Dimension
        switch sign {
        case .add: (operation, dimension) = (.add, a.unit.dimension)
        case .subtract: (operation, dimension) = (.subtract, a.unit.dimension)
        case .multiply: (operation, dimension) = (.multiply, a.unit.dimension * b.unit.dimension)
        default: (operation, dimension) = (.divide, a.unit.dimension / b.unit.dimension)
        }
        return Value(register: emit(Instruction(operation, a: a.register, b: b.register)), unit: .coherent(dimension))
    }

    private mutating func remember(_ expression: CheckedExpression) -> Value {
        switch expression {
        case .hold(let condition, let span):
            let first = comparisons.count
            let inner = lower(condition).register
            for index in first..<comparisons.count { comparisons[index].held = max(comparisons[index].held, span) }
            defer { program.memoryCount += 2 }
            return Value(
                register: emit(
                    Instruction(.hold, a: inner, b: program.memoryCount, constant: Double(span.nanoseconds))),
                unit: .one)
        case .sequence(let first, let second, let span):
            let (a, b) = (lower(first).register, lower(second).register)
            defer { program.memoryCount += 4 }
            return Value(
                register: emit(
                    Instruction(.sequence, a: a, b: b, c: program.memoryCount, constant: Double(span.nanoseconds))),
                unit: .one)
        case .share(let condition, let span):
            let inner = lower(condition).register
            defer { program.historyCount += 1 }
            return Value(
                register: emit(
                    Instruction(.share, a: inner, b: program.historyCount, constant: Double(span.nanoseconds))),
                unit: .one)
        default: return lower(expression)
        }
    }

    private mutating func tally(_ source: TallySource) -> Int32 {
        if let index = tallies.firstIndex(of: source) { return Int32(index) }
        tallies.append(source)
        program.tallyCount += 1
        return Int32(tallies.count - 1)
    }

    /// A vote's condition becomes a program of its own, which runs for each sensor.
    private mutating func vote(_ quorum: Quorum, _ condition: CheckedExpression, _ text: String) -> Value {
        var inner = ProgramBuilder()
        inner.program.ballot = inner.raising(condition)
        let ballot = Ballot(program: inner.program, operands: inner.operands)
        let index = ballots.firstIndex(of: ballot) ?? ballots.endIndex
        if index == ballots.endIndex { ballots.append(ballot) }
        program.memory = max(program.memory, inner.program.memory)
        let tally = tally(.ballot(index))
        let count = emit(Instruction(.tallied, a: tally))
        let register: Int32
        let needed: Double
        switch quorum {
        case .all:
            register = emit(Instruction(.all, a: tally))
            needed = .nan
        case .atLeast(let sensors):
            register = emit(Instruction(.atLeast, a: tally, constant: Double(sensors)))
            needed = Double(sensors)
        }
        let voters = emit(Instruction(.voters, a: tally))
        comparisons.append(
            LoweredComparison(
                register: register, sign: ">=", left: .register(count, .one), right: .constant(needed, .one),
                leftText: "sensors with \(text)", rightText: needed.isNaN ? "all of them" : NumberText.short(needed),
                unit: .one,
                vote: .init(
                    voters: voters, text: condition.asVoted ?? (text.hasPrefix("silent for ") ? text : "with \(text)")))
        )
        return Value(register: register, unit: .one)
    }

    private mutating func operand(_ measured: MeasuredQuantity) -> Int32 {
        if let index = operands.firstIndex(of: measured) { return Int32(index) }
        operands.append(measured)
        program.operandCount += 1
        return Int32(operands.count - 1)
    }

    /// A measure, in the unit in which its quantity is kept.
    private mutating func read(_ measured: MeasuredQuantity) -> Value {
        Value(register: emit(Instruction(.operand, a: operand(measured))), unit: measured.unit)
    }

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
        let isMirrored = left.isConstant && !right.isConstant
        if isMirrored {
            (left, right) = (right, left)
            sign = sign.mirrored
        }
        let value: Value
        let other: LoweredComparison.Side
        let register: Int32
        if case .measure(let measured) = left, case .constant(let literal) = right, sign != .equal, sign != .notEqual {
            value = read(measured)
            let constant = literal.value(in: value.unit)
            register = test(measured, sign, constant)
            other = .constant(constant, value.unit)
        } else {
            value = lower(left)
            let rest = lower(right)
            other = .register(rest.register, rest.unit)
            switch sign {
            case .less: register = truth(.less, value.register, rest.register).register
            case .lessOrEqual: register = truth(.lessOrEqual, value.register, rest.register).register
            case .greater: register = truth(.less, rest.register, value.register).register
            case .greaterOrEqual: register = truth(.lessOrEqual, rest.register, value.register).register
            case .notEqual: register = truth(.not, truth(.equal, value.register, rest.register).register).register
            default: register = truth(.equal, value.register, rest.register).register
            }
        }
        let own = LoweredComparison.Side.register(value.register, value.unit)
        comparisons.append(
            LoweredComparison(
                register: register, sign: comparison.sign.rawValue, left: isMirrored ? other : own,
                right: isMirrored ? own : other,
                leftText: comparison.leftText, rightText: comparison.rightText, unit: comparison.unit,
                silentFor: comparison.silentFor,
                ahead: max(comparison.left.ahead, comparison.right.ahead)))
        return register
    }

    /// A measure against a constant: the engine knows only `>`, and what the others make of it.
    ///
    /// An age grows without readings: compared with a time it is the question whether a window is empty, and
    /// that is answered at the exact moment.
    private mutating func test(_ measured: MeasuredQuantity, _ sign: BinaryOperator, _ constant: Double) -> Int32 {
        var (measured, sign, constant) = (measured, sign, constant)
        if measured.measure.aggregate == .age {
            guard constant > 0, constant < 9e9 else {
                // Every age is above what is below zero.
                return emit(Instruction(.constant, constant: sign == .greater || sign == .greaterOrEqual ? 1 : 0))
            }
            let isStrict = sign == .greater || sign == .lessOrEqual
            measured.measure.aggregate = .count
            measured.window = TimeSpan(nanoseconds: Int64((constant * 1e9).rounded()) + (isStrict ? 1 : 0))
            sign = sign == .greater || sign == .greaterOrEqual ? .lessOrEqual : .greater
            constant = 0
        }
        let isReached = sign == .greaterOrEqual || sign == .less
        let test = emit(Instruction(.threshold, a: operand(measured), constant: isReached ? constant.nextDown : constant))
        return sign == .greater || sign == .greaterOrEqual ? test : emit(Instruction(.not, a: test))
    }
}

/// A condition that is put to each sensor of a group.
struct Ballot: Hashable, Sendable {
    var program: Program
    var operands: [MeasuredQuantity]
}

/// Whom an instance asks: the sensors of its group, or another rule's alarms.
enum TallySource: Hashable, Sendable {
    case ballot(Int)
    case alarms(rule: String)
}

extension MeasuredQuantity {
    /// The unit in which the engine gives it.
    fileprivate var unit: Unit {
        switch measure.aggregate {
        case .count, .changes, .standardScore: .one
        case .age: .coherent(.time)
        case .slope, .rate: quantity.unit.perSecond
        case .integral: quantity.unit.timesSecond
        case .deviation, .delta, .spread, .increase: quantity.unit.asDifference
        case .mean, .sum, .minimum, .maximum, .first, .last, .quantile, .timeMean, .forecast, .smoothed: quantity.unit
        }
    }
}

extension CheckedExpression {
    /// How far back it remembers. What is nested adds up, and more than can be written serves nobody.
    fileprivate var memory: TimeSpan { min(unlimitedMemory, .longestWritten) }

    private var unlimitedMemory: TimeSpan {
        switch self {
        case .constant, .truth, .measure, .hasSensor, .clock, .alarms: .zero
        case .negate(let operand), .not(let operand), .vote(_, let operand, _): operand.memory
        case .arithmetic(_, let left, let right), .and(let left, let right), .or(let left, let right):
            max(left.memory, right.memory)
        case .comparison(let comparison): max(comparison.left.memory, comparison.right.memory)
        case .function(_, let arguments, _): arguments.map(\.memory).max() ?? .zero
        case .select(let condition, let left, let right): max(condition.memory, max(left.memory, right.memory))
        case .hold(let inner, let span), .share(let inner, let span): inner.memory + span
        case .sequence(let first, let second, let span): max(first.memory, second.memory) + span
        }
    }

    /// A value that a sensor sent, or a count: nothing is added up for it.
    fileprivate var isMeasuredAsItIs: Bool {
        switch self {
        case .constant, .truth, .clock, .alarms: true
        case .measure(let measured):
            switch measured.measure.aggregate {
            case .last, .first, .minimum, .maximum, .count, .changes: true
            default: false
            }
        case .negate(let operand): operand.isMeasuredAsItIs
        case .select(_, let left, let right): left.isMeasuredAsItIs && right.isMeasuredAsItIs
        default: false
        }
    }

    /// What a sensor was asked, where that is one comparison with a constant: `over 35 ppm for 10 min`.
    fileprivate var asVoted: String? {
        switch self {
        case .hold(let inner, let span): return inner.asVoted.map { "\($0) for \(TimeSpanText.spoken(span))" }
        case .comparison(let comparison):
            guard case .measure = comparison.left, case .constant = comparison.right, comparison.silentFor == nil,
                let word = Cause.relation(comparison.sign.rawValue, holds: true)
            else { return nil }
            return "\(word) \(comparison.rightText)"
        default: return nil
        }
    }

    fileprivate var isConstant: Bool {
        if case .constant = self { return true }
        return false
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
    /// Of a vote: the register of how many sensors there are, and what each was asked, as it stands behind their
    /// number: `over 35 ppm`.
    struct Vote: Sendable {
        var voters: Int32
        var text: String
    }
    var vote: Vote?
    /// Of the question whether nothing came: for how long.
    var silentFor: TimeSpan?
    /// How far in the future what it compares lies, where it is a forecast.
    var ahead: TimeSpan = .zero
    /// For how long it has to hold, where the rule says `for`.
    var held: TimeSpan = .zero
}

extension Unit {
    fileprivate var perSecond: Unit { scaledDifference("\(symbol)/s", dimension / .time) }
    fileprivate var timesSecond: Unit { scaledDifference("\(symbol).s", dimension * .time) }
    fileprivate var asDifference: Unit {
        offset == 0 ? self : scaledDifference(dimension == .temperature ? "K" : symbol, dimension)
    }

    private func scaledDifference(_ symbol: String, _ dimension: Dimension) -> Unit {
        Unit(scaling: scale, of: dimension, symbol: symbol)
    }
}
