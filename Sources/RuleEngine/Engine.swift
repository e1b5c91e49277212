internal import HeapModule
package import RulePlan
package import Telemetry

/// The performance core: readings and clock ticks in, level changes out.
///
/// Deterministic: it opens nothing, sleeps never and asks no clock, so that the same readings and ticks
/// in the same order give the same changes, live, replayed or after a crash.
///
/// A reading moves the windows of its series and makes the series' tests (`mean(q, 10m) > 24 degC`), each once,
/// however many rules it stands in; only rules of which a test came out differently are run, and those
/// that take more than one series' windows to decide. In the steady state a reading allocates nothing; its cost
/// is O(windows of its series) amortised. Only a level change allocates.
package struct Engine: ~Copyable {
    let plan: Plan
    var layout: ProgramLayout
    var shapes = WindowShapes()
    var series: Slab<SeriesState>
    /// Rows of lanes, cursors (each window's first slot, its maximum's and its minimum's position), and the truth
    /// of the tests (a word of bits and a word of which are known, alternating), of all series.
    var lanes = Slab(repeating: Lanes.zero, count: 0)
    var cursors = Slab(repeating: UInt32(0), count: 0)
    var truth = Slab(repeating: UInt64(0), count: 0)
    var extras = Slab(repeating: ExtraState(), count: 0)
    var sorted = Slab(repeating: SortedValues(), count: 0)
    /// Which tests of the newest sample's series came out differently.
    var changedWords = Slab(repeating: UInt64(0), count: 0)
    var scratch = Slab(repeating: Lanes.zero, count: 0)

    var instances: Slab<InstanceState>
    var readers = Slab(repeating: Int32(0), count: 0)
    var bitReaderOffsets = Slab(repeating: Int32(0), count: 0)
    var bitReaders = Slab(repeating: Int32(0), count: 0)
    var instanceSeries = Slab(repeating: Int32(0), count: 0)
    var askers = Slab(repeating: Int32(0), count: 0)
    var memory = Slab(repeating: Int64.min, count: 0)
    var histories = Slab(repeating: SampleRing(), count: 0)
    var registers: Slab<Double>
    /// The values over several series at the moment under way, each once.
    var cached = Slab(repeating: CachedValue(), count: 0)

    var timers = Heap<Timer>()
    /// The instances that the moment under way has still to evaluate, lowest first.
    private var pending = Heap<Int32>()
    /// Counts the moments at which something is evaluated.
    var serial: UInt64 = 0
    /// When the evaluation under way has to be repeated, if no reading comes.
    var due = Int64.max
    private var hasStarted = false
    /// When the gateway listened last, and since when it has without a pause.
    private var listened = Int64.min
    var listeningSince = Int64.min

    /// An instance's timer, or, below zero, that of series −1 − `target`.
    ///
    /// Timers are of event time. Where readings come late, by the gateway's clock, event time is as much behind it: what
    /// has to last a minute has lasted it when a minute has passed since the reading came, not when the clock says so.
    struct Timer: Comparable {
        /// By the gateway's clock.
        var due: Int64
        var target: Int32
        static func < (a: Timer, b: Timer) -> Bool { (a.due, a.target) < (b.due, b.target) }
    }

    struct CachedValue: BitwiseCopyable {
        var serial: UInt64 = 0
        var now: Int64 = 0
        var value = 0.0
    }

    /// Between two ticks of a gateway that runs there is no more than this; after more it has not listened, or its
    /// clock was set, and that nothing came says nothing about the sensors.
    private static var longestPause: Int64 { TimeSpan.minutes(1).nanoseconds }

    /// A larger number is no measurement, and its square no longer a number.
    static var largestValue: Double { 1e100 }

    package init(_ plan: Plan) {
        self.plan = plan
        layout = ProgramLayout(plan)
        series = Slab(repeating: SeriesState(), count: plan.series.count)
        instances = Slab(repeating: InstanceState(), count: plan.instances.count)
        registers = Slab(repeating: 0, count: plan.programs.map(\.instructions.count).max() ?? 0)
        bind()
    }

    deinit {
        for index in 0..<series.count {
            series[index].ring.free()
            series[index].maxima.free()
            series[index].minima.free()
        }
        for index in 0..<histories.count { histories[index].free() }
        for index in 0..<sorted.count { sorted[index].free() }
    }

    /// Takes one reading, evaluates every instance that it touches, and appends what changed.
    @inline(__always)
    package mutating func ingest(_ reading: Reading, into changes: inout [LevelChange]) -> ReadingOutcome {
        let index = Int(reading.series.index)
        // The comparison is false for what is not a number.
        guard index >= 0, index < series.count, abs(reading.value) < Self.largestValue else { return .unusable }
        let sample = Sample(time: reading.time.nanoseconds, value: reading.value)
        let quality = reading.quality
        if series[index].raw >= 0 {
            _ = place(sample, Int(series[index].raw), reading.series, isUsable: true, quality, into: &changes)
        }
        return place(sample, index, reading.series, isUsable: quality.isUsable, quality, into: &changes)
    }

    /// Takes readings in turn, as ``ingest(_:into:)`` does, and looks ahead for the next ones' state.
    ///
    /// - Parameter exceptions: gets the readings that were not evaluated, by index, and why.
    package mutating func ingest(
        _ readings: borrowing Span<Reading>, exceptions: inout [(index: Int, outcome: ReadingOutcome)], into changes: inout [LevelChange]
    ) {
        let count = readings.count
        // Looking ahead for state pays only where it does not lie in the caches anyway; samples hardly ever do.
        let looksAhead = stateSize > Self.cacheSize
        for at in readings.indices {
            if looksAhead {
                if at &+ 16 < count { prefetchState(Int(readings[at &+ 16].series.index)) }
                if at &+ 10 < count { prefetchWindows(Int(readings[at &+ 10].series.index)) }
            }
            if at &+ 5 < count { prefetchSamples(Int(readings[at &+ 5].series.index)) }
            let outcome = ingest(readings[at], into: &changes)
            if outcome != .evaluated { exceptions.append((at, outcome)) }
        }
    }

    /// A second-level cache of today's processors, in bytes, and how much of it readings go through here.
    private static var cacheSize: Int { 1 << 19 }
    private var stateSize: Int {
        series.count * MemoryLayout<SeriesState>.stride + lanes.count * MemoryLayout<Lanes>.stride + cursors.count * 4
    }

    @inline(__always)
    private mutating func place(
        _ taken: Sample, _ index: Int, _ cause: SeriesID, isUsable: Bool, _ quality: Quality, into changes: inout [LevelChange]
    ) -> ReadingOutcome {
        let state = series.address(index)
        let newest = state.pointee.newest
        var sample = taken
        if sample.time <= newest {
            if quality.contains(.clockReplaced), newest &- sample.time <= Self.longestPause {
                // With the time of its arrival it is the newest, also where the one before was believed to be a little ahead.
                sample.time = newest + 1
            } else {
                if newest &- sample.time > plan.lateness.nanoseconds { return .tooLate }
                if holds(sample, index) { return .repeated }
            }
        }
        guard isUsable else { return .unusable }
        // What timers had to do before this moment comes first, in the state of that moment.
        if state.pointee.wake < sample.time || state.pointee.readersWake < sample.time {
            runTimers(of: index, before: sample.time, into: &changes)
        }
        let shape = shapes.shapes.address(Int(state.pointee.shape))
        let hasChanged: Bool
        if sample.time >= newest, newest == .min || sample.time > state.pointee.now &- shape.pointee.shortest {
            hasChanged = append(sample, to: index)
            state.pointee.lag = listened == .min ? 0 : listened &- sample.time
        } else {
            insert(sample, into: index)
            if state.pointee.newest != newest { state.pointee.lag = listened == .min ? 0 : listened &- sample.time }
            hasChanged = test(index)
            if state.pointee.remembers { remember(anew: index) }
        }
        let wake = state.pointee.patience == .max ? .max : state.pointee.newest &+ state.pointee.patience
        state.pointee.wake = wake
        if wake < state.pointee.queued &- state.pointee.lag { queueTimer(ofSeries: index) }
        if hasChanged || state.pointee.alwaysCount > 0 || state.pointee.isDirty {
            react(index, at: sample.time, trigger: .reading(cause), into: &changes)
        }
        return .evaluated
    }

    /// Evaluates the instances that a series' newest sample, or a timer of it, touches.
    @inline(never)
    private mutating func react(_ index: Int, at time: Int64, trigger: LevelChange.Trigger, into changes: inout [LevelChange]) {
        serial &+= 1
        let state = series[index]
        let touched = state.isDirty ? state.readerCount : state.alwaysCount
        for at in 0..<Int(touched) { push(Int(readers[Int(state.readerBase) + at])) }
        if !state.isDirty {
            for word in 0..<shapes.shapes[Int(state.shape)].words {
                var bits = changedWords[word]
                while bits != 0 {
                    let bit = Int(state.bitReaderBase) + word * 64 + bits.trailingZeroBitCount
                    for at in bitReaderOffsets[bit]..<bitReaderOffsets[bit + 1] { push(Int(bitReaders[Int(at)])) }
                    bits &= bits &- 1
                }
            }
        }
        series[index].isDirty = false
        evaluatePending(at: time, trigger: trigger, into: &changes)
    }

    /// Marks an instance for evaluation in the moment under way.
    mutating func push(_ instance: Int) {
        guard instances[instance].serial != serial else { return }
        instances[instance].serial = serial
        pending.insert(Int32(instance))
    }

    /// Lowest first: an instance comes after those whose state it asks for.
    private mutating func evaluatePending(at time: Int64, trigger: LevelChange.Trigger, into changes: inout [LevelChange]) {
        while let next = pending.popMin() {
            settleMembers(of: Int(next), before: time, into: &changes)
            evaluate(Int(next), at: max(time, instances[Int(next)].now), trigger: trigger, into: &changes)
        }
    }
}

// Time without readings.
extension Engine {
    /// Runs what the timers of the instances had to do whose state an instance asks for.
    @inline(__always)
    private mutating func settleMembers(of index: Int, before time: Int64, into changes: inout [LevelChange]) {
        let base = Int(plan.instances[index].tallyBase)
        for number in 0..<layout.programs[Int(plan.instances[index].program)].tallyCount {
            let tally = layout.tallies[base + number]
            for at in tally.firstMember..<tally.firstMember + tally.memberCount {
                let member = Int(layout.members[Int(at)])
                while instances[member].wake < time {
                    evaluate(member, at: instances[member].wake, trigger: .timer, into: &changes)
                }
            }
        }
    }

    /// Moves the clock on: runs every timer that is due by `now`, in the order of their times.
    package mutating func advance(to now: Instant, into changes: inout [LevelChange]) {
        listen(at: now)
        if !hasStarted { start(at: now.nanoseconds) }
        while let timer = timers.min, timer.due <= now.nanoseconds {
            timers.removeMin()
            if timer.target < 0 {
                let index = Int(-1 - timer.target)
                guard series[index].queued == timer.due else { continue }
                series[index].queued = SeriesState.notQueued
                if series[index].wake <= timer.due &- series[index].lag {
                    lookAt(index, at: series[index].wake, into: &changes)
                } else {
                    queueTimer(ofSeries: index)
                }
            } else {
                let index = Int(timer.target)
                guard instances[index].queued == timer.due else { continue }
                instances[index].queued = .max
                let wake = instances[index].wake
                if wake <= timer.due &- lag(ofInstance: index) {
                    self.wake(index, into: &changes)
                } else if wake != .max {
                    queueTimer(ofInstance: index)
                }
            }
        }
    }

    /// Says that the gateway is listening at this moment of its clock. To be said before a reading that came after a
    /// pause, so that the pause is not taken for the sensors' silence.
    package mutating func listen(at now: Instant) {
        let pause = listened == .min ? .max : now.nanoseconds &- listened
        if pause > Self.longestPause || pause < -Self.longestPause { listeningSince = now.nanoseconds }
        listened = now.nanoseconds
    }

    /// Says that so much has passed by the gateway's clock, and not in truth: it was set, or nobody was there. What has to
    /// last has not lasted longer by it.
    package mutating func discount(_ span: TimeSpan) {
        for index in 0..<series.count { series[index].lag &+= span.nanoseconds }
    }

    /// When ``advance(to:into:)`` has something to do next, or `nil`.
    package var nextTimer: Instant? { timers.min.map { Instant(nanoseconds: $0.due) } }

    /// What no reading has touched by now is looked at once: a sensor may be dead from the beginning.
    private mutating func start(at now: Int64) {
        hasStarted = true
        for index in 0..<instances.count where instances[index].serial == 0 && instances[index].queued == .max {
            instances[index].wake = now &- lag(ofInstance: index)
            instances[index].queued = now
            timers.insert(Timer(due: now, target: Int32(index)))
        }
    }

    @inline(never)
    private mutating func queueTimer(ofSeries index: Int) {
        guard series[index].wake != .max else { return }
        series[index].queued = series[index].wake &+ series[index].lag
        timers.insert(Timer(due: series[index].queued, target: Int32(-1 - index)))
    }

    /// How far event time is behind the gateway's clock for an instance.
    func lag(ofInstance index: Int) -> Int64 {
        let clock = Int(instances[index].clockSeries)
        return clock >= 0 ? series[clock].lag : 0
    }

    private mutating func queueTimer(ofInstance index: Int) {
        instances[index].queued = instances[index].wake &+ lag(ofInstance: index)
        timers.insert(Timer(due: instances[index].queued, target: Int32(index)))
    }

    /// Evaluates an instance at the time of its timer.
    private mutating func wake(_ index: Int, into changes: inout [LevelChange]) {
        let time = instances[index].wake
        let (isFirst, before, level) = (instances[index].serial == 0, instances[index].now, instances[index].level)
        instances[index].wake = .max
        serial &+= 1
        push(index)
        evaluatePending(at: time, trigger: .timer, into: &changes)
        // Its readings may still be on their way, from before this moment.
        if isFirst, instances[index].level == level { instances[index].now = before }
    }

    /// Moves a series' windows on to a moment at which no reading came, and sees what follows.
    ///
    /// A window that empties is seen at the exact moment. One that only loses samples, because the next reading
    /// is overdue, is looked at when that is half an interval late, and every one and a half from then: not
    /// earlier, since a reading that is merely on its way must not be judged as missing.
    private mutating func lookAt(_ index: Int, at time: Int64, into changes: inout [LevelChange]) {
        advance(index, to: time)
        let hasChanged = test(index)
        let state = view(index)
        var empties = Int64.max
        var loses = Int64.max
        for lane in 0..<state.shape.pointee.windowCount where state.count(lane: lane) > 0 {
            let length = shapes.lengths[state.shape.pointee.lengthBase + lane]
            empties = min(empties, state.newest &+ length)
            loses = min(loses, state.ring[Int(state.ring.count) - state.count(lane: lane)].time &+ length)
        }
        let overdue = loses == .max ? .max : max(loses, time &+ plan.series[index].overdueAfter)
        series[index].wake = min(empties, overdue)
        if series[index].wake < series[index].queued &- series[index].lag { queueTimer(ofSeries: index) }
        // What was restored is judged with its next reading: that only time has passed says nothing new of it, and would
        // put what is still on its way in the past.
        if hasChanged || series[index].alwaysCount > 0 { react(index, at: time, trigger: .timer, into: &changes) }
    }

    /// Runs what timers had to do strictly before a moment: those of a series, and of the instances that read it.
    @inline(never)
    private mutating func runTimers(of index: Int, before time: Int64, into changes: inout [LevelChange]) {
        while true {
            let base = Int(series[index].readerBase)
            var earliest = Int64.max
            var reader = -1
            for at in base..<base + Int(series[index].readerCount) {
                let instance = Int(readers[at])
                if instances[instance].wake < earliest { (earliest, reader) = (instances[instance].wake, instance) }
            }
            series[index].readersWake = earliest
            if series[index].wake < time, series[index].wake <= earliest {
                lookAt(index, at: series[index].wake, into: &changes)
            } else if earliest < time {
                wake(reader, into: &changes)
            } else {
                return
            }
        }
    }
}

// The state that is stored with alarms, and figures.
extension Engine {
    package func ladderState(of instance: Int) -> LadderState { instances[instance].ladder }

    /// Puts an instance where its stored alarm says that it stood. It is judged anew with the next reading.
    /// - Parameter moved: when it came there; what was before that moment no longer moves it.
    package mutating func restore(_ ladder: LadderState, to instance: Int, movedAt moved: Instant = .distantPast) {
        instances[instance].now = max(instances[instance].now, moved.nanoseconds)
        instances[instance].level = ladder.level
        instances[instance].held = ladder.held
        instances[instance].isUncertain = ladder.isUncertain
        instances[instance].isBlind = ladder.isBlind
        instances[instance].isSuppressed = ladder.isSuppressed
        for at in 0..<Int(instances[instance].seriesCount) {
            series[Int(instanceSeries[Int(instances[instance].seriesBase) + at])].isDirty = true
        }
    }

    /// How many different values over several series rules ask for.
    package var joinedValueCount: Int { cached.count }

    /// The number of samples held, for the metrics.
    package var sampleCount: Int {
        var total = 0
        for index in 0..<series.count { total += Int(series[index].ring.count) }
        return total
    }
}
