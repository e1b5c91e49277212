internal import RulePlan
internal import Telemetry

// Wrapping operators: for times and spans see Engine.swift. A pause is between 0 and 200 years.

// What it means that nothing came. While the gateway listens, it is the sensor's silence; at any other time it says
// nothing of the sensor. A series has a time of its own for this: that of its newest sample, and from there on the time
// in which the gateway listened.
extension SeriesWindows {
    /// Between two ticks of a gateway that runs there is no more than this; after more it has not listened, or its
    /// clock was set.
    static var longestPause: Int64 { TimeSpan.minutes(1).nanoseconds }

    /// When a series that has never sent is to be looked at next: when a window has been listened to for its length, or
    /// the sensor is silent.
    mutating func nextUnheardLook(_ index: Int) -> Int64 {
        let state = view(index)
        let (shape, lookedAt) = (state.shape, state.state.pointee.lookedAt)
        var next = state.state.pointee.isSilent || silentAt(index) <= lookedAt ? Int64.max : silentAt(index)
        for lane in shape.pointee.windows {
            let complete = Self.later(state.state.pointee.heardFrom, shapes.length(of: lane, in: shape.pointee))
            if complete > lookedAt { next = min(next, complete) }
        }
        return next
    }

    /// The sum, or `.max` where there is none.
    @inline(__always)
    static func later(_ time: Int64, _ span: Int64) -> Int64 {
        let (sum, overflow) = time.addingReportingOverflow(span)
        return overflow ? .max : sum
    }

    /// When a series is silent if nothing comes, by its own time.
    @inline(__always)
    mutating func silentAt(_ index: Int) -> Int64 {
        Self.later(series[index].newest == .min ? series[index].heardFrom : series[index].newest, series[index].silence)
    }

    /// Whether a sensor has been silent up to a moment of its series' time. Of a backlog that comes at once, what lies
    /// between its readings was no silence: the gateway has not waited for them.
    @inline(__always)
    mutating func isSilent(_ index: Int, at time: Int64) -> Bool {
        if series[index].isSilent { return true }
        let silent = silentAt(index)
        guard silent != .max, time >= silent else { return false }
        return listened == .min || Self.later(silent, series[index].ingestDelay) <= listened
    }

    /// Whether nothing is known of a sensor at a moment of its series' time.
    @inline(__always)
    mutating func isUnknown(_ index: Int, at time: Int64) -> Bool {
        series[index].isInGap || isSilent(index, at: time) || liesInGap(index, at: time)
    }

    /// Whether a moment of the past is later than a sensor's newest reading by more than its silence, as it is where
    /// another sensor's backlog comes first: what the windows still hold says nothing of that moment. Of the present a
    /// delay proves nothing.
    @inline(__always)
    private mutating func liesInGap(_ index: Int, at time: Int64) -> Bool {
        guard time >= silentAt(index), listened != .min, series[index].newest != .min else { return false }
        return listened &- time >= series[index].silence
    }

    /// A moment, in the time of a series: what passed while nobody listened does not pass for it.
    @inline(__always)
    func ownTime(_ index: Int, at now: Int64) -> Int64 { series[index].isQuiet ? now &- series[index].pause : now }

    /// Notes the first sample, or one after a silence or a pause. Returns whether the sensor was silent.
    @inline(__always)
    mutating func resume(_ index: Int, with sample: Sample) -> Bool {
        if series[index].heardFrom == .max {
            series[index].heardFrom = sample.time
        } else if series[index].pause > 0 {
            series[index].heardFrom = listeningSince
        }
        series[index].pause = 0
        series[index].isQuiet = false
        series[index].isInGap = false
        let wasSilent = series[index].isSilent
        series[index].isSilent = false
        return wasSilent
    }

    /// Notes that a sensor is silent, if it is. Returns whether it was not before: then every rule that reads it has to
    /// be judged.
    mutating func noteSilence(_ index: Int, at time: Int64) -> Bool {
        guard !series[index].isSilent, isSilent(index, at: time) else { return false }
        series[index].isSilent = true
        series[index].isQuiet = true
        return true
    }

    /// Whether a reading with the time of its arrival is newer than a sample that looks newer: one that was believed to
    /// be a little ahead, or one from a clock that was further ahead than the gateway's clock is now.
    @inline(never)
    mutating func isOvertaken(_ newest: Int64, byArrivalAt time: Int64) -> Bool {
        newest &- time <= Self.longestPause || listened != .min && newest > listened &+ Self.longestPause
    }
}
