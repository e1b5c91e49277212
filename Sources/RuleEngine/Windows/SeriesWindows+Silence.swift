internal import RulePlan
internal import Telemetry

// Wrapping operators: for times and spans see Engine.swift. A pause is between 0 and 200 years.

// Tells a sensor's silence from a gateway that did not listen. While the gateway listens, a lack of readings is the
// sensor's silence; at other times it is not evidence. Each series has its own time for this: that of its newest
// sample, plus the time since then in which the gateway listened.
extension SeriesWindows {
    /// A running gateway ticks at least this often. After a longer gap, silence is not evidence about the sensors:
    /// the gateway did not listen, or its clock was set.
    static var longestPause: Int64 { TimeSpan.minutes(1).nanoseconds }

    /// Returns when to look next at a series that has never sent: when the gateway has listened for a window's
    /// length, or the sensor is silent.
    mutating func nextUnheardLook(_ index: SeriesIndex) -> Int64 {
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

    /// Returns when a series becomes silent if nothing comes, by its own time.
    @inline(__always)
    mutating func silentAt(_ index: SeriesIndex) -> Int64 {
        Self.later(series[index].newest == .min ? series[index].heardFrom : series[index].newest, series[index].silence)
    }

    /// Returns `true` if a sensor has been silent up to a moment of its series' time. In a backlog that comes at
    /// once, the gaps between readings are not silence: the gateway has not waited for them.
    @inline(__always)
    mutating func isSilent(_ index: SeriesIndex, at time: Int64) -> Bool {
        if series[index].isSilent { return true }
        let silent = silentAt(index)
        guard silent != .max, time >= silent else { return false }
        return listened == .min || Self.later(silent, series[index].ingestDelay) <= listened
    }

    /// Returns `true` if nothing is known of a sensor at a moment of its series' time.
    @inline(__always)
    mutating func isUnknown(_ index: SeriesIndex, at time: Int64) -> Bool {
        series[index].isInGap || isSilent(index, at: time) || liesInGap(index, at: time)
    }

    /// Returns `true` if a past moment is later than a sensor's newest reading by more than its silence. This happens
    /// when another sensor's backlog comes first; the windows then say nothing of that moment. For the present, a
    /// delay proves nothing.
    @inline(__always)
    private mutating func liesInGap(_ index: SeriesIndex, at time: Int64) -> Bool {
        guard time >= silentAt(index), listened != .min, series[index].newest != .min else { return false }
        return listened &- time >= series[index].silence
    }

    /// Converts a moment to the time of a series: time in which the gateway did not listen does not pass for it.
    @inline(__always)
    func ownTime(_ index: SeriesIndex, at now: Int64) -> Int64 {
        series[index].isQuiet ? now &- series[index].pause : now
    }

    /// Notes the first sample, or one after a silence or a pause. Returns whether the sensor was silent.
    @inline(__always)
    mutating func resume(_ index: SeriesIndex, with sample: Sample) -> Bool {
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

    /// Notes that a sensor is silent, if so. Returns `true` if it was not silent before: then every rule that reads
    /// it must be judged.
    mutating func noteSilence(_ index: SeriesIndex, at time: Int64) -> Bool {
        guard !series[index].isSilent, isSilent(index, at: time) else { return false }
        series[index].isSilent = true
        series[index].isQuiet = true
        return true
    }

    /// Returns `true` if a reading stamped with its arrival is newer than a sample that looks newer. That sample was
    /// believed to be a little ahead, or came from a clock that was further ahead than the gateway's clock is now.
    @inline(never)
    mutating func isOvertaken(_ newest: Int64, byArrivalAt time: Int64) -> Bool {
        newest &- time <= Self.longestPause || listened != .min && newest > listened &+ Self.longestPause
    }
}
