internal import RulePlan
package import Telemetry

// Wrapping operators: for times and spans see Engine.swift. A pause is between 0 and 200 years.

extension Engine {
    /// The longest total adjustment: as long as the range of years that an instant may have. A clock that is set back
    /// and forth adds up to no more.
    static var longestAdjustment: Int64 { TimeSpan.days(73_000).nanoseconds }

    /// Reports that the gateway is listening at this moment of its clock. Call it before a reading that came after a
    /// pause, so that the pause is not taken for the sensors' silence.
    package mutating func heartbeat(at now: Instant) {
        let time = now.clamped.nanoseconds
        guard windows.listened != .min else {
            windows.listeningSince = time
            windows.listened = time
            for index in windows.series.indices { beginListening(index, at: time) }
            return
        }
        let pause = time &- windows.listened
        if pause > SeriesWindows.longestPause { adjustClock(by: TimeSpan(nanoseconds: pause)) }
        if pause < -SeriesWindows.longestPause { windows.listeningSince = time }
        windows.listened = time
    }

    /// Excludes a span of clock time in which the gateway did not listen: it was down, or its clock was set. Pending
    /// conditions do not advance by this span, and no sensor counts as silent for it.
    package mutating func adjustClock(by span: TimeSpan) {
        for index in windows.series.indices {
            windows.series[index].ingestDelay = min(
                windows.series[index].ingestDelay.saturatingAdd(span.nanoseconds), Self.longestAdjustment)
            windows.series[index].pause = min(
                windows.series[index].pause.saturatingAdd(span.nanoseconds), Self.longestAdjustment)
            windows.series[index].isQuiet = true
        }
        guard windows.listened != .min else { return }
        windows.listened = (Instant(nanoseconds: windows.listened) + span).clamped.nanoseconds
        windows.listeningSince = windows.listened
    }

    /// Excludes a span of clock time for one sensor, which is in maintenance: nothing is known of it, until its next
    /// usable reading, and it is not silent. Call it at least once a minute while the maintenance lasts.
    package mutating func excuse(_ id: SeriesID, for span: TimeSpan, into changes: inout [LevelChange]) {
        guard span > .zero else { return }
        excuse(id, into: &changes) { state in
            state.ingestDelay = state.ingestDelay.saturatingAdd(span.nanoseconds)
            state.pause = state.pause.saturatingAdd(span.nanoseconds)
        }
    }

    /// Excludes the time since the newest reading for a sensor that is in maintenance: after a restart it may look
    /// silent.
    package mutating func excuse(_ id: SeriesID, at now: Instant, into changes: inout [LevelChange]) {
        let now = now.clamped.nanoseconds
        excuse(id, into: &changes) { state in
            state.isSilent = false
            let span = now.saturatingSubtract(state.newest)
            state.ingestDelay = max(state.ingestDelay, span)
            state.pause = max(state.pause, span)
        }
    }

    /// - Parameter pass: changes the delay and the pause of a series that has sent.
    private mutating func excuse(
        _ id: SeriesID, into changes: inout [LevelChange], _ pass: (inout SeriesState) -> Void
    ) {
        var next = windows.index(of: id)
        while let index = next {
            next = windows.twin(of: index)
            var state = windows.series[index]
            if state.newest == .min {
                // It is awaited from the end of the maintenance on.
                if state.heardFrom != .max { state.heardFrom = max(state.heardFrom, windows.listened) }
                state.isSilent = false
                windows.series[index] = state
                continue
            }
            pass(&state)
            state.ingestDelay = min(state.ingestDelay, Self.longestAdjustment)
            state.pause = min(state.pause, Self.longestAdjustment)
            state.isQuiet = true
            // What the sensor sends in maintenance is raw or good, and nothing else.
            let isNew = !state.isInGap && state.selection == .usable
            if isNew { state.isInGap = true }
            windows.series[index] = state
            if isNew { endKnowledge(of: index, into: &changes) }
        }
    }

    /// Evaluates whoever reads a series of which nothing is known from now on.
    private mutating func endKnowledge(of index: SeriesIndex, into changes: inout [LevelChange]) {
        _ = windows.compareThresholds(of: index)
        windows.series[index].isDirty = true
        react(index, at: windows.series[index].now, into: &changes)
    }

    /// The time at which the gateway last listened; `nil` before the first time.
    package var listenedUntil: Instant? { windows.listened == .min ? nil : Instant(nanoseconds: windows.listened) }

    /// Returns when the gateway began to listen to a series, by its own clock; `nil` before that.
    package func heardFrom(_ id: SeriesID) -> Instant? {
        guard let index = windows.index(of: id), windows.series[index].heardFrom != .max else { return nil }
        return Instant(nanoseconds: windows.series[index].heardFrom)
    }

    /// Sets the time from which the series of a sensor have been listened to, by the gateway's clock. A series
    /// without readings is no longer silent: the replay of other devices' readings may have made a new device silent.
    package mutating func listenTo(_ id: SeriesID, from time: Instant) {
        var next = windows.index(of: id)
        while let index = next {
            next = windows.twin(of: index)
            windows.series[index].heardFrom = time.clamped.nanoseconds
            guard windows.series[index].newest == .min else { continue }
            windows.series[index].pause = 0
            windows.series[index].ingestDelay = 0
            windows.series[index].isSilent = false
            expectFirst(index)
        }
    }

    /// Returns `true` while no reading of a series has come.
    package func isUnheard(_ id: SeriesID) -> Bool {
        windows.index(of: id).map { windows.series[$0].newest == .min } ?? false
    }

    private mutating func beginListening(_ index: SeriesIndex, at time: Int64) {
        guard windows.series[index].heardFrom == .max, windows.series[index].newest == .min else { return }
        windows.series[index].heardFrom = time
        expectFirst(index)
    }

    /// Sets the timer of a series that has never sent: it may be dead from the beginning.
    private mutating func expectFirst(_ index: SeriesIndex) {
        let shape = windows.shapes.shapes[Int(windows.series[index].shape)]
        guard shape.windowCount > 0 else { return }
        windows.series[index].lookedAt = windows.series[index].heardFrom
        windows.series[index].wake = windows.nextUnheardLook(index)
        queueTimer(ofSeries: index)
        // A count of nothing is evidence only from the end of the first window on.
        _ = windows.compareThresholds(of: index)
    }

    /// Notes which sensors were silent when the gateway last listened. They stay silent until they send again.
    package mutating func noteSilences(at now: Instant) {
        let now = now.clamped
        heartbeat(at: now)
        for index in windows.series.indices where windows.series[index].newest != .min {
            noteSilence(index, at: now.nanoseconds.saturatingSubtract(windows.series[index].ingestDelay))
        }
    }

    /// Notes that a sensor is silent, if so.
    mutating func noteSilence(_ index: SeriesIndex, at time: Int64) {
        if windows.noteSilence(index, at: time) { evaluator.noteSensorNews(index, &windows) }
    }
}
