package import AlarmModel
internal import HeapModule
package import RulePlan
package import Telemetry

// Wrapping operators: times are of the years 1960 to 2159 (Instant.clamped at every way in), so that their differences,
// lags among them, are at most 200 years. A span in a file is at most 50 years (TimeSpan.longestWritten), so that no
// window, with what its conditions remember, is longer than 100. An Int64 of nanoseconds reaches from 1677 to 2262: a
// time and such a span, or two times, never leave it. A lag is added to a time or taken from it only by saturating
// operators. `.min` and `.max`, which stand for none, are asked for before, or only compared with. Positions are below
// the count of readings; serials wrap, and are only compared for equality.

/// The performance core: readings and clock ticks in, level changes out.
///
/// Deterministic: it opens nothing, sleeps never and asks no clock, so that the same readings and ticks
/// in the same order give the same changes, live, replayed or after a crash.
///
/// A reading moves the windows of its series and makes the series' tests (`mean(q, 10m) > 24 degC`), each once,
/// however many rules it stands in; only rules of which a test came out differently are run, and those
/// that take more than one series' windows to decide. In the steady state a reading allocates nothing; its cost
/// is O(windows of its series) amortised. Only a level change allocates.
///
/// What a reading runs through is inlined or `mutating`, also where it changes nothing: Swift 6.3 hands a copy of the
/// engine, 1 KB, to a method that only reads it and is not inlined.
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
    /// For each register, whether the search for what is missing has to look at it.
    var isWanted: Slab<Bool>
    /// The values over several series at the moment under way, each once.
    var cached = Slab(repeating: CachedValue(), count: 0)

    var timers = Heap<Timer>()
    /// The instances that the moment under way has still to evaluate, lowest first.
    var pending = Heap<Int32>()
    /// Counts the moments at which something is evaluated.
    var serial: UInt64 = 0
    /// The newest sample of the moment under way that touches anything, or `.min`; and the series whose reading it was.
    private var moment = Int64.min
    private var momentCause: Int32 = -1
    /// When the evaluation under way has to be repeated, if no reading comes.
    var due = Int64.max
    var hasStarted = false
    /// When the gateway listened last, and since when it has without a pause.
    var listened = Int64.min
    var listeningSince = Int64.min
    /// While timers catch up: hours that began before are passed over, except the first. So that a gap of decades, as a
    /// clock that is set for the first time makes one, is not gone through hour by hour.
    var hoursFrom = Int64.min
    /// How much of a gap is gone through hour by hour: each hour of each day of the week, and what any condition
    /// remembers.
    let hoursCaughtUp: Int64
    /// What a message holds that comes too late for its windows' ends: see `Engine+Late`.
    var late = LateSamples()

    /// An instance's timer, or, below zero, that of series −1 − `target`.
    ///
    /// Timers are of event time. Where readings come late, by the gateway's clock, event time is as much behind it:
    /// what has to last a minute has lasted it when a minute has passed since the reading came, not when the clock says
    /// so.
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

    /// A larger number is no measurement, and its square no longer a number.
    static var largestValue: Double { 1e100 }

    package init(_ plan: Plan) {
        self.plan = plan
        layout = ProgramLayout(plan)
        series = Slab(repeating: SeriesState(), count: plan.series.count)
        instances = Slab(repeating: InstanceState(), count: plan.instances.count)
        hoursCaughtUp = max(TimeSpan.days(8).nanoseconds, plan.programs.map(\.memory.nanoseconds).max() ?? 0)
        registers = Slab(repeating: 0, count: plan.programs.map(\.instructions.count).max() ?? 0)
        isWanted = Slab(repeating: false, count: registers.count)
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
    package mutating func ingest(_ reading: Reading, into changes: inout [LevelChange]) -> ReadingOutcome {
        guard Instant.range.contains(reading.time) else { return .unusable }
        beginMoment()
        let outcome = take(reading, mayBeLate: true, into: &changes)
        endMoment(into: &changes)
        return outcome ?? .evaluated
    }

    /// Takes the readings of a message: those of one time together, one time after the other, and those first that come
    /// too late for their windows' ends. Looks ahead for the next ones' state.
    ///
    /// - Parameters:
    ///   - readings: in the order of their times.
    ///   - exceptions: gets the readings that were not evaluated, by index, and why.
    package mutating func ingest(
        _ readings: borrowing Span<Reading>, exceptions: inout [(index: Int, outcome: ReadingOutcome)],
        into changes: inout [LevelChange]
    ) {
        let count = readings.count
        // Looking ahead for state pays only where it does not lie in the caches anyway; samples hardly ever do.
        let looksAhead = stateSize > Self.cacheSize
        var at = 0
        late.isTaken.removeAll(keepingCapacity: true)
        while at < count {
            let time = readings[at].time
            var end = at &+ 1
            while end < count, readings[end].time == time { end &+= 1 }
            guard Instant.range.contains(time) else {
                // No reading that was decoded has such a time.
                for index in at..<end { exceptions.append((index, .unusable)) }
                at = end
                continue
            }
            // What timers had to do before this moment is done for all its series before the first of its samples
            // comes.
            if end &- at > 1 {
                for index in at..<end {
                    settle(Int(readings[index].series.index), before: time.nanoseconds, into: &changes)
                }
            }
            beginMoment()
            for index in at..<end {
                if looksAhead {
                    if index &+ 16 < count { prefetchState(Int(readings[index &+ 16].series.index)) }
                    if index &+ 10 < count { prefetchWindows(Int(readings[index &+ 10].series.index)) }
                }
                if index &+ 5 < count { prefetchSamples(Int(readings[index &+ 5].series.index)) }
                let someAreTaken = !late.isTaken.isEmpty
                if someAreTaken, late.isTaken[index] { continue }
                if let outcome = take(readings[index], mayBeLate: someAreTaken, into: &changes) {
                    if outcome != .evaluated { exceptions.append((index, outcome)) }
                } else {
                    takeLate(readings, from: index, into: &changes)
                }
            }
            endMoment(into: &changes)
            at = end
        }
    }

    /// Takes one reading of the moment under way.
    /// - Returns: `nil` for a late reading that has to be taken by itself, unless it `mayBeLate`.
    @inline(__always)
    private mutating func take(_ reading: Reading, mayBeLate: Bool, into changes: inout [LevelChange])
        -> ReadingOutcome?
    {
        let index = Int(reading.series.index)
        // The comparison is false for what is not a number.
        guard index >= 0, index < series.count, abs(reading.value) < Self.largestValue else { return .unusable }
        let sample = Sample(time: reading.time.nanoseconds, value: reading.value)
        let quality = reading.quality
        if series[index].raw >= 0 { takeRaw(sample, reading, index, into: &changes) }
        return place(
            sample, index, reading.series, isUsable: quality.isUsable, quality, mayBeLate: mayBeLate, into: &changes)
    }

    /// Gives a sample to the raw twin of its series, if that has one.
    @inline(never)
    mutating func takeRaw(_ sample: Sample, _ reading: Reading, _ index: Int, into changes: inout [LevelChange]) {
        guard series[index].raw >= 0 else { return }
        _ = place(
            sample, Int(series[index].raw), reading.series, isUsable: true, reading.quality, mayBeLate: true,
            into: &changes)
    }

    @inline(__always)
    private mutating func beginMoment() {
        serial &+= 1
        moment = .min
    }

    /// Evaluates what the samples of the moment under way touch.
    @inline(__always)
    mutating func endMoment(into changes: inout [LevelChange]) {
        if moment != .min {
            evaluatePending(at: moment, trigger: .reading(SeriesID(index: momentCause)), into: &changes)
        }
    }

    /// Runs what timers had to do before a moment, of a series that gets a sample then, and of its raw twin.
    @inline(__always)
    private mutating func settle(_ index: Int, before time: Int64, into changes: inout [LevelChange]) {
        guard index >= 0, index < series.count else { return }
        settleOne(index, before: time, into: &changes)
        let raw = Int(series[index].raw)
        if raw >= 0 { settleOne(raw, before: time, into: &changes) }
    }

    @inline(__always)
    private mutating func settleOne(_ index: Int, before time: Int64, into changes: inout [LevelChange]) {
        let state = series.address(index)
        if state.pointee.wake < time || state.pointee.readersWake < time {
            runTimers(of: index, before: time, into: &changes)
        }
    }

    /// A second-level cache of today's processors, in bytes, and how much of it readings go through here.
    private static var cacheSize: Int { 1 << 19 }
    private var stateSize: Int {
        series.count * MemoryLayout<SeriesState>.stride + lanes.count * MemoryLayout<Lanes>.stride + cursors.count * 4
    }

    @inline(__always)
    private mutating func place(
        _ taken: Sample, _ index: Int, _ cause: SeriesID, isUsable: Bool, _ quality: Quality, mayBeLate: Bool,
        into changes: inout [LevelChange]
    ) -> ReadingOutcome? {
        let state = series.address(index)
        let newest = state.pointee.newest
        var sample = taken
        if sample.time <= newest {
            if quality.contains(.clockReplaced), isOvertaken(newest, byArrivalAt: sample.time) {
                // With the time of its arrival it is the newest, also where the one before was believed to be a little
                // ahead.
                sample.time = newest + 1
            } else if newest &- sample.time > plan.allowedLateness.nanoseconds {
                return .tooLate
            }
        }
        guard isUsable else { return .unusable }
        // What timers had to do before this moment comes first, in the state of that moment.
        settleOne(index, before: sample.time, into: &changes)
        let shape = shapes.shapes.address(Int(state.pointee.shape))
        let isNewest =
            sample.time >= newest && (newest == .min || sample.time > state.pointee.now &- shape.pointee.shortest)
        guard isNewest else {
            guard mayBeLate else { return nil }
            takeLate(sample, into: index, because: cause)
            return .evaluated
        }
        if state.pointee.isQuiet { resume(index, with: sample) }
        state.pointee.lag = listened == .min ? 0 : listened &- sample.time
        let hasChanged = append(sample, to: index)
        wait(for: index)
        if hasChanged || state.pointee.alwaysCount > 0 || state.pointee.isDirty {
            touch(index, at: sample.time, because: cause)
        }
        return .evaluated
    }

    /// Sets the timer of a series that has just got a sample.
    @inline(__always)
    mutating func wait(for index: Int) {
        let state = series.address(index)
        let wake = state.pointee.patience == .max ? .max : state.pointee.newest &+ state.pointee.patience
        state.pointee.wake = wake
        if wake < state.pointee.queued.saturatingSubtract(state.pointee.lag) { queueTimer(ofSeries: index) }
    }

    /// Marks what a sample of a series touches for the evaluation at the end of the moment under way.
    @inline(never)
    mutating func touch(_ index: Int, at time: Int64, because cause: SeriesID) {
        moment = max(moment, time)
        momentCause = cause.index
        pushTouched(index)
    }

    /// Marks an instance for the evaluation at the end of the moment under way.
    mutating func touch(instance: Int, at time: Int64, because cause: SeriesID) {
        moment = max(moment, time)
        momentCause = cause.index
        push(instance)
    }

    /// Evaluates the instances that a timer of a series touches.
    @inline(never)
    mutating func react(_ index: Int, at time: Int64, into changes: inout [LevelChange]) {
        serial &+= 1
        // Of a sensor that has never been heard the time is the gateway's; its own readings may be from before that.
        let isUnheard = series[index].newest == .min
        let base = Int(series[index].readerBase)
        let readers = isUnheard ? (base..<base + Int(series[index].readerCount)).map { Int(self.readers[$0]) } : []
        let before = readers.map { instances[$0] }
        pushTouched(index)
        evaluatePending(at: time, trigger: .timer, into: &changes)
        for (reader, before) in zip(readers, before) where instances[reader].level == before.level {
            instances[reader].now = before.now
        }
    }

    mutating func pushTouched(_ index: Int) {
        let state = series.address(index)
        let isDirty = state.pointee.isDirty
        state.pointee.isDirty = false
        let touched = isDirty ? state.pointee.readerCount : state.pointee.alwaysCount
        let (readerBase, bitReaderBase) = (Int(state.pointee.readerBase), Int(state.pointee.bitReaderBase))
        for at in 0..<Int(touched) { push(Int(readers[readerBase + at])) }
        guard !isDirty else { return }
        for word in 0..<shapes.shapes[Int(state.pointee.shape)].words {
            var bits = changedWords[word]
            while bits != 0 {
                let bit = bitReaderBase + word * 64 + bits.trailingZeroBitCount
                for at in bitReaderOffsets[bit]..<bitReaderOffsets[bit + 1] { push(Int(bitReaders[Int(at)])) }
                bits &= bits &- 1
            }
        }
    }

    /// Marks an instance for evaluation in the moment under way.
    mutating func push(_ instance: Int) {
        guard instances[instance].serial != serial else { return }
        instances[instance].serial = serial
        pending.insert(Int32(instance))
    }

    /// Lowest first: an instance comes after those whose state it asks for.
    mutating func evaluatePending(at time: Int64, trigger: LevelChange.Trigger, into changes: inout [LevelChange]) {
        while let next = pending.popMin() {
            settleMembers(of: Int(next), before: time, into: &changes)
            evaluate(Int(next), at: max(time, instances[Int(next)].now), trigger: trigger, into: &changes)
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
        instances[instance].hasNoData = ladder.hasNoData
        instances[instance].isSuppressed = ladder.isSuppressed
        for at in 0..<Int(instances[instance].seriesCount) {
            series[Int(instanceSeries[Int(instances[instance].seriesBase) + at])].isDirty = true
        }
    }

    /// Where a series is kept; `nil` if the plan does not know it.
    func index(of id: SeriesID) -> Int? { 0 <= id.index && Int(id.index) < series.count ? Int(id.index) : nil }

    /// How many samples from before its windows a series needs: what it was is part of what it does. 0 where no rule
    /// reads it.
    package func samplesBefore(of id: SeriesID) -> Int {
        guard let index = index(of: id) else { return 0 }
        return [index, Int(series[index].raw)].reduce(0) { most, index in
            guard index >= 0, series[index].readerCount > 0 else { return most }
            return max(most, shapes.shapes[Int(series[index].shape)].spare)
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
