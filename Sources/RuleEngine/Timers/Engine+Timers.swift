internal import AlarmModel
internal import RulePlan
package import Telemetry

// Wrapping operators: for times and spans see Engine.swift. Serials wrap, and are only compared for equality.

// Runs the timers that are due.
extension Engine {
    /// Looks at a series whose entry in the queue is due, or enters it again for a later time.
    mutating func runTimer(ofSeries index: SeriesIndex, due entry: Int64, into changes: inout [LevelChange]) {
        guard windows.series[index].queued == entry else { return }
        windows.series[index].queued = .max
        let due = entry.saturatingSubtract(windows.series[index].ingestDelay)
        if windows.series[index].wake <= due {
            lookAt(index, at: windows.series[index].wake, into: &changes)
        } else if !windows.series[index].isSilent, windows.isSilent(index, at: due) {
            lookAt(index, at: due, into: &changes)
        } else {
            queueTimer(ofSeries: index)
            if windows.series[index].wake == .max { queueSilence(ofSeries: index) }
        }
    }

    /// Evaluates an instance whose entry in the queue is due, or enters it again for a later time.
    mutating func runTimer(ofInstance index: Int, due entry: Int64, now: Int64, into changes: inout [LevelChange]) {
        guard evaluator.instances[index].queued == entry else { return }
        evaluator.instances[index].queued = .max
        let wake = evaluator.instances[index].wake
        let delay = evaluator.ingestDelay(ofInstance: index, windows)
        if wake <= entry.saturatingSubtract(delay) {
            evaluator.hoursFrom = now.saturatingSubtract(delay).saturatingSubtract(evaluator.hoursCaughtUp)
            evaluateAtTimer(index, into: &changes)
            evaluator.hoursFrom = .min
        } else if wake != .max {
            queueTimer(ofInstance: index)
        }
    }

    /// Checks once every series that has no reading yet: a sensor may be dead from the beginning.
    mutating func start(at now: Int64) {
        hasStarted = true
        for index in 0..<evaluator.instances.count
        where evaluator.instances[index].serial == 0 && evaluator.instances[index].queued == .max {
            evaluator.instances[index].wake = now.saturatingSubtract(evaluator.ingestDelay(ofInstance: index, windows))
            evaluator.instances[index].queued = now
            timers.add(instance: index, due: now)
        }
    }

    /// Notes that a sensor is gone: it has said so itself, or its broker has said so for it. It is silent at once, and
    /// until it sends again.
    package mutating func noteDeath(of id: SeriesID, at now: Instant, into changes: inout [LevelChange]) {
        heartbeat(at: now)
        var next = windows.index(of: id)
        while let index = next {
            next = windows.twin(of: index)
            let isOfSensor = windows.series[index].selection == .usable || windows.series[index].selection == .all
            guard !windows.series[index].isSilent, isOfSensor else { continue }
            let moment = now.clamped.nanoseconds.saturatingSubtract(windows.series[index].ingestDelay)
            let time = max(windows.ownTime(index, at: moment), windows.series[index].now)
            runTimers(of: index, before: time, into: &changes)
            guard !windows.series[index].isSilent else { continue }
            windows.series[index].isSilent = true
            windows.series[index].isQuiet = true
            // What the gateway did not hear in a pause is no longer awaited.
            windows.series[index].pause = 0
            evaluator.noteSensorNews(index, &windows)
            lookAt(index, at: time, into: &changes)
        }
    }

    @inline(never)
    mutating func queueTimer(ofSeries index: SeriesIndex) {
        guard windows.series[index].wake != .max else { return }
        windows.series[index].queued = windows.series[index].wake.saturatingAdd(windows.series[index].ingestDelay)
        timers.add(series: index, due: windows.series[index].queued)
    }

    /// Returns `true` if nothing came up to a moment only because the gateway did not listen. The next reading shows
    /// the present state; until then nothing has changed.
    private mutating func isBecauseOfPause(_ index: SeriesIndex, at time: Int64) -> Bool {
        guard windows.series[index].pause > 0, windows.series[index].newest != .min, time >= windows.silentAt(index)
        else { return false }
        return time &- windows.series[index].pause < windows.silentAt(index) && !windows.isSilent(index, at: time)
    }

    /// Sets the timer of a series for the end of its sensor's silence: the awaited reading may never come.
    private mutating func queueSilence(ofSeries index: SeriesIndex) {
        guard !windows.series[index].isSilent, windows.series[index].newest != .min else { return }
        let due = SeriesWindows.later(windows.silentAt(index), windows.series[index].ingestDelay)
        guard due < windows.series[index].queued else { return }
        windows.series[index].queued = due
        timers.add(series: index, due: due)
    }

    private mutating func queueTimer(ofInstance index: Int) {
        evaluator.instances[index].queued = evaluator.instances[index].wake.saturatingAdd(
            evaluator.ingestDelay(ofInstance: index, windows))
        timers.add(instance: index, due: evaluator.instances[index].queued)
    }

    /// Evaluates an instance at the time of its timer.
    private mutating func evaluateAtTimer(_ index: Int, into changes: inout [LevelChange]) {
        let time = evaluator.instances[index].wake
        let (isFirst, before, level) = (
            evaluator.instances[index].serial == 0, evaluator.instances[index].now, evaluator.instances[index].level
        )
        evaluator.instances[index].wake = .max
        evaluator.serial &+= 1
        evaluator.push(index)
        evaluator.evaluatePending(at: time, trigger: .timer, &windows, &timers, into: &changes)
        // Its readings from before this moment may still be on their way.
        if isFirst, evaluator.instances[index].level == level { evaluator.instances[index].now = before }
    }

    /// Evaluates the instances that a timer of a series touches.
    @inline(never)
    mutating func react(_ index: SeriesIndex, at time: Int64, into changes: inout [LevelChange]) {
        evaluator.serial &+= 1
        // For a sensor that has never sent, the time is the gateway's; its own readings may be older.
        let isUnheard = windows.series[index].newest == .min
        let base = Int(windows.series[index].readerBase)
        let readers =
            isUnheard ? (base..<base + Int(windows.series[index].readerCount)).map { Int(evaluator.readers[$0]) } : []
        let before = readers.map { evaluator.instances[$0] }
        evaluator.pushReaders(of: index, &windows)
        evaluator.evaluatePending(at: time, trigger: .timer, &windows, &timers, into: &changes)
        for (reader, before) in zip(readers, before) where evaluator.instances[reader].level == before.level {
            evaluator.instances[reader].now = before.now
        }
    }

    /// Moves a series' windows on to a moment at which no reading came, and evaluates the consequences.
    ///
    /// A window that empties is seen at the exact moment. A window that only loses samples is looked at when the next
    /// reading is half an interval late, and then every one and a half intervals. It is not looked at earlier, since
    /// a reading that is merely on its way must not be judged as missing.
    private mutating func lookAt(_ index: SeriesIndex, at time: Int64, into changes: inout [LevelChange]) {
        if isBecauseOfPause(index, at: time) {
            windows.series[index].wake = .max
            queueSilence(ofSeries: index)
            return
        }
        windows.advance(index, to: time)
        noteSilence(index, at: time)
        if !windows.series[index].isSilent, windows.series[index].newest != .min, time >= windows.silentAt(index) {
            windows.series[index].isInGap = true
            windows.series[index].isQuiet = true
        }
        windows.series[index].lookedAt = time
        if windows.series[index].newest == .min {
            windows.series[index].wake = windows.nextUnheardLook(index)
            queueTimer(ofSeries: index)
            if windows.compareThresholds(of: index) || windows.series[index].alwaysCount > 0
                || windows.series[index].isDirty
            {
                react(index, at: time, into: &changes)
            }
            return
        }
        let hasChanged = windows.compareThresholds(of: index)
        let state = windows.view(index)
        var empties = Int64.max
        var loses = Int64.max
        for lane in state.shape.pointee.windows where state.count(lane: lane) > 0 {
            let length = windows.shapes.length(of: lane, in: state.shape.pointee)
            empties = min(empties, state.newest &+ length)
            loses = min(loses, state.ring[Int(state.ring.count) - state.count(lane: lane)].time &+ length)
        }
        let overdue = loses == .max ? .max : max(loses, time &+ evaluator.plan.series[index.number].overdueAfter)
        let silent = windows.series[index].isSilent ? .max : windows.silentAt(index)
        windows.series[index].wake = min(empties, overdue, silent > time ? silent : .max)
        if windows.series[index].wake
            < windows.series[index].queued.saturatingSubtract(windows.series[index].ingestDelay)
        {
            queueTimer(ofSeries: index)
        }
        if windows.series[index].isInGap { queueSilence(ofSeries: index) }
        // The next reading judges a restored state. The mere passage of time says nothing new, and would move pending
        // readings into the past. A silent sensor is news.
        if hasChanged || windows.series[index].alwaysCount > 0
            || windows.series[index].isSilent && windows.series[index].isDirty
        {
            react(index, at: time, into: &changes)
        }
    }

    /// Runs the timers that are due strictly before a moment: those of a series, and of the instances that read it.
    @inline(never)
    mutating func runTimers(of index: SeriesIndex, before time: Int64, into changes: inout [LevelChange]) {
        evaluator.hoursFrom = time.saturatingSubtract(evaluator.hoursCaughtUp)
        defer { evaluator.hoursFrom = .min }
        while true {
            let base = Int(windows.series[index].readerBase)
            var earliest = Int64.max
            var reader = -1
            for at in base..<base + Int(windows.series[index].readerCount) {
                let instance = Int(evaluator.readers[at])
                if evaluator.instances[instance].wake < earliest {
                    (earliest, reader) = (evaluator.instances[instance].wake, instance)
                }
            }
            windows.series[index].readersWake = earliest
            if windows.series[index].wake < time, windows.series[index].wake <= earliest {
                lookAt(index, at: windows.series[index].wake, into: &changes)
            } else if earliest < time {
                evaluateAtTimer(reader, into: &changes)
            } else {
                // The instances that those timers evaluated are evaluated again in the current moment.
                evaluator.serial &+= 1
                return
            }
        }
    }
}
