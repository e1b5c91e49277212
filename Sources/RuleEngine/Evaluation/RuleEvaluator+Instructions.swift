internal import AlarmModel
internal import CEngine
internal import RulePlan
internal import Telemetry

// Runs single instructions of a program.
extension RuleEvaluator {
    /// Runs one instruction.
    @inline(__always)
    mutating func execute(
        _ register: Int, _ instance: Instance, _ program: ProgramLayout.Stretch, _ index: Int,
        _ windows: inout SeriesWindows, at now: Int64
    ) {
        let code = layout.instructions[program.firstInstruction + register]
        let a = Int(code.a)
        let value: Double
        switch code.operation {
        case .constant: value = code.constant
        case .operand:
            let operand = Int(instance.operandBase) + a
            let measured = read(operand, &windows, at: now)
            value = isComplete(operand, &windows) ? measured : .nan
        case .threshold: value = isOver(program.firstInstruction + register, code, instance, index, &windows, at: now)
        case .add: value = registers[a] + registers[Int(code.b)]
        case .subtract: value = registers[a] - registers[Int(code.b)]
        case .multiply: value = registers[a] * registers[Int(code.b)]
        case .divide:
            // A quotient by zero is unknown, not infinitely alarming.
            let divisor = registers[Int(code.b)]
            value = divisor == 0 ? .nan : registers[a] / divisor
        case .negate: value = -registers[a]
        case .power: value = Self.known(tocsin_pow(registers[a], registers[Int(code.b)]))
        case .absolute: value = abs(registers[a])
        case .squareRoot: value = registers[a] < 0 ? .nan : registers[a].squareRoot()
        case .logarithm: value = registers[a] > 0 ? tocsin_log(registers[a]) : .nan
        case .exponential: value = Self.known(tocsin_exp(registers[a]))
        case .smaller:
            value =
                registers[a].isNaN || registers[Int(code.b)].isNaN ? .nan : min(registers[a], registers[Int(code.b)])
        case .larger:
            value =
                registers[a].isNaN || registers[Int(code.b)].isNaN ? .nan : max(registers[a], registers[Int(code.b)])
        case .select:
            let (x, y) = (registers[Int(code.b)], registers[Int(code.c)])
            value = registers[a] == 1 ? x : registers[a] == 0 || x == y ? y : .nan
        case .less: value = compare(code) { $0 < $1 }
        case .lessOrEqual: value = compare(code) { $0 <= $1 }
        case .equal: value = compare(code) { $0 == $1 }
        case .and: value = Kleene.and(registers[a], registers[Int(code.b)])
        case .or: value = Kleene.or(registers[a], registers[Int(code.b)])
        case .not: value = Kleene.not(registers[a])
        case .hold:
            value = hold(registers[a], slot: Int(instances[index].memoryBase + code.b), Int64(code.constant), at: now)
        case .sequence:
            value = sequence(
                registers[a], registers[Int(code.b)], slot: Int(instances[index].memoryBase + code.c),
                Int64(code.constant), at: now)
        case .share:
            value = share(
                registers[a], history: Int(instances[index].historyBase + code.b), Int64(code.constant), at: now)
        case .tallied: value = Double(tally(Int(instance.tallyBase) + a, level: code.b).holding)
        case .atLeast:
            value = Self.areAtLeast(Int(code.constant), of: tally(Int(instance.tallyBase) + a, level: code.b))
        case .all: value = Self.areAll(of: tally(Int(instance.tallyBase) + a, level: code.b))
        case .weighted, .atLeastWeighted: value = weighed(code, instance)
        case .voters: value = Double(layout.tallies[Int(instance.tallyBase) + a].memberCount)
        case .hasSensor: value = layout.operands[Int(instance.operandBase) + a].sourceCount > 0 ? 1 : 0
        case .hour:
            due = min(due, nextHour(after: now))
            value = Double(plan.zone.hour(at: Instant(nanoseconds: now)))
        case .weekday:
            due = min(due, nextHour(after: now))
            value = Double(plan.zone.weekday(at: Instant(nanoseconds: now)))
        }
        registers[register] = value
    }

    /// Returns true if at least `needed` members of a tally are true.
    private static func areAtLeast(_ needed: Int, of tally: (holding: Int, unknown: Int, members: Int)) -> Double {
        tally.holding >= needed ? 1 : tally.holding + tally.unknown < needed ? 0 : .nan
    }

    /// Returns true if all members of a tally are true; unknown for a tally without members.
    private static func areAll(of tally: (holding: Int, unknown: Int, members: Int)) -> Double {
        tally.members == 0 ? .nan : areAtLeast(tally.members, of: tally)
    }

    /// Returns the next time at which `hour` and `weekday` may change.
    private func nextHour(after time: Int64) -> Int64 {
        plan.zone.nextHour(after: Instant(nanoseconds: max(time, hoursFrom))).nanoseconds
    }

    /// A result that is not finite is unknown.
    private static func known(_ value: Double) -> Double { value.isFinite ? value : .nan }

    @inline(__always)
    private func compare(_ code: Instruction, _ holds: (Double, Double) -> Bool) -> Double {
        let left = registers[Int(code.a)]
        let right = registers[Int(code.b)]
        return Kleene.compared(left, right, holds(left, right))
    }

    /// Decides a threshold: by the bit of its series, or here if it takes several series.
    @inline(__always)
    private mutating func isOver(
        _ at: Int, _ code: Instruction, _ instance: Instance, _ index: Int, _ windows: inout SeriesWindows,
        at now: Int64
    )
        -> Double
    {
        let bound = layout.thresholds[Int(instances[index].thresholdBase + layout.thresholdNumbers[at])]
        guard bound.word >= 0 else {
            let operand = Int(instance.operandBase + code.a)
            let value = read(operand, &windows, at: now)
            if value.isNaN { return .nan }
            // The count so far is a lower bound.
            return value > code.constant ? 1 : isComplete(operand, &windows) ? 0 : .nan
        }
        let bit = UInt64(1) << UInt64(bound.bit)
        guard windows.truth[Int(bound.word) + 1] & bit != 0 else { return .nan }
        return Kleene.truth(windows.truth[Int(bound.word)] & bit != 0)
    }

    /// Returns how much the members of a tally that are true count together, or whether they count enough.
    private func weighed(_ code: Instruction, _ instance: Instance) -> Double {
        let all = tally(Int(instance.tallyBase + code.a), level: 0)
        let trusted = tally(Int(instance.tallyBase + code.b), level: 0)
        let isSum = code.operation == .weighted
        let weight = isSum ? code.constant : registers[Int(code.c)]
        let holding = weight * Double(all.holding) + (1 - weight) * Double(trusted.holding)
        guard !isSum else { return holding }
        let unknown = weight * Double(all.unknown) + (1 - weight) * Double(trusted.unknown)
        // Sums of decimal numbers are not exact in binary.
        let needed = code.constant * (1 - 1e-9)
        return holding >= needed ? 1 : holding + unknown < needed ? 0 : .nan
    }

    /// Counts the members of an instance that are true, or that are at a level or higher.
    private func tally(_ index: Int, level: Int32) -> (holding: Int, unknown: Int, members: Int) {
        let tally = layout.tallies[index]
        var (holding, unknown) = (0, 0)
        for at in tally.firstMember..<tally.firstMember + tally.memberCount {
            let member = instances[Int(layout.members[Int(at)])]
            if level > 0 {
                if !member.hasNoData, Int32(member.level.rank) >= level { holding += 1 }
            } else if member.ballot.isNaN {
                unknown += 1
            } else if member.ballot == 1 {
                holding += 1
            }
        }
        return (holding, unknown, Int(tally.memberCount))
    }
}
