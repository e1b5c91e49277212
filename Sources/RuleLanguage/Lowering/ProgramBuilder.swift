internal import AlarmModel
internal import RulePlan
internal import Telemetry

/// Builds a program from checked expressions. Equal sub-expressions become one instruction.
struct ProgramBuilder {
    /// A register, and the unit of the number in it.
    struct Value {
        var register: Int32
        var unit: Unit
    }

    private(set) var program = Program()
    private(set) var operands: [MeasuredQuantity] = []
    private(set) var ballots: [Ballot] = []
    private(set) var tallies: [TallySource] = []
    /// The parameters of the program, and the instructions that take their values.
    private(set) var parameters = ProgramParameters()
    /// The comparisons of the program so far, for explanations.
    private(set) var comparisons: [LoweredComparison] = []
    private var known: [Instruction: Int32] = [:]
    /// The expressions that keep a memory, with the comparisons in them. The comparisons explain every further use.
    private var remembering: [CheckedExpression: (value: Value, comparisons: [LoweredComparison])] = [:]

    mutating func condition(_ expression: CheckedExpression) -> Int32 { lower(expression).register }

    /// Adds a condition that raises a level.
    ///
    /// A condition may ask about silence and also measure something. Then silence may make it true, but only a measured
    /// value may make it false. So the program computes `A` with silence known, or `A` with silence unknown. The second
    /// is true or false only if the first is, so that `or` gives the first if it is true, and otherwise the second.
    mutating func raising(_ expression: CheckedExpression) -> Int32 {
        let register = condition(expression)
        guard expression.subjects == [.silence, .measured] else { return register }
        let explained = comparisons.count
        let hidden = condition(expression.hidingSilence)
        comparisons.removeSubrange(explained...)
        return truth(.or, register, hidden).register
    }

    /// Adds a condition that ends a level.
    /// - Parameter isOfSilence: true if the level asks only about silence, so that silence may also end it.
    mutating func ending(_ expression: CheckedExpression, isOfSilence: Bool) -> Int32 {
        condition(isOfSilence && expression.subjects != [.silence, .measured] ? expression : expression.hidingSilence)
    }

    mutating func addStep(_ step: LadderStep) { program.steps.append(step) }
    mutating func setClear(_ register: Int32) { program.clear = register }
    mutating func setSuppress(_ register: Int32) { program.suppress = register }
    mutating func setNoDataLevel(_ level: Level?) { program.noDataLevel = level }

    /// Returns the size below which a value is only a rounding error, in the unit in which it is shown. Long running
    /// sums, and differences of nearly equal numbers, leave some 1e-16 of their operands.
    ///
    /// The size is a millionth of the rule's smallest threshold of this dimension. That is far above rounding errors
    /// and below anything that matters to the author. Without such a threshold, it is a billionth of the unit. Exact
    /// values have no rounding error.
    func roundingFloor(of expression: CheckedExpression, in shown: Unit) -> Double {
        guard !expression.isExact else { return 0 }
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

    mutating func add(_ comparison: LoweredComparison) { comparisons.append(comparison) }

    /// Returns the register of an instruction. The instruction is added if the program does not have it.
    mutating func emit(_ instruction: Instruction) -> Int32 {
        if let register = known[instruction] { return register }
        let register = Int32(program.instructions.count)
        program.instructions.append(instruction)
        known[instruction] = register
        return register
    }

    mutating func truth(_ operation: Instruction.Operation, _ a: Int32, _ b: Int32 = 0) -> Value {
        Value(register: emit(Instruction(operation, a: a, b: b)), unit: .one)
    }

    mutating func lower(_ expression: CheckedExpression) -> Value {
        switch expression {
        case .constant(let literal):
            let unit = Unit.coherent(literal.unit.dimension, isDifference: literal.isDifference)
            return Value(register: emit(Instruction(.constant, constant: literal.value(in: unit))), unit: unit)
        case .truth(let truth):
            return Value(register: emit(Instruction(.constant, constant: truth ? 1 : 0)), unit: .one)
        case .parameter(let reference):
            return parameter(reference, in: .coherent(reference.dimension, isDifference: reference.isDifference))
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
            // An expression with a memory has its own memory index, which would make equal ones differ. So equal ones
            // are found before they are lowered.
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

    /// Arithmetic uses only coherent units, so that only the dimensions have to fit.
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
        let instruction: Instruction
        switch expression {
        case .hold(let condition, let span):
            let first = comparisons.count
            let inner = lower(condition).register
            for index in first..<comparisons.count { comparisons[index].held = max(comparisons[index].held, span) }
            instruction = Instruction(
                .hold, a: inner, b: program.memoryCount, constant: Double(span.nanoseconds))
            program.memoryCount += 2
        case .sequence(let first, let second, let span):
            let firstRegister = lower(first).register
            let secondRegister = lower(second).register
            instruction = Instruction(
                .sequence, a: firstRegister, b: secondRegister, c: program.memoryCount,
                constant: Double(span.nanoseconds))
            program.memoryCount += 4
        case .share(let condition, let span):
            let inner = lower(condition).register
            instruction = Instruction(
                .share, a: inner, b: program.historyCount, constant: Double(span.nanoseconds))
            program.historyCount += 1
        default: return lower(expression)
        }
        return Value(register: emit(instruction), unit: .one)
    }

    private mutating func tally(_ source: TallySource) -> Int32 {
        if let index = tallies.firstIndex(of: source) { return Int32(index) }
        tallies.append(source)
        program.tallyCount += 1
        return Int32(tallies.count - 1)
    }

    /// Adds a vote. Its condition becomes a separate program, which runs for each sensor.
    private mutating func vote(_ quorum: Quorum, _ condition: CheckedExpression, _ text: String) -> Value {
        let tally = ballot(condition)
        let (register, count): (Int32, Int32)
        var needed = Double.nan
        var note = ""
        switch quorum {
        case .all:
            count = emit(Instruction(.tallied, a: tally))
            register = emit(Instruction(.all, a: tally))
        case .atLeast(let sensors, let weight) where weight < 1:
            needed = Double(sensors)
            note = " (a suspect one counts \(NumberText.short(weight)))"
            let trusted = ballot(.and(condition, .not(condition.isSuspect)))
            count = emit(Instruction(.weighted, a: tally, b: trusted, constant: weight))
            let other = emit(Instruction(.constant, constant: weight))
            register = emit(Instruction(.atLeastWeighted, a: tally, b: trusted, c: other, constant: needed))
        case .atLeast(let sensors, _):
            needed = Double(sensors)
            count = emit(Instruction(.tallied, a: tally))
            register = emit(Instruction(.atLeast, a: tally, constant: needed))
        }
        let voters = emit(Instruction(.voters, a: tally))
        let asked = condition.asVoted ?? (text.hasPrefix("silent for ") ? text : "with \(text)")
        comparisons.append(
            LoweredComparison(
                register: register, sign: ">=", left: .register(count, .one), right: .constant(needed, .one),
                leftText: "sensors with \(text)", rightText: needed.isNaN ? "all of them" : NumberText.short(needed),
                unit: .one, vote: .init(voters: voters, tally: tally, text: asked + note)))
        return Value(register: register, unit: .one)
    }

    /// Adds the question to each sensor.
    /// - Returns: the tally of the answers.
    private mutating func ballot(_ condition: CheckedExpression) -> Int32 {
        var inner = ProgramBuilder()
        inner.program.ballot = inner.raising(condition)
        let ballot = Ballot(program: inner.program, operands: inner.operands, parameters: inner.parameters)
        let index = ballots.firstIndex(of: ballot) ?? ballots.endIndex
        if index == ballots.endIndex { ballots.append(ballot) }
        program.memory = max(program.memory, inner.program.memory)
        return tally(.ballot(index))
    }

    mutating func operand(_ measured: MeasuredQuantity) -> Int32 {
        if let index = operands.firstIndex(of: measured) { return Int32(index) }
        operands.append(measured)
        program.operandCount += 1
        return Int32(operands.count - 1)
    }

    /// Reads a parameter, in some unit. The binder puts its value into the instruction.
    mutating func parameter(_ reference: ParameterReference, in unit: Unit) -> Value {
        Value(register: emit(parameters.place(reference, in: unit, of: Instruction(.constant))), unit: unit)
    }

    /// Tests whether a measure is above a parameter.
    mutating func threshold(
        _ operand: Int32, _ reference: ParameterReference, in unit: Unit, isReached: Bool
    ) -> Int32 {
        emit(parameters.place(reference, in: unit, isReached: isReached, of: Instruction(.threshold, a: operand)))
    }

    /// Reads a measure, in the unit in which the engine gives it.
    mutating func read(_ measured: MeasuredQuantity) -> Value {
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
}

extension MeasuredQuantity {
    /// The unit in which the engine gives the value.
    fileprivate var unit: Unit { MeasureTraits(of: measure.aggregate).unit(for: quantity.unit) }
}
