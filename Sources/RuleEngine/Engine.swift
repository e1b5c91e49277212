internal import AlarmModel
package import RulePlan
package import Telemetry

// Wrapping operators: times are of the years 1960 to 2159 (Instant.clamped at every way in), so that their differences,
// ingest delays among them, are at most 200 years. A span in a file is at most 50 years, so that no
// window, with what its conditions remember, is longer than 100. An Int64 of nanoseconds reaches from 1677 to 2262: a
// time and such a span, or two times, never leave it. A delay is added to a time or taken from it only by saturating
// operators. `.min` and `.max`, which stand for none, are asked for before, or only compared with. Positions are below
// the count of readings; serials wrap, and are only compared for equality.

/// The performance core: readings and clock ticks in, level changes out.
///
/// ```swift
/// var engine = Engine(compiled.plan)
/// var changes: [LevelChange] = []
/// _ = engine.ingest(Reading(series: level, time: now, value: 3.4), into: &changes)
/// engine.advance(to: now + .minutes(10), into: &changes)  // `for`, and sensors that have fallen silent
/// ```
///
/// Deterministic: it opens nothing, never sleeps and asks no clock. So the same readings and ticks in the same order
/// give the same changes, live, replayed or after a crash.
///
/// A reading updates its series' windows and thresholds once, however many rules share them (``SeriesWindows``). A
/// rule runs only when one of its thresholds changes, or when it needs more than thresholds (``RuleEvaluator``).
/// Without readings, timers decide when to look again (``TimerQueue``). In the steady state a reading allocates
/// nothing; its cost is O(windows of its series), amortised. Only a level change allocates.
///
/// The code that runs for each reading is inlined or `mutating`, even where it changes nothing. Otherwise Swift 6.3
/// passes a copy of the engine, 1 KB, to a method that only reads it.
package struct Engine: ~Copyable {
    var windows: SeriesWindows
    var evaluator: RuleEvaluator
    var timers = TimerQueue()
    /// The samples of a message that come too late for their windows' ends: see `Evaluation/Late.swift`.
    var late = LateSamples()
    /// The time of the newest sample of the current moment that touches an instance, or `.min`; and the series of
    /// that reading.
    private var moment = Int64.min
    private var momentCause: Int32 = -1
    var hasStarted = false
    let allowedLateness: Int64

    package init(_ plan: Plan) {
        let demands = SeriesDemands(plan)
        var windows = SeriesWindows(plan, demands)
        evaluator = RuleEvaluator(plan, demands, &windows)
        self.windows = windows
        allowedLateness = plan.allowedLateness.nanoseconds
    }

    /// Takes one reading, evaluates every instance that it touches, and appends the changes.
    package mutating func ingest(_ reading: Reading, into changes: inout [LevelChange]) -> ReadingOutcome {
        guard Instant.range.contains(reading.time) else { return .unusable }
        beginMoment()
        let outcome = take(reading, mayBeLate: true, into: &changes)
        endMoment(into: &changes)
        return outcome ?? .evaluated
    }

    @inline(__always)
    mutating func beginMoment() {
        evaluator.serial &+= 1
        moment = .min
    }

    /// Evaluates the instances that samples of the current moment touch.
    @inline(__always)
    mutating func endMoment(into changes: inout [LevelChange]) {
        if moment != .min {
            evaluator.evaluatePending(
                at: moment, trigger: .reading(SeriesID(index: momentCause)), &windows, &timers, into: &changes)
        }
    }

    /// Takes one reading of the current moment.
    /// - Returns: `nil` for a late reading that must be taken by itself, unless it `mayBeLate`.
    @inline(__always)
    private mutating func take(_ reading: Reading, mayBeLate: Bool, into changes: inout [LevelChange])
        -> ReadingOutcome?
    {
        let index = SeriesIndex(reading.series.index)
        // The comparison is false for `nan`.
        guard windows.series.contains(index), abs(reading.value) < SeriesWindows.largestValue else {
            return .unusable
        }
        let state = windows.series.address(index)
        let sample = Sample(time: reading.time.nanoseconds, value: reading.value)
        let quality = reading.quality
        if state.pointee.twin >= 0 { giveTwins(sample, reading, index, into: &changes) }
        return place(
            sample, index, state, reading.series, isUsable: quality.isUsable, quality, mayBeLate: mayBeLate,
            into: &changes)
    }

    /// Gives a sample to the other series of its sensor that take it.
    @inline(never)
    private mutating func giveTwins(
        _ sample: Sample, _ reading: Reading, _ index: SeriesIndex, into changes: inout [LevelChange]
    ) {
        var next = windows.twin(of: index)
        while let twin = next {
            give(sample, reading, twin, into: &changes)
            next = windows.twin(of: twin)
        }
    }

    /// Gives a sample to a series of its sensor, if it takes it.
    mutating func give(
        _ sample: Sample, _ reading: Reading, _ twin: SeriesIndex, into changes: inout [LevelChange]
    ) {
        let state = windows.series.address(twin)
        guard state.pointee.selection.contains(reading.quality) else {
            // The sensor is heard, although not by this series.
            let isHeard = state.pointee.isQuiet && !reading.quality.contains(.maintenance)
            if isHeard, sample.time >= state.pointee.newest { resume(twin, with: sample) }
            return
        }
        _ = place(
            sample, twin, state, reading.series, isUsable: true, reading.quality, mayBeLate: true, into: &changes)
    }

    /// Puts a sample into its series' windows, and marks the instances that it touches.
    /// - Parameter state: the state of the series; it stays where it is.
    /// - Returns: `nil` for a late sample that must be taken by itself, unless it `mayBeLate`.
    @inline(__always)
    private mutating func place(
        _ taken: Sample, _ index: SeriesIndex, _ state: UnsafeMutablePointer<SeriesState>, _ cause: SeriesID,
        isUsable: Bool, _ quality: Quality, mayBeLate: Bool, into changes: inout [LevelChange]
    ) -> ReadingOutcome? {
        let newest = state.pointee.newest
        var sample = taken
        if sample.time <= newest {
            if quality.contains(.clockReplaced), windows.isOvertaken(newest, byArrivalAt: sample.time) {
                // Dated by its arrival, it is the newest, even if the sample before it was believed to be a little
                // ahead.
                sample.time = newest + 1
            } else if newest &- sample.time > allowedLateness {
                return .tooLate
            }
        }
        guard isUsable else { return .unusable }
        // Timers due before this moment run first, in the state of their own moment.
        settleOne(index, state, before: sample.time, into: &changes)
        let shape = windows.shapes.shapes.address(Int(state.pointee.shape))
        let isNewest =
            sample.time >= newest && (newest == .min || sample.time > state.pointee.now &- shape.pointee.shortest)
        guard isNewest else {
            guard mayBeLate else { return nil }
            takeLate(sample, quality, into: index, because: cause)
            return .evaluated
        }
        if state.pointee.isQuiet { resume(index, with: sample) }
        state.pointee.ingestDelay = windows.listened == .min ? 0 : windows.listened &- sample.time
        state.pointee.isSuspect = quality.isSuspect
        let hasChanged = windows.append(sample, to: index)
        wait(for: index, state)
        if hasChanged || state.pointee.alwaysCount > 0 || state.pointee.isDirty {
            touch(index, at: sample.time, because: cause)
        }
        return .evaluated
    }

    /// Sets the timer of a series that has just got a sample.
    @inline(__always)
    mutating func wait(for index: SeriesIndex, _ state: UnsafeMutablePointer<SeriesState>) {
        let wake = state.pointee.overdueTimeout == .max ? .max : state.pointee.newest &+ state.pointee.overdueTimeout
        state.pointee.wake = wake
        if wake < state.pointee.queued.saturatingSubtract(state.pointee.ingestDelay) { queueTimer(ofSeries: index) }
    }

    /// Ends the silence or the pause of a series with its sample.
    @inline(never)
    mutating func resume(_ index: SeriesIndex, with sample: Sample) {
        if windows.resume(index, with: sample) { evaluator.noteSensorNews(index, &windows) }
    }

    /// Marks the instances that a sample of a series touches, for the evaluation at the end of the current moment.
    @inline(never)
    mutating func touch(_ index: SeriesIndex, at time: Int64, because cause: SeriesID) {
        moment = max(moment, time)
        momentCause = cause.index
        evaluator.pushReaders(of: index, &windows)
    }

    /// Marks an instance for the evaluation at the end of the current moment.
    mutating func touch(instance: Int, at time: Int64, because cause: SeriesID) {
        moment = max(moment, time)
        momentCause = cause.index
        evaluator.push(instance)
    }

    /// Moves the clock on: runs every timer that is due by `now`, in the order of their times.
    package mutating func advance(to now: Instant, into changes: inout [LevelChange]) {
        let now = now.clamped
        heartbeat(at: now)
        if !hasStarted { start(at: now.nanoseconds) }
        recomputeDueMemories(at: now.nanoseconds, into: &changes)
        while let timer = timers.popFirst(dueBy: now.nanoseconds) {
            switch timer.target {
            case .series(let index): runTimer(ofSeries: index, due: timer.due, into: &changes)
            case .instance(let index): runTimer(ofInstance: index, due: timer.due, now: now.nanoseconds, into: &changes)
            }
        }
    }

    /// The time at which ``advance(to:into:)`` next has something to do, or `nil`.
    package var nextTimer: Instant? {
        let next = min(timers.next, late.due)
        return next == .max ? nil : Instant(nanoseconds: next)
    }
}

extension Engine {
    /// Takes the readings of a message, those of one time together, in the order of their times. Late readings, older
    /// than the ends of their windows, come first. Fetches the state of the next readings ahead.
    ///
    /// - Parameters:
    ///   - readings: in the order of their times.
    ///   - exceptions: gets the index of each reading that was not evaluated, and the reason.
    package mutating func ingest(
        _ readings: borrowing Span<Reading>, exceptions: inout [(index: Int, outcome: ReadingOutcome)],
        into changes: inout [LevelChange]
    ) {
        let count = readings.count
        // Fetching state ahead pays only where the caches do not hold it already; they hardly ever hold samples.
        let looksAhead = stateSize > Self.cacheSize
        var at = 0
        late.isTaken.removeAll(keepingCapacity: true)
        var someAreTaken = false
        while at < count {
            let time = readings[at].time
            var end = at &+ 1
            while end < count, readings[end].time == time { end &+= 1 }
            guard Instant.range.contains(time) else {
                // No decoded reading has such a time.
                for index in at..<end { exceptions.append((index, .unusable)) }
                at = end
                continue
            }
            // Timers due before this moment run for all its series before the first of its samples comes.
            if end &- at > 1 {
                for index in at..<end {
                    settle(SeriesIndex(readings[index].series.index), before: time.nanoseconds, into: &changes)
                }
            }
            beginMoment()
            for index in at..<end {
                if looksAhead {
                    if index &+ 16 < count { windows.prefetchState(SeriesIndex(readings[index &+ 16].series.index)) }
                    if index &+ 10 < count { windows.prefetchWindows(SeriesIndex(readings[index &+ 10].series.index)) }
                }
                if index &+ 5 < count { windows.prefetchSamples(SeriesIndex(readings[index &+ 5].series.index)) }
                if someAreTaken, late.isTaken[index] { continue }
                if let outcome = take(readings[index], mayBeLate: someAreTaken, into: &changes) {
                    if outcome != .evaluated { exceptions.append((index, outcome)) }
                } else {
                    takeLate(readings, from: index, into: &changes)
                    someAreTaken = true
                }
            }
            endMoment(into: &changes)
            at = end
        }
    }

    /// Runs the timers due before a moment, for a sensor's series, which may get a sample then.
    @inline(__always)
    mutating func settle(_ index: SeriesIndex, before time: Int64, into changes: inout [LevelChange]) {
        guard windows.series.contains(index) else { return }
        var next: SeriesIndex? = index
        while let index = next {
            settleOne(index, windows.series.address(index), before: time, into: &changes)
            next = windows.twin(of: index)
        }
    }

    @inline(__always)
    mutating func settleOne(
        _ index: SeriesIndex, _ state: UnsafeMutablePointer<SeriesState>, before time: Int64,
        into changes: inout [LevelChange]
    ) {
        if state.pointee.wake < time || state.pointee.readersWake < time {
            runTimers(of: index, before: time, into: &changes)
        }
    }

    /// The size in bytes of a second-level cache of today's processors, and the part of it that readings use here.
    private static var cacheSize: Int { 1 << 19 }
    private var stateSize: Int {
        windows.series.count * MemoryLayout<SeriesState>.stride + windows.lanes.count * MemoryLayout<LanePair>.stride
            + windows.cursors.count * 4
    }
}
