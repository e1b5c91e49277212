internal import RulePlan
internal import Telemetry

/// The demands of a plan's rules on each series.
struct SeriesDemands {
    var needs: [WindowNeeds]
    /// The instances that read each series, in their order.
    var readers: [[Int32]]
    /// The longest memory of the conditions that read each series.
    var memory: [TimeSpan]
    /// The series that each instance reads.
    var seriesOfInstances: [[Int32]]

    /// O(operands of all instances).
    init(_ plan: Plan) {
        needs = Array(repeating: WindowNeeds(), count: plan.series.count)
        readers = Array(repeating: [], count: plan.series.count)
        memory = Array(repeating: .zero, count: plan.series.count)
        seriesOfInstances = Array(repeating: [], count: plan.instances.count)
        for (index, instance) in plan.instances.enumerated() {
            let program = plan.programs[Int(instance.program)]
            for operand in plan.operands[Int(instance.operandBase)...].prefix(Int(program.operandCount)) {
                for source in plan.sources[Int(operand.firstSource)...].prefix(Int(operand.sourceCount)) {
                    let series = Int(source.series.index)
                    needs[series].require(operand.measure, over: source.window.nanoseconds)
                    guard readers[series].last != Int32(index) else { continue }
                    readers[series].append(Int32(index))
                    memory[series] = max(memory[series], program.memory)
                    seriesOfInstances[index].append(Int32(series))
                }
            }
            for code in program.instructions where code.operation == .threshold {
                guard case (let series, let threshold)? = plan.threshold(of: code, instance) else { continue }
                if !needs[series].thresholds.contains(threshold) { needs[series].thresholds.append(threshold) }
            }
        }
    }
}

extension Plan {
    /// The threshold of an instruction, if one series decides it alone.
    func threshold(of code: Instruction, _ instance: Instance) -> (series: Int, threshold: WindowNeeds.Threshold)? {
        let operand = operands[Int(instance.operandBase + code.a)]
        guard operand.sourceCount == 1, operand.measure.aggregate != .age else { return nil }
        let source = sources[Int(operand.firstSource)]
        return (
            Int(source.series.index),
            WindowNeeds.Threshold(
                measure: operand.measure, window: source.window.nanoseconds, threshold: code.constant)
        )
    }

    /// Returns whether a program measures if readings are suspect.
    func asksForSuspicion(_ instance: Instance) -> Bool {
        operands[Int(instance.operandBase)...].prefix(Int(programs[Int(instance.program)].operandCount))
            .contains { $0.measure.aggregate == .suspicion }
    }
}
