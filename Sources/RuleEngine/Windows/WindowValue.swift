internal import RulePlan
internal import Telemetry

// Wrapping operators: for times and spans see Engine.swift.

// Reads measures from the windows of one series.
extension SeriesWindows {
    /// Returns a measure of one series; `nan` if its window holds too little.
    @inline(__always)
    mutating func value(_ measure: Measure, _ index: SeriesIndex, lane: Lane, extra: Int, at now: Int64) -> Double {
        let state = view(index)
        if measure.aggregate == .age { return age(state, index, at: now) }
        let held = state.count(lane: lane)
        guard held > 0 else {
            return measure.aggregate == .count || measure.aggregate == .suspicion ? 0 : .nan
        }
        let end = Int(state.ring.count)
        let first = end - held
        switch measure.aggregate {
        case .count: return Double(held)
        case .last: return state.ring[end - 1].value
        case .first: return state.ring[first].value
        case .delta: return delta(state, lane: lane, first: first)
        case .maximum: return state.rows[state.shape.pointee.maxima, lane]
        case .minimum: return -state.rows[state.shape.pointee.minima, lane]
        case .sum:
            let (shape, rows) = (state.shape, state.rows)
            return rows[shape.pointee.moments, lane] + rows[shape.pointee.moments + 3 * shape.pointee.pairs, lane]
                * Double(held)
        case .mean, .deviation, .slope, .standardScore, .forecast:
            return Self.value(of: measure, moments(state, lane: lane, since: now), newest: state.ring[end - 1].value)
        case .suspicion: return state.state.pointee.isSuspect ? 1 : 0
        case .age, .spread: return .nan  // the one is above, the other takes more than one sensor
        case .quantile: return sorted[Int(extraState(state, extra).sorted)].quantile(measure.parameter)
        case .changes: return Double(extraState(state, extra).count)
        case .increase:
            return first == 0 && held < 2 ? .nan : increase(state, lane: lane, extra: extra, first: first).counted
        case .rate:
            let (counted, since) = increase(state, lane: lane, extra: extra, first: first)
            let span = Double(state.ring[end - 1].time &- since) * 1e-9
            return span > 0 ? counted / span : .nan
        case .integral, .timeMean: return area(state, lane: lane, extra: extra, first: first, measure)
        case .smoothed:
            let smoothed = extraState(state, extra)
            return smoothed.sum.value / smoothed.weight
        }
    }

    /// Returns a measure that follows from a window's moments, which refer to now.
    @inline(__always)
    static func value(of measure: Measure, _ moments: Moments, newest: Double) -> Double {
        switch measure.aggregate {
        case .mean: moments.meanValue
        case .deviation: moments.deviation
        case .slope: moments.slope
        case .standardScore: standardScore(newest, moments)
        case .forecast: moments.forecast(at: measure.parameter)
        case .sum, .count, .minimum, .maximum, .first, .last, .delta, .quantile, .increase, .rate, .integral, .timeMean,
            .changes, .smoothed, .age, .spread, .suspicion:
            .nan  // is kept otherwise
        }
    }

    /// Returns the seconds of listening since the newest reading. For a sensor that has never sent, returns the
    /// seconds since listening began.
    mutating func age(_ state: SeriesView, _ index: SeriesIndex, at now: Int64) -> Double {
        let since = state.newest == .min ? series[index].heardFrom : state.newest
        return since == .min || since == .max ? .nan : Double(ownTime(index, at: now) &- since) * 1e-9
    }

    /// Returns the newest value less the one at the window's beginning, on a straight line between the readings
    /// before and after it.
    private mutating func delta(_ state: SeriesView, lane: Lane, first: Int) -> Double {
        let newest = state.ring[Int(state.ring.count) - 1].value
        guard first > 0 else { return state.count(lane: lane) < 2 ? .nan : newest - state.ring[first].value }
        let (a, b) = (state.ring[first - 1], state.ring[first])
        let start = state.now &- shapes.length(of: lane, in: state.shape.pointee)
        let part = Double(start &- a.time) / Double(b.time &- a.time)
        return newest - (a.value + (b.value - a.value) * part)
    }

    func extraState(_ state: SeriesView, _ extra: Int) -> ExtraState { extras[Int(state.extras) + extra] }

    /// Returns how many deviations the newest value lies from the mean; unknown if nothing deviates.
    private static func standardScore(_ newest: Double, _ moments: Moments) -> Double {
        let deviation = moments.deviation
        return deviation > 0 ? (newest - moments.meanValue) / deviation : .nan
    }
}
