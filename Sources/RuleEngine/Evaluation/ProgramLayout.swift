internal import RulePlan
internal import Telemetry

/// All programs of a plan in flat storage, so that a running instance follows indices only.
struct ProgramLayout: ~Copyable {
    struct Stretch: BitwiseCopyable {
        var firstInstruction = 0
        var instructionCount = 0
        var firstStep = 0
        var stepCount = 0
        /// The register of `clear`, or -1.
        var clear = -1
    }

    var programs: Slab<Stretch>
    var instructions: Slab<Instruction>
    var steps: Slab<LadderStep>
    var operands: Slab<Operand>
    var sources: Slab<OperandSource>

    init(_ plan: Plan) {
        programs = Slab(repeating: Stretch(), count: plan.programs.count)
        instructions = Slab(plan.programs.flatMap(\.instructions), filler: Instruction(.constant))
        steps = Slab(plan.programs.flatMap(\.steps), filler: LadderStep(level: .normal, when: 0))
        operands = Slab(plan.operands, filler: Operand(aggregate: .count, firstSource: 0, sourceCount: 0))
        sources = Slab(plan.sources, filler: OperandSource(series: .init(index: 0), window: 0))
        var instruction = 0, step = 0
        for (index, program) in plan.programs.enumerated() {
            programs[index] = Stretch(
                firstInstruction: instruction, instructionCount: program.instructions.count, firstStep: step,
                stepCount: program.steps.count, clear: Int(program.clear ?? -1))
            instruction += program.instructions.count
            step += program.steps.count
        }
    }
}
