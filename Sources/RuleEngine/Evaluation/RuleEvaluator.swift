internal import AlarmModel
internal import HeapModule
internal import RulePlan
internal import Telemetry

// Wrapping operators: for times and spans see Engine.swift. Serials wrap, and are only compared for equality.

/// Runs the programs of instances, keeps the memory of their conditions, and judges their ladders.
///
/// An instance is evaluated once in a moment, after all samples of that moment are in their windows. ``push(_:)``
/// marks it. ``evaluatePending(at:trigger:_:_:into:)`` evaluates the marked instances, lowest first, so that an
/// instance comes after those whose state it reads. The engine owns windows and timers, and passes them in.
struct RuleEvaluator: ~Copyable {
    let plan: Plan
    var layout: ProgramLayout
    var instances: Slab<InstanceState>
    /// The instances that read each series, and those that each threshold decides: by ``SeriesState/readerBase`` and
    /// ``SeriesState/bitReaderBase``.
    var readers = Slab(repeating: Int32(0), count: 0)
    var bitReaderOffsets = Slab(repeating: Int32(0), count: 0)
    var bitReaders = Slab(repeating: Int32(0), count: 0)
    var instanceSeries = Slab(repeating: Int32(0), count: 0)
    var askers = Slab(repeating: Int32(0), count: 0)
    var memory = Slab(repeating: Int64.min, count: 0)
    var histories = Slab(repeating: SampleRing(), count: 0)
    var registers: Slab<Double>
    /// One flag for each register, set if the search for missing values has to look at it.
    var isWanted: Slab<Bool>
    /// The values over several series at the current moment, each once.
    var cached = Slab(repeating: CachedValue(), count: 0)
    /// The instances still to be evaluated in the current moment, lowest first.
    var pending = Heap<Int32>()
    /// Counts the moments at which something is evaluated.
    var serial: UInt64 = 0
    /// The time at which the current evaluation must be repeated, if no reading comes.
    var due = Int64.max
    /// While timers catch up, hours that began before this are skipped, except the first. So a gap of decades, as
    /// when a clock is set for the first time, is not processed hour by hour.
    var hoursFrom = Int64.min
    /// The part of a gap that is processed hour by hour: each hour of each day of the week, and the longest memory of
    /// a condition.
    let hoursCaughtUp: Int64

    struct CachedValue: BitwiseCopyable {
        var serial: UInt64 = 0
        var now: Int64 = 0
        var value = 0.0
    }

    /// Lays out the programs of a plan. O(the plan).
    init(_ plan: Plan, _ demands: SeriesDemands, _ windows: inout SeriesWindows) {
        self.plan = plan
        layout = ProgramLayout(plan)
        instances = Slab(repeating: InstanceState(), count: plan.instances.count)
        hoursCaughtUp = max(TimeSpan.days(8).nanoseconds, plan.programs.map(\.memory.nanoseconds).max() ?? 0)
        registers = Slab(repeating: 0, count: plan.programs.map(\.instructions.count).max() ?? 0)
        isWanted = Slab(repeating: false, count: registers.count)
        bindInstances(demands)
        bindOperands(windows)
        bindThresholds(windows)
        bindReaders(demands.readers, &windows)
        bindAskers()
    }

    deinit {
        for index in 0..<histories.count { histories[index].free() }
    }

    /// Marks an instance for evaluation in the current moment.
    mutating func push(_ instance: Int) {
        guard instances[instance].serial != serial else { return }
        instances[instance].serial = serial
        pending.insert(Int32(instance))
    }

    /// Marks the instances that a series' newest sample, or a timer of it, touches.
    mutating func pushReaders(of index: SeriesIndex, _ windows: inout SeriesWindows) {
        let state = windows.series.address(index)
        let isDirty = state.pointee.isDirty
        state.pointee.isDirty = false
        let touched = isDirty ? state.pointee.readerCount : state.pointee.alwaysCount
        let (readerBase, bitReaderBase) = (Int(state.pointee.readerBase), Int(state.pointee.bitReaderBase))
        for at in 0..<Int(touched) { push(Int(readers[readerBase + at])) }
        guard !isDirty else { return }
        for word in 0..<windows.shapes.shapes[Int(state.pointee.shape)].words {
            var bits = windows.changedWords[word]
            while bits != 0 {
                let bit = bitReaderBase + word * 64 + bits.trailingZeroBitCount
                for at in bitReaderOffsets[bit]..<bitReaderOffsets[bit + 1] { push(Int(bitReaders[Int(at)])) }
                bits &= bits &- 1
            }
        }
    }

    /// Evaluates the marked instances, lowest first: an instance comes after those whose state it reads.
    mutating func evaluatePending(
        at time: Int64, trigger: LevelChange.Trigger, _ windows: inout SeriesWindows, _ timers: inout TimerQueue,
        into changes: inout [LevelChange]
    ) {
        while let next = pending.popMin() {
            settleMembers(of: Int(next), before: time, &windows, &timers, into: &changes)
            evaluate(
                Int(next), at: max(time, instances[Int(next)].now), trigger: trigger, &windows, &timers, into: &changes)
        }
    }

    /// Runs the due timers of the instances whose state an instance reads.
    @inline(__always)
    mutating func settleMembers(
        of index: Int, before time: Int64, _ windows: inout SeriesWindows, _ timers: inout TimerQueue,
        into changes: inout [LevelChange]
    ) {
        let base = Int(plan.instances[index].tallyBase)
        for number in 0..<layout.programs[Int(plan.instances[index].program)].tallyCount {
            let tally = layout.tallies[base + number]
            for at in tally.firstMember..<tally.firstMember + tally.memberCount {
                let member = Int(layout.members[Int(at)])
                let clock = SeriesIndex(instances[member].clockSeries)
                let time = clock.number >= 0 ? windows.ownTime(clock, at: time) : time
                guard instances[member].wake < time else { continue }
                let from = hoursFrom
                hoursFrom = time.saturatingSubtract(hoursCaughtUp)
                while instances[member].wake < time {
                    evaluate(member, at: instances[member].wake, trigger: .timer, &windows, &timers, into: &changes)
                }
                hoursFrom = from
            }
        }
    }

    /// Returns how far event time is behind the gateway's clock for an instance.
    func ingestDelay(ofInstance index: Int, _ windows: borrowing SeriesWindows) -> Int64 {
        let clock = SeriesIndex(instances[index].clockSeries)
        return clock.number >= 0 ? windows.series[clock].ingestDelay : 0
    }

    /// Marks every instance that reads a series, since its set of silent sensors has changed.
    mutating func noteSensorNews(_ index: SeriesIndex, _ windows: inout SeriesWindows) {
        windows.series[index].isDirty = true
        for at in 0..<Int(windows.series[index].readerCount) {
            let reader = Int(readers[Int(windows.series[index].readerBase) + at])
            instances[reader].hasSensorNews = true
            for asker in 0..<Int(instances[reader].askerCount) {
                instances[Int(askers[Int(instances[reader].askerBase) + asker])].hasSensorNews = true
            }
        }
    }
}

// Evaluates an instance whose condition may have changed: runs its program, and judges its ladder.
extension RuleEvaluator {
    /// Runs an instance's program at a moment, moves its ladder, and sets its next timer.
    @inline(never)
    mutating func evaluate(
        _ index: Int, at now: Int64, trigger: LevelChange.Trigger, _ windows: inout SeriesWindows,
        _ timers: inout TimerQueue,
        into changes: inout [LevelChange]
    ) {
        let instance = plan.instances[index]
        let program = layout.programs[Int(instance.program)]
        let (before, ballot) = (instances[index].ladder, instances[index].ballot)
        if case .reading(let series) = trigger { instances[index].clockSeries = series.index }
        due = .max
        for at in 0..<program.decisiveCount {
            execute(Int(layout.decisive[program.firstDecisive + at]), instance, program, index, &windows, at: now)
        }
        instances[index].now = now
        if program.ballot >= 0 {
            instances[index].ballot = registers[program.ballot]
            instances[index].lack =
                instances[index].ballot.isNaN ? lack(index, instance, program, &windows, at: now) : .nothing
        }
        let isUnknown = judge(program, layout.steps, &instances[index], registers)
        judgeNoData(index, instance, program, isUnknown: isUnknown, &windows, at: now)
        let after = instances[index].ladder
        let hasSensorNews = instances[index].hasSensorNews
        instances[index].hasSensorNews = false
        if after.level != before.level || after.isUncertain != before.isUncertain || after.hasNoData != before.hasNoData
            || after.isSuppressed != before.isSuppressed && after.level > .normal
            || hasSensorNews && after.level > .normal && silentSensors(of: index, &windows).othersAreHeard
        {
            changes.append(change(index, instance, program, from: before, &windows, at: now, trigger))
        }
        setTimer(index, due, &windows, &timers)
        let ballotMoved = instances[index].ballot.bitPattern != ballot.bitPattern
        if after.level != before.level || ballotMoved || hasSensorNews {
            for at in 0..<Int(instances[index].askerCount) { push(Int(askers[Int(instances[index].askerBase) + at])) }
        }
    }

    /// Raises the fault of a group that has no data because readings are missing, and ends it when they come.
    ///
    /// A value that is unknown for any other reason (a deviation of nothing, too few readings yet) is not a fault.
    @inline(__always)
    private mutating func judgeNoData(
        _ index: Int, _ instance: Instance, _ program: ProgramLayout.Stretch, isUnknown: Bool,
        _ windows: inout SeriesWindows, at now: Int64
    ) {
        guard isUnknown, program.noDataLevel > .normal, instances[index].level == .normal || instances[index].hasNoData
        else {
            instances[index].unknownSince = .max
            return
        }
        judgeUnknown(index, instance, program, &windows, at: now)
    }

    @inline(never)
    private mutating func judgeUnknown(
        _ index: Int, _ instance: Instance, _ program: ProgramLayout.Stretch, _ windows: inout SeriesWindows,
        at now: Int64
    ) {
        let lack = lack(index, instance, program, &windows, at: now)
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
            // Only time in which the gateway has listened counts.
            instances[index].unknownSince = max(min(instances[index].unknownSince, now), windows.listeningSince)
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

    /// Returns the state of an instance, with every value of its rule.
    mutating func account(of index: Int, _ windows: inout SeriesWindows) -> LevelChange {
        let (instance, due) = (plan.instances[index], due)
        let program = layout.programs[Int(instance.program)]
        for at in 0..<program.decisiveCount {
            execute(
                Int(layout.decisive[program.firstDecisive + at]), instance, program, index, &windows,
                at: instances[index].now)
        }
        self.due = due
        return change(
            index, instance, program, from: instances[index].ladder, &windows, at: instances[index].now, .timer)
    }

    /// Describes a change, with every value of the rule at that moment.
    @inline(never)
    private mutating func change(
        _ index: Int, _ instance: Instance, _ program: ProgramLayout.Stretch, from before: LadderState,
        _ windows: inout SeriesWindows, at now: Int64, _ trigger: LevelChange.Trigger
    ) -> LevelChange {
        let due = due
        // Instructions with memory have run, and must not run again.
        var decisive = 0
        for register in 0..<program.instructionCount {
            if decisive < program.decisiveCount, Int(layout.decisive[program.firstDecisive + decisive]) == register {
                decisive += 1
            } else {
                execute(register, instance, program, index, &windows, at: now)
            }
        }
        self.due = due
        let after = instances[index].ladder
        return LevelChange(
            instance: index, time: Instant(nanoseconds: now), from: before.level, to: after.level,
            isUncertain: after.isUncertain,
            hasNoData: after.hasNoData, isSuppressed: after.isSuppressed, trigger: trigger,
            silent: silentSensors(of: index, &windows).ids,
            registers: (0..<program.instructionCount).map { registers[$0] },
            votes: votes(of: instance, program))
    }

    /// Returns how the sensors of a group have voted.
    private func votes(of instance: Instance, _ program: ProgramLayout.Stretch) -> [LevelChange.Vote] {
        (0..<program.tallyCount).flatMap { number -> [LevelChange.Vote] in
            let tally = layout.tallies[Int(instance.tallyBase) + number]
            return (tally.firstMember..<tally.firstMember + tally.memberCount).compactMap { at in
                let member = layout.members[Int(at)]
                let voter = plan.instances[Int(member)]
                // A tally of alarms has no votes.
                guard layout.programs[Int(voter.program)].ballot >= 0 else { return nil }
                let ballot = instances[Int(member)].ballot
                return LevelChange.Vote(
                    tally: Int32(number), instance: member, isYes: ballot.isNaN ? nil : ballot == 1)
            }
        }
    }

    /// Sets an instance's timer, and tells every series that it reads.
    private mutating func setTimer(
        _ index: Int, _ wake: Int64, _ windows: inout SeriesWindows, _ timers: inout TimerQueue
    ) {
        instances[index].wake = wake
        guard wake != .max else { return }
        for at in 0..<Int(instances[index].seriesCount) {
            let series = SeriesIndex(instanceSeries[Int(instances[index].seriesBase) + at])
            if windows.series[series].readersWake > wake { windows.series[series].readersWake = wake }
        }
        let due = wake.saturatingAdd(ingestDelay(ofInstance: index, windows))
        if due < instances[index].queued {
            instances[index].queued = due
            timers.add(instance: index, due: due)
        }
    }
}
