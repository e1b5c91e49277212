internal import AlarmModel
internal import CEngine
internal import HeapModule
internal import RulePlan
internal import Telemetry

// Wrapping operators: for times and spans see Engine.swift. Serials wrap, and are only compared for equality.

// What happens when a condition may have changed: an instance's program is run, and its ladder judged.
extension Engine {
    /// Runs an instance's program at a moment, moves its ladder, and sets its next timer.
    @inline(never)
    mutating func evaluate(_ index: Int, at now: Int64, trigger: LevelChange.Trigger, into changes: inout [LevelChange])
    {
        let instance = plan.instances[index]
        let program = layout.programs[Int(instance.program)]
        let (before, ballot) = (instances[index].ladder, instances[index].ballot)
        if case .reading(let series) = trigger { instances[index].clockSeries = series.index }
        due = .max
        for at in 0..<program.decisiveCount {
            execute(Int(layout.decisive[program.firstDecisive + at]), instance, program, index, at: now)
        }
        instances[index].now = now
        if program.ballot >= 0 {
            instances[index].ballot = registers[program.ballot]
            instances[index].lack = instances[index].ballot.isNaN ? lack(index, instance, program, at: now) : .nothing
        }
        let isUnknown = judge(program, layout.steps, &instances[index], registers)
        judgeNoData(index, instance, program, isUnknown: isUnknown, at: now)
        let after = instances[index].ladder
        let hasSensorNews = instances[index].hasSensorNews
        instances[index].hasSensorNews = false
        if after.level != before.level || after.isUncertain != before.isUncertain || after.hasNoData != before.hasNoData
            || after.isSuppressed != before.isSuppressed && after.level > .normal
            || hasSensorNews && after.level > .normal && silentSensors(of: index).othersAreHeard
        {
            changes.append(change(index, instance, program, from: before, at: now, trigger))
        }
        setTimer(index, due)
        let ballotMoved = instances[index].ballot.bitPattern != ballot.bitPattern
        if after.level != before.level || ballotMoved || hasSensorNews {
            for at in 0..<Int(instances[index].askerCount) { push(Int(askers[Int(instances[index].askerBase) + at])) }
        }
    }

    /// Raises the fault of a group of which nothing is known because readings are missing, and ends it when they are
    /// not.
    ///
    /// That a value is not known for any other reason (a deviation of nothing, too few readings yet) is no fault.
    @inline(__always)
    private mutating func judgeNoData(
        _ index: Int, _ instance: Instance, _ program: ProgramLayout.Stretch, isUnknown: Bool, at now: Int64
    ) {
        guard isUnknown, program.noDataLevel > .normal, instances[index].level == .normal || instances[index].hasNoData
        else {
            instances[index].unknownSince = .max
            return
        }
        judgeUnknown(index, instance, program, at: now)
    }

    @inline(never)
    private mutating func judgeUnknown(
        _ index: Int, _ instance: Instance, _ program: ProgramLayout.Stretch, at now: Int64
    ) {
        let lack = lack(index, instance, program, at: now)
        if lack != .sensor { instances[index].unknownSince = .max }
        if instances[index].hasNoData {
            guard lack == .nothing else { return }
            instances[index].level = .normal
            instances[index].hasNoData = false
            return
        }
        switch lack {
        case .nothing, .unheard: return
        case .readings: break
        case .sensor:
            // Only the time counts in which the gateway has listened.
            instances[index].unknownSince = max(min(instances[index].unknownSince, now), listeningSince)
            guard instance.noDataAfter < .longest else { return }
            let end = instances[index].unknownSince &+ instance.noDataAfter.nanoseconds
            guard now >= end else {
                due = min(due, end)
                return
            }
            instances[index].unknownSince = .max
        }
        instances[index].level = program.noDataLevel
        instances[index].hasNoData = true
        instances[index].isUncertain = false
    }

    /// Judges an instance anew from the windows as they are, at the moment at which it was judged last. What it asks
    /// for may have changed since then. Judged again without such a change it stays where it is.
    package mutating func rejudge(_ index: Int, into changes: inout [LevelChange]) {
        guard instances[index].serial != 0 else { return }
        serial &+= 1
        push(index)
        evaluatePending(at: instances[index].now, trigger: .timer, into: &changes)
    }

    /// Where an instance stands, with every value of its rule.
    package mutating func account(of index: Int) -> LevelChange {
        let (instance, due) = (plan.instances[index], due)
        let program = layout.programs[Int(instance.program)]
        for at in 0..<program.decisiveCount {
            execute(
                Int(layout.decisive[program.firstDecisive + at]), instance, program, index, at: instances[index].now)
        }
        self.due = due
        return change(index, instance, program, from: instances[index].ladder, at: instances[index].now, .timer)
    }

    /// What is said of a change, with every value of the rule at that moment.
    @inline(never)
    private mutating func change(
        _ index: Int, _ instance: Instance, _ program: ProgramLayout.Stretch, from before: LadderState, at now: Int64,
        _ trigger: LevelChange.Trigger
    ) -> LevelChange {
        let due = due
        // What remembers has been run, and must not be again.
        var decisive = 0
        for register in 0..<program.instructionCount {
            if decisive < program.decisiveCount, Int(layout.decisive[program.firstDecisive + decisive]) == register {
                decisive += 1
            } else {
                execute(register, instance, program, index, at: now)
            }
        }
        self.due = due
        let after = instances[index].ladder
        return LevelChange(
            instance: index, time: Instant(nanoseconds: now), from: before.level, to: after.level,
            isUncertain: after.isUncertain,
            hasNoData: after.hasNoData, isSuppressed: after.isSuppressed, trigger: trigger,
            silent: silentSensors(of: index).ids,
            registers: (0..<program.instructionCount).map { registers[$0] })
    }

    /// Sets an instance's timer; every series that it reads knows of it.
    private mutating func setTimer(_ index: Int, _ wake: Int64) {
        instances[index].wake = wake
        guard wake != .max else { return }
        for at in 0..<Int(instances[index].seriesCount) {
            let series = Int(instanceSeries[Int(instances[index].seriesBase) + at])
            if self.series[series].readersWake > wake { self.series[series].readersWake = wake }
        }
        let due = wake.saturatingAdd(lag(ofInstance: index))
        if due < instances[index].queued {
            instances[index].queued = due
            timers.insert(Timer(due: due, target: Int32(index)))
        }
    }

    /// Runs one instruction.
    @inline(__always)
    private mutating func execute(
        _ register: Int, _ instance: Instance, _ program: ProgramLayout.Stretch, _ index: Int, at now: Int64
    ) {
        let code = layout.instructions[program.firstInstruction + register]
        let a = Int(code.a)
        let value: Double
        switch code.operation {
        case .constant: value = code.constant
        case .operand:
            let operand = Int(instance.operandBase) + a
            let measured = read(operand, at: now)
            value = isComplete(operand) ? measured : .nan
        case .test: value = test(program.firstInstruction + register, code, instance, index, at: now)
        case .add: value = registers[a] + registers[Int(code.b)]
        case .subtract: value = registers[a] - registers[Int(code.b)]
        case .multiply: value = registers[a] * registers[Int(code.b)]
        case .divide:
            // A quotient by zero is not known, rather than infinitely alarming.
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
            let tally = tally(Int(instance.tallyBase) + a, level: code.b)
            let needed = Int(code.constant)
            value = tally.holding >= needed ? 1 : tally.holding + tally.unknown < needed ? 0 : .nan
        case .all:
            let tally = tally(Int(instance.tallyBase) + a, level: code.b)
            value =
                tally.members == 0
                ? .nan : tally.holding == tally.members ? 1 : tally.holding + tally.unknown < tally.members ? 0 : .nan
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

    /// When `hour` and `weekday` may change next.
    private func nextHour(after time: Int64) -> Int64 {
        plan.zone.nextHour(after: Instant(nanoseconds: max(time, hoursFrom))).nanoseconds
    }

    /// A result that is no number, or no longer one, is unknown.
    private static func known(_ value: Double) -> Double { value.isFinite ? value : .nan }

    @inline(__always)
    private func compare(_ code: Instruction, _ holds: (Double, Double) -> Bool) -> Double {
        let left = registers[Int(code.a)]
        let right = registers[Int(code.b)]
        return Kleene.compared(left, right, holds(left, right))
    }

    /// A test that its series has made already; or, of several series together, that is made here.
    @inline(__always)
    private mutating func test(_ at: Int, _ code: Instruction, _ instance: Instance, _ index: Int, at now: Int64)
        -> Double
    {
        let bound = layout.tests[Int(instances[index].testBase + layout.testNumbers[at])]
        guard bound.word >= 0 else {
            let operand = Int(instance.operandBase + code.a)
            let value = read(operand, at: now)
            if value.isNaN { return .nan }
            // What was counted so far is the least that there is.
            return value > code.constant ? 1 : isComplete(operand) ? 0 : .nan
        }
        let bit = UInt64(1) << UInt64(bound.bit)
        guard truth[Int(bound.word) + 1] & bit != 0 else { return .nan }
        return Kleene.truth(truth[Int(bound.word)] & bit != 0)
    }

    /// `A for …`: whether A has been true without a break for the last `length` nanoseconds. If A was unknown, and not
    /// false, before it became true, the result is unknown until `length` has passed. Before the first reading A is
    /// unknown.
    ///
    /// Memory slot 0: since when A has been true, or `.min`. Slot 1: 0 if A was false before that, `.min` if it was
    /// unknown.
    private mutating func hold(_ condition: Double, slot: Int, _ length: Int64, at now: Int64) -> Double {
        guard condition == 1 else {
            memory[slot] = .min
            memory[slot + 1] = condition == 0 ? 0 : .min
            return condition
        }
        if memory[slot] == .min { memory[slot] = now }
        let end = memory[slot] &+ length
        guard now < end else { return 1 }
        due = min(due, end)
        return memory[slot + 1] == 0 ? 0 : .nan
    }

    /// `A then B within …`: true from the moment at which B becomes true, if A became true before it and not
    /// longer ago, for as long as B stays true.
    ///
    /// Four slots: when A became true last, whether A and B were true, and whether it holds.
    private mutating func sequence(_ first: Double, _ second: Double, slot: Int, _ length: Int64, at now: Int64)
        -> Double
    {
        let (wasFirst, wasSecond) = (memory[slot + 1] == 1, memory[slot + 2] == 1)
        if second == 1, !wasSecond {
            let risen = memory[slot]
            memory[slot + 3] = risen != .min && now > risen && now &- risen <= length ? 1 : 0
        } else if second == 0 {
            memory[slot + 3] = 0
        }
        if first == 1, !wasFirst { memory[slot] = now }
        // What is unknown has not changed.
        if !first.isNaN { memory[slot + 1] = first == 1 ? 1 : 0 }
        if !second.isNaN { memory[slot + 2] = second == 1 ? 1 : 0 }
        if memory[slot + 3] == 1 { return second.isNaN ? .nan : 1 }
        // It could have come true unseen only while the first has, not too long ago.
        return second.isNaN && memory[slot] != .min && now &- memory[slot] <= length ? .nan : 0
    }

    /// The part of the time that a condition was true, of that in which it was known; unknown before half of the
    /// window is known.
    private mutating func share(_ condition: Double, history: Int, _ length: Int64, at now: Int64) -> Double {
        let state = condition.isNaN ? -1.0 : condition
        let start = now &- length
        if histories[history].count == 0 || histories[history][Int(histories[history].count) - 1].value != state {
            if histories[history].isFull { histories[history].grow() }
            histories[history].append(Sample(time: now, value: state))
        }
        while histories[history].count > 1, histories[history][1].time <= start { histories[history].removeFirst() }
        var (held, known): (Int64, Int64) = (0, 0)
        let ring = histories[history]
        for at in 0..<Int(ring.count) {
            let begin = max(ring[at].time, start)
            let end = at + 1 < Int(ring.count) ? ring[at + 1].time : now
            guard ring[at].value >= 0, end > begin else { continue }
            known &+= end &- begin
            if ring[at].value == 1 { held &+= end &- begin }
        }
        return known > 0 && known >= length / 2 ? Double(held) / Double(known) : .nan
    }

    /// How many of an instance's members are true, or stand at a level or higher.
    private mutating func tally(_ index: Int, level: Int32) -> (holding: Int, unknown: Int, members: Int) {
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
