internal import AlarmModel
internal import RulePlan
internal import Telemetry

/// An operand whose sources know their lanes.
struct BoundOperand: BitwiseCopyable {
    var measure = Measure(.count)
    var firstSource: Int32 = 0
    var sourceCount: Int32 = 0
    /// The slot that keeps the value over several series for the moment, shared by all instances that read it; -1 for
    /// one series.
    var cache: Int32 = -1
}

struct BoundSource: BitwiseCopyable {
    var series: Int32 = 0
    var lane: Int32 = 0
    var extra: Int32 = -1
}

/// The place where a threshold of an instance is decided: a bit of its series. With −1 there is none, and the operand
/// has to be read.
struct BoundThreshold: BitwiseCopyable {
    /// The word in the engine's `truth` that has the bit. The next word has its known bits.
    var word: Int32 = -1
    var bit: Int32 = 0
}

/// All programs of a plan in flat storage, so that a running instance follows indices only.
struct ProgramLayout: ~Copyable {
    struct Stretch: BitwiseCopyable {
        var firstInstruction = 0
        var instructionCount = 0
        /// The instructions that decide the ladder, in order; the others are for explanations.
        var firstDecisive = 0
        var decisiveCount = 0
        var firstStep = 0
        var stepCount = 0
        /// The registers of `clear`, of `suppress` and of a ballot, or -1.
        var clear = -1
        var suppress = -1
        var ballot = -1
        var noDataLevel = Level.normal
        var thresholdCount = 0
        var tallyCount = 0
    }

    var programs: Slab<Stretch>
    var instructions: Slab<Instruction>
    var decisive = Slab(repeating: Int32(0), count: 0)
    /// The number of a threshold among its program's, by instruction.
    var thresholdNumbers = Slab(repeating: Int32(-1), count: 0)
    var steps: Slab<LadderStep>
    var operands: Slab<BoundOperand>
    var sources: Slab<BoundSource>
    var tallies: Slab<Tally>
    var members: Slab<Int32>
    var thresholds = Slab(repeating: BoundThreshold(), count: 0)

    init(_ plan: Plan) {
        programs = Slab(repeating: Stretch(), count: plan.programs.count)
        instructions = Slab(plan.programs.flatMap(\.instructions), filler: Instruction(.constant))
        steps = Slab(plan.programs.flatMap(\.steps), filler: LadderStep(level: .normal, when: 0))
        operands = Slab(repeating: BoundOperand(), count: plan.operands.count)
        for (index, operand) in plan.operands.enumerated() {
            operands[index] = BoundOperand(
                measure: operand.measure, firstSource: operand.firstSource, sourceCount: operand.sourceCount)
        }
        sources = Slab(repeating: BoundSource(), count: plan.sources.count)
        tallies = Slab(plan.tallies, filler: Tally(firstMember: 0, memberCount: 0))
        members = Slab(plan.members, filler: 0)
        var instruction = 0, step = 0
        for (index, program) in plan.programs.enumerated() {
            var stretch = Stretch(
                firstInstruction: instruction, instructionCount: program.instructions.count, firstStep: step,
                stepCount: program.steps.count, clear: Int(program.clear ?? -1), suppress: Int(program.suppress ?? -1),
                ballot: Int(program.ballot ?? -1),
                noDataLevel: program.noDataLevel ?? .normal, tallyCount: Int(program.tallyCount))
            stretch.firstDecisive = decisive.count
            for register in Self.decisive(program) { _ = decisive.grow(by: 1, with: Int32(register)) }
            stretch.decisiveCount = decisive.count - stretch.firstDecisive
            for code in program.instructions {
                _ = thresholdNumbers.grow(
                    by: 1, with: code.operation == .threshold ? Int32(stretch.thresholdCount) : -1)
                if code.operation == .threshold { stretch.thresholdCount += 1 }
            }
            programs[index] = stretch
            instruction += program.instructions.count
            step += program.steps.count
        }
    }

    /// Returns the registers that a ladder or a vote depends on, and every register with memory.
    static func decisive(_ program: Program) -> [Int] {
        var isNeeded = Array(repeating: false, count: program.instructions.count)
        for root in program.steps.flatMap({ [$0.when, $0.until] }) + [program.clear, program.suppress, program.ballot] {
            if let root { isNeeded[Int(root)] = true }
        }
        for (index, code) in program.instructions.enumerated().reversed() {
            if code.remembers { isNeeded[index] = true }
            if isNeeded[index] { for input in code.inputs { isNeeded[Int(input)] = true } }
        }
        return isNeeded.indices.filter { isNeeded[$0] }
    }
}
