internal import AlarmModel
internal import HeapModule
internal import RulePlan
package import Telemetry

// Wrapping operators: for times and spans see Engine.swift. Serials wrap, and are only compared for equality.

// Time without readings.
extension Engine {
    /// Runs what the timers of the instances had to do whose state an instance asks for.
    @inline(__always)
    mutating func settleMembers(of index: Int, before time: Int64, into changes: inout [LevelChange]) {
        let base = Int(plan.instances[index].tallyBase)
        for number in 0..<layout.programs[Int(plan.instances[index].program)].tallyCount {
            let tally = layout.tallies[base + number]
            for at in tally.firstMember..<tally.firstMember + tally.memberCount {
                let member = Int(layout.members[Int(at)])
                let clock = Int(instances[member].clockSeries)
                let time = clock >= 0 ? ownTime(clock, at: time) : time
                guard instances[member].wake < time else { continue }
                let from = hoursFrom
                hoursFrom = time.saturatingSubtract(hoursCaughtUp)
                while instances[member].wake < time {
                    evaluate(member, at: instances[member].wake, trigger: .timer, into: &changes)
                }
                hoursFrom = from
            }
        }
    }

    /// Moves the clock on: runs every timer that is due by `now`, in the order of their times.
    package mutating func advance(to now: Instant, into changes: inout [LevelChange]) {
        let now = now.clamped
        listen(at: now)
        if !hasStarted { start(at: now.nanoseconds) }
        recomputeDueMemories(at: now.nanoseconds, into: &changes)
        while let timer = timers.min, timer.due <= now.nanoseconds {
            timers.removeMin()
            if timer.target < 0 {
                let index = Int(-1 - timer.target)
                guard series[index].queued == timer.due else { continue }
                series[index].queued = .max
                let due = timer.due.saturatingSubtract(series[index].lag)
                if series[index].wake <= due {
                    lookAt(index, at: series[index].wake, into: &changes)
                } else if !series[index].isSilent, isSilent(index, at: due) {
                    lookAt(index, at: due, into: &changes)
                } else {
                    queueTimer(ofSeries: index)
                    if series[index].wake == .max { queueSilence(ofSeries: index) }
                }
            } else {
                let index = Int(timer.target)
                guard instances[index].queued == timer.due else { continue }
                instances[index].queued = .max
                let wake = instances[index].wake
                let lag = lag(ofInstance: index)
                if wake <= timer.due.saturatingSubtract(lag) {
                    hoursFrom = now.nanoseconds.saturatingSubtract(lag).saturatingSubtract(hoursCaughtUp)
                    self.wake(index, into: &changes)
                    hoursFrom = .min
                } else if wake != .max {
                    queueTimer(ofInstance: index)
                }
            }
        }
    }

    /// When ``advance(to:into:)`` has something to do next, or `nil`.
    package var nextTimer: Instant? {
        let next = min(timers.min?.due ?? .max, late.due)
        return next == .max ? nil : Instant(nanoseconds: next)
    }

    /// What no reading has touched by now is looked at once: a sensor may be dead from the beginning.
    private mutating func start(at now: Int64) {
        hasStarted = true
        for index in 0..<instances.count where instances[index].serial == 0 && instances[index].queued == .max {
            instances[index].wake = now.saturatingSubtract(lag(ofInstance: index))
            instances[index].queued = now
            timers.insert(Timer(due: now, target: Int32(index)))
        }
    }

    @inline(never)
    mutating func queueTimer(ofSeries index: Int) {
        guard series[index].wake != .max else { return }
        series[index].queued = series[index].wake.saturatingAdd(series[index].lag)
        timers.insert(Timer(due: series[index].queued, target: Int32(-1 - index)))
    }

    /// Whether nothing was heard up to a moment only because nobody listened. The reading that follows tells what has
    /// become of it; until then nothing has changed.
    private mutating func isBecauseOfPause(_ index: Int, at time: Int64) -> Bool {
        guard series[index].pause > 0, series[index].newest != .min, time >= silentAt(index) else { return false }
        return time &- series[index].pause < silentAt(index) && !isSilent(index, at: time)
    }

    /// Sets the timer of a series for the moment at which the gateway will have waited for its sensor's silence: the
    /// reading that is waited for may never come.
    private mutating func queueSilence(ofSeries index: Int) {
        guard !series[index].isSilent, series[index].newest != .min else { return }
        let due = Self.later(silentAt(index), series[index].lag)
        guard due < series[index].queued else { return }
        series[index].queued = due
        timers.insert(Timer(due: due, target: Int32(-1 - index)))
    }

    /// How far event time is behind the gateway's clock for an instance.
    mutating func lag(ofInstance index: Int) -> Int64 {
        let clock = Int(instances[index].clockSeries)
        return clock >= 0 ? series[clock].lag : 0
    }

    private mutating func queueTimer(ofInstance index: Int) {
        instances[index].queued = instances[index].wake.saturatingAdd(lag(ofInstance: index))
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
        if isBecauseOfPause(index, at: time) {
            series[index].wake = .max
            queueSilence(ofSeries: index)
            return
        }
        advance(index, to: time)
        noteSilence(index, at: time)
        if !series[index].isSilent, series[index].newest != .min, time >= silentAt(index) {
            series[index].isInGap = true
            series[index].isQuiet = true
        }
        series[index].lookedAt = time
        if series[index].newest == .min {
            series[index].wake = nextUnheardLook(index)
            queueTimer(ofSeries: index)
            if test(index) || series[index].alwaysCount > 0 || series[index].isDirty {
                react(index, at: time, into: &changes)
            }
            return
        }
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
        let silent = series[index].isSilent ? .max : silentAt(index)
        series[index].wake = min(empties, overdue, silent > time ? silent : .max)
        if series[index].wake < series[index].queued.saturatingSubtract(series[index].lag) {
            queueTimer(ofSeries: index)
        }
        if series[index].isInGap { queueSilence(ofSeries: index) }
        // What was restored is judged with its next reading: that only time has passed says nothing new of it, and
        // would put what is still on its way in the past. That its sensor is silent does.
        if hasChanged || series[index].alwaysCount > 0 || series[index].isSilent && series[index].isDirty {
            react(index, at: time, into: &changes)
        }
    }

    /// Runs what timers had to do strictly before a moment: those of a series, and of the instances that read it.
    @inline(never)
    mutating func runTimers(of index: Int, before time: Int64, into changes: inout [LevelChange]) {
        hoursFrom = time.saturatingSubtract(hoursCaughtUp)
        defer { hoursFrom = .min }
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
                // What was evaluated at those moments is evaluated anew in the one under way.
                serial &+= 1
                return
            }
        }
    }
}
