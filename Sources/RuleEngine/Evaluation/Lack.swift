internal import RulePlan
internal import Telemetry

/// The silent sensors among those that a rule measures with.
struct SilentSensors {
    var ids: [SeriesID] = []
    var othersAreHeard = false
}

/// The reason why an instance lacks a value.
enum Lack: UInt8, BitwiseCopyable {
    case nothing
    /// A sensor has not sent since the gateway began to listen, and not for long enough to be silent.
    case unheard
    /// No sensor in the group measures it.
    case sensor
    /// All sensors of one of its operands are silent.
    case readings
}

// The search for the missing values of an instance.
extension RuleEvaluator {
    /// Finds what is missing in an instance's operands, or in those of its votes, if that leaves its ballot or a
    /// level unknown.
    mutating func lack(
        _ index: Int, _ instance: Instance, _ program: ProgramLayout.Stretch, _ windows: inout SeriesWindows,
        at now: Int64
    ) -> Lack {
        if program.ballot >= 0 { isWanted[program.ballot] = true }
        for step in 0..<program.stepCount { isWanted[Int(layout.steps[program.firstStep + step].when)] = true }
        var lack = Lack.nothing
        // Inputs come before the instructions that read them.
        for at in (0..<program.decisiveCount).reversed() {
            let register = Int(layout.decisive[program.firstDecisive + at])
            guard isWanted[register] else { continue }
            isWanted[register] = false
            guard registers[register].isNaN else { continue }
            let code = layout.instructions[program.firstInstruction + register]
            switch code.operation {
            case .operand, .threshold:
                let operand = layout.operands[Int(instance.operandBase + code.a)]
                guard !operand.measure.seesSilence else { continue }
                lack = lack.joined(self.lack(operand, &windows, at: now))
            case .tallied, .atLeast, .all, .weighted, .atLeastWeighted:
                // Whoever votes with a weight votes in the second tally, too; alarms have no weight.
                let isOfVotes = code.operation == .atLeastWeighted || code.operation == .weighted || code.b == 0
                let tally = layout.tallies[Int(instance.tallyBase + code.a)]
                for member in tally.firstMember..<tally.firstMember + tally.memberCount {
                    let voter = instances[Int(layout.members[Int(member)])]
                    if isOfVotes, voter.ballot.isNaN { lack = lack.joined(voter.lack) }
                }
            default: code.forEachInput { isWanted[Int($0)] = true }
            }
        }
        return lack
    }

    private func lack(_ operand: BoundOperand, _ windows: inout SeriesWindows, at now: Int64) -> Lack {
        guard operand.sourceCount > 0 else { return .sensor }
        var isSilent = true
        for at in operand.firstSource..<operand.firstSource + operand.sourceCount {
            let index = SeriesIndex(layout.sources[Int(at)].series)
            guard !windows.isSilent(index, at: windows.ownTime(index, at: now)) else { continue }
            isSilent = false
            if windows.series[index].newest != .min, windows.series[index].pause == 0 { return .nothing }
        }
        return isSilent ? .readings : .unheard
    }

    /// Returns the silent sensors among those that an instance measures with; empty if it measures with only one.
    @inline(never)
    mutating func silentSensors(of index: Int, _ windows: inout SeriesWindows) -> SilentSensors {
        var voters = [index]
        let base = Int(plan.instances[index].tallyBase)
        for number in 0..<layout.programs[Int(plan.instances[index].program)].tallyCount {
            let tally = layout.tallies[base + number]
            for at in tally.firstMember..<tally.firstMember + tally.memberCount {
                let member = Int(layout.members[Int(at)])
                if layout.programs[Int(plan.instances[member].program)].ballot >= 0 { voters.append(member) }
            }
        }
        var (silent, heard): (Set<Int32>, Set<Int32>) = ([], [])
        for voter in voters {
            let instance = plan.instances[voter]
            let first = Int(instance.operandBase)
            for operand in plan.operands[first..<first + Int(plan.programs[Int(instance.program)].operandCount)]
            where !operand.measure.seesSilence {
                for source in plan.sources[Int(operand.firstSource)..<Int(operand.firstSource + operand.sourceCount)] {
                    let index = SeriesIndex(source.series.index)
                    if windows.series[index].isSilent {
                        silent.insert(windows.series[index].sensor)
                    } else {
                        heard.insert(windows.series[index].sensor)
                    }
                }
            }
        }
        guard silent.count + heard.count > 1 else { return SilentSensors() }
        return SilentSensors(ids: silent.sorted().map { SeriesID(index: $0) }, othersAreHeard: !heard.isEmpty)
    }
}

extension Lack {
    fileprivate func joined(_ other: Lack) -> Lack { rawValue >= other.rawValue ? self : other }
}
