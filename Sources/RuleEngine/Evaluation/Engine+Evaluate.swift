internal import HeapModule
internal import RulePlan
internal import Telemetry

// The hot path. No allocation, no existential, no string: registers are doubles in one slab, and
// everything else is an index.
extension Engine {
    /// Runs an instance's program at a moment, moves its ladder, and sets its next timer.
    @inline(__always)
    mutating func evaluate(
        _ index: Int, at now: Int64, trigger: LevelChange.Trigger, into changes: inout [LevelChange]
    ) {
        let instance = plan.instances[index]
        let program = layout.programs[Int(instance.program)]
        let before = (instances[index].level, instances[index].isUncertain)
        let due = run(instance, program, holdBase: instances[index].holdBase, at: now)
        instances[index].now = now
        judge(program, layout.steps, &instances[index], registers)
        let after = (instances[index].level, instances[index].isUncertain)
        if after != before {
            changes.append(
                LevelChange(
                    instance: index, time: Instant(nanoseconds: now), from: before.0, to: after.0,
                    isUncertain: after.1, trigger: trigger, registers: (0..<program.instructionCount).map { registers[$0] }))
        }
        // A window that empties is seen at the exact moment. One that only loses samples, because the next
        // reading is overdue, is looked at when that is half an interval late: not earlier, since a reading
        // that is merely on its way must not be judged as missing.
        let overdue = emptiesAt == .max ? Int64.max : now &+ instance.interval.nanoseconds * 3 / 2
        instances[index].wake = min(due, emptiesAt, overdue)
        if instances[index].wake < instances[index].queued { queueTimer(index) }
    }

    @inline(never)
    mutating func queueTimer(_ index: Int) {
        let wake = instances[index].wake
        guard wake != .max else { return }
        instances[index].queued = wake
        timers.insert(Timer(time: wake, instance: Int32(index)))
    }

    /// Runs what an instance's timers had to do strictly before a moment.
    @inline(never)
    mutating func runTimers(of index: Int, before time: Int64, into changes: inout [LevelChange]) {
        while instances[index].wake < time {
            let wake = instances[index].wake
            instances[index].wake = .max
            evaluate(index, at: wake, trigger: .timer, into: &changes)
        }
    }

    /// Fills the registers; returns when the earliest `for` comes true, or `Int64.max`.
    @inline(__always)
    private mutating func run(
        _ instance: Instance, _ program: ProgramLayout.Stretch, holdBase: Int, at now: Int64
    ) -> Int64 {
        var due = Int64.max
        emptiesAt = .max
        for index in 0..<program.instructionCount {
            let instruction = layout.instructions[program.firstInstruction + index]
            let a = Int(instruction.a)
            let value: Double
            switch instruction.operation {
            case .constant: value = instruction.constant
            case .operand: value = read(layout.operands[Int(instance.operandBase) + a], at: now)
            case .add: value = registers[a] + registers[Int(instruction.b)]
            case .subtract: value = registers[a] - registers[Int(instruction.b)]
            case .multiply: value = registers[a] * registers[Int(instruction.b)]
            case .divide:
                // A quotient by zero is not known, rather than infinitely alarming.
                let divisor = registers[Int(instruction.b)]
                value = divisor == 0 ? .nan : registers[a] / divisor
            case .negate: value = -registers[a]
            case .less: value = compare(instruction) { $0 < $1 }
            case .lessOrEqual: value = compare(instruction) { $0 <= $1 }
            case .greater: value = compare(instruction) { $0 > $1 }
            case .greaterOrEqual: value = compare(instruction) { $0 >= $1 }
            case .equal: value = compare(instruction) { $0 == $1 }
            case .notEqual: value = compare(instruction) { $0 != $1 }
            case .lessThanConstant:
                let left = registers[a]
                value = left.isNaN ? left : Kleene.truth(left < instruction.constant)
            case .lessOrEqualConstant:
                let left = registers[a]
                value = left.isNaN ? left : Kleene.truth(left <= instruction.constant)
            case .greaterThanConstant:
                let left = registers[a]
                value = left.isNaN ? left : Kleene.truth(left > instruction.constant)
            case .greaterOrEqualConstant:
                let left = registers[a]
                value = left.isNaN ? left : Kleene.truth(left >= instruction.constant)
            case .and: value = Kleene.and(registers[a], registers[Int(instruction.b)])
            case .or: value = Kleene.or(registers[a], registers[Int(instruction.b)])
            case .not: value = Kleene.not(registers[a])
            case .hold:
                let slot = holdBase + Int(instruction.b)
                let length = Int64(instruction.constant)
                guard registers[a] == 1 else {
                    holds[slot] = .min
                    value = registers[a]
                    break
                }
                if holds[slot] == .min { holds[slot] = now }
                let end = holds[slot] &+ length
                value = Kleene.truth(now >= end)
                if now < end { due = min(due, end) }
            }
            registers[index] = value
        }
        return due
    }

    @inline(__always)
    private func compare(_ instruction: Instruction, _ holds: (Double, Double) -> Bool) -> Double {
        let left = registers[Int(instruction.a)]
        let right = registers[Int(instruction.b)]
        return Kleene.compared(left, right, holds(left, right))
    }

    /// The value of an operand at a moment, `nan` where its windows hold too little.
    @inline(__always)
    private mutating func read(_ operand: Operand, at now: Int64) -> Double {
        guard operand.sourceCount == 1 else { return readJoined(operand, at: now) }
        let source = layout.sources[Int(operand.firstSource)]
        let at = Int(source.series.index)
        if series[at].now < now { series[at].advance(to: now, windows: &windows, arena: arena) }
        let index = series[at].windowBase + Int(source.window)
        let start = windows[index].start
        let count = series[at].ring.tail &- start
        guard count > 0 else { return operand.aggregate == .count ? 0 : .nan }
        emptiesAt = min(emptiesAt, series[at].newest &+ windows[index].length)
        switch operand.aggregate {
        case .mean: return windows[index].originValue + windows[index].v / Double(count)
        case .sum: return windows[index].v + windows[index].originValue * Double(count)
        case .count: return Double(count)
        case .maximum: return arena.samples[series[at].maxima.slot(windows[index].maximum)].value
        case .minimum: return arena.samples[series[at].minima.slot(windows[index].minimum)].value
        case .deviation:
            if count < 2 { return .nan }
            let n = Double(count)
            var squares = windows[index].vv - windows[index].v * windows[index].v / n
            if WindowState.isIllConditioned(squares, of: windows[index].vv) {
                series[at].reform(&windows[index], arena: arena)
                squares = windows[index].vv - windows[index].v * windows[index].v / n
            }
            return (max(0, squares) / n).squareRoot()
        case .slope:
            // At one time only there is no slope, whatever rounding makes of it.
            if sample(at, start).time == sample(at, series[at].ring.tail - 1).time { return .nan }
            let n = Double(count)
            var below = n * windows[index].tt - windows[index].t * windows[index].t
            if WindowState.isIllConditioned(below, of: n * windows[index].tt) {
                series[at].reform(&windows[index], arena: arena)
                below = n * windows[index].tt - windows[index].t * windows[index].t
            }
            let above = n * windows[index].tv - windows[index].t * windows[index].v
            return below > 0 ? above / below : .nan
        case .first: return sample(at, start).value
        case .last: return sample(at, series[at].ring.tail - 1).value
        case .delta:
            return count < 2 ? .nan : sample(at, series[at].ring.tail - 1).value - sample(at, start).value
        }
    }

    @inline(__always)
    private func sample(_ at: Int, _ position: Int) -> Sample { arena.samples[series[at].ring.slot(position)] }

    /// The same over several series taken together, as if all their readings were one series'.
    private mutating func readJoined(_ operand: Operand, at now: Int64) -> Double {
        var moments = Moments()
        var sum = 0.0
        var count = 0
        var empties = Int64.min
        var highest = -Double.infinity
        var lowest = Double.infinity
        var first = Sample(time: .max, value: .nan)
        var last = Sample(time: .min, value: .nan)
        for index in operand.firstSource..<operand.firstSource + operand.sourceCount {
            let source = layout.sources[Int(index)]
            let at = Int(source.series.index)
            if series[at].now < now { series[at].advance(to: now, windows: &windows, arena: arena) }
            let slot = series[at].windowBase + Int(source.window)
            let held = series[at].ring.tail - windows[slot].start
            guard held > 0 else { continue }
            empties = max(empties, series[at].newest &+ windows[slot].length)
            count += held
            // Joining is rare enough for exact moments at every evaluation.
            if operand.aggregate == .slope || operand.aggregate == .deviation {
                series[at].reform(&windows[slot], arena: arena)
            }
            let window = windows[slot]
            if window.keeps(.sum) {
                sum += window.v + window.originValue * Double(held)
                moments.join(Moments(window, count: held, since: now))
            }
            if window.keeps(.maximum) {
                highest = max(highest, arena.samples[series[at].maxima.slot(window.maximum)].value)
            }
            if window.keeps(.minimum) {
                lowest = min(lowest, arena.samples[series[at].minima.slot(window.minimum)].value)
            }
            let oldest = sample(at, window.start)
            if oldest.time < first.time { first = oldest }
            let newest = sample(at, series[at].ring.tail - 1)
            if newest.time >= last.time { last = newest }
        }
        guard count > 0 else { return operand.aggregate == .count ? 0 : .nan }
        emptiesAt = min(emptiesAt, empties)
        switch operand.aggregate {
        case .mean: return moments.meanValue
        case .sum: return sum
        case .count: return Double(count)
        case .maximum: return highest
        case .minimum: return lowest
        case .deviation: return moments.deviation
        case .slope: return first.time == last.time ? .nan : moments.slope
        case .first: return first.value
        case .last: return last.value
        case .delta: return count < 2 ? .nan : last.value - first.value
        }
    }
}
