internal import RulePlan
internal import Telemetry

// Wrapping operators: for times and spans see Engine.swift.

// The values of operands: of one window, or of several series' windows taken together.
extension Engine {
    /// A measure of one series; `nan` where its window holds too little.
    @inline(__always)
    mutating func value(_ measure: Measure, _ index: Int, lane: Int, extra: Int, at now: Int64) -> Double {
        let state = view(index)
        if measure.aggregate == .age { return age(state, index, at: now) }
        let held = state.count(lane: lane)
        guard held > 0 else { return measure.aggregate == .count ? 0 : .nan }
        let end = Int(state.ring.count)
        let first = end - held
        switch measure.aggregate {
        case .count: return Double(held)
        case .last: return state.ring[end - 1].value
        case .first: return state.ring[first].value
        case .delta: return delta(state, lane: lane, first: first)
        case .maximum: return state.rows[state.shape.pointee.maxima, lane]
        case .minimum: return -state.rows[state.shape.pointee.minima, lane]
        case .mean, .sum, .deviation, .slope, .standardScore, .forecast:
            let moments = moments(state, lane: lane, since: now)
            switch measure.aggregate {
            case .mean: return moments.meanValue
            case .sum:
                let shape = state.shape
                let rows = state.rows
                return rows[shape.pointee.moments, lane] + rows[shape.pointee.moments + 3 * shape.pointee.groups, lane]
                    * Double(held)
            case .deviation: return moments.deviation
            case .slope: return moments.slope
            case .standardScore: return Self.standardScore(state.ring[end - 1].value, moments)
            default: return moments.forecast(at: measure.parameter)
            }
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

    /// Seconds of listening since the newest reading; of a sensor that has never sent, since it has been listened to.
    private mutating func age(_ state: SeriesView, _ index: Int, at now: Int64) -> Double {
        let since = state.newest == .min ? series[index].heardFrom : state.newest
        return since == .min || since == .max ? .nan : Double(ownTime(index, at: now) &- since) * 1e-9
    }

    /// The newest value less the one at the window's beginning, on a straight line between the readings before and
    /// after it.
    private mutating func delta(_ state: SeriesView, lane: Int, first: Int) -> Double {
        let newest = state.ring[Int(state.ring.count) - 1].value
        guard first > 0 else { return state.count(lane: lane) < 2 ? .nan : newest - state.ring[first].value }
        let (a, b) = (state.ring[first - 1], state.ring[first])
        let start = state.now &- shapes.lengths[state.shape.pointee.lengthBase + lane]
        let part = Double(start &- a.time) / Double(b.time &- a.time)
        return newest - (a.value + (b.value - a.value) * part)
    }

    /// What a counter has counted in a window, and since when.
    ///
    /// The step into the window was told inside it, and counts whole; after a gap longer than the window only the part
    /// of it that the window has of the gap: what fell in two silent days did not fall in the last hour.
    private mutating func increase(_ state: SeriesView, lane: Int, extra: Int, first: Int) -> (
        counted: Double, since: Int64
    ) {
        let counted = extraState(state, extra).sum.value
        guard first > 0 else { return (counted, state.ring[0].time) }
        let (before, after) = (state.ring[first - 1].time, state.ring[first].time)
        let length = shapes.lengths[state.shape.pointee.lengthBase + lane]
        guard after &- before > length else { return (counted, before) }
        let start = state.now &- length
        let outside = Double(start &- before) / Double(after &- before)
        return (counted - Counter.step(state, first) * outside, start)
    }

    private func extraState(_ state: SeriesView, _ extra: Int) -> ExtraState { extras[Int(state.extras) + extra] }

    /// How many deviations the newest value lies from the mean; unknown where nothing deviates.
    private static func standardScore(_ newest: Double, _ moments: Moments) -> Double {
        let deviation = moments.deviation
        return deviation > 0 ? (newest - moments.meanValue) / deviation : .nan
    }

    /// The area under the readings of a window, with the part of the first stretch that lies inside it.
    private mutating func area(_ state: SeriesView, lane: Int, extra: Int, first: Int, _ measure: Measure) -> Double {
        let newest = state.ring[Int(state.ring.count) - 1]
        var area = extraState(state, extra).sum.value
        var since = state.ring[first].time
        if first > 0 {
            let (a, b) = (state.ring[first - 1], state.ring[first])
            let start = state.now &- shapes.lengths[state.shape.pointee.lengthBase + lane]
            // A gap longer than the window says nothing about its beginning.
            if b.time > start, start >= a.time, b.time &- a.time <= state.now &- start {
                let part = Double(start &- a.time) / Double(b.time &- a.time)
                area += Self.area(Sample(time: start, value: a.value + (b.value - a.value) * part), b)
                since = start
            }
        }
        let span = Double(newest.time &- since) * 1e-9
        if measure.aggregate == .integral { return span > 0 ? area : .nan }
        return span > 0 ? area / span : newest.value
    }

    /// The value of an operand at a moment. Over several series it is computed once, however many instances read it.
    @inline(__always)
    mutating func read(_ operand: Int, at now: Int64) -> Double {
        let bound = layout.operands[operand]
        if bound.sourceCount == 1 {
            let source = layout.sources[Int(bound.firstSource)]
            let index = Int(source.series)
            let own = ownTime(index, at: now)
            if series[index].now < own { advance(index, to: own) }
            if !bound.measure.seesSilence, isUnknown(index, at: own) { return .nan }
            return value(bound.measure, index, lane: Int(source.lane), extra: Int(source.extra), at: now)
        }
        guard bound.cache >= 0 else { return .nan }  // no series at all
        let slot = Int(bound.cache)
        if cached[slot].serial == serial, cached[slot].now == now { return cached[slot].value }
        let value = readJoined(bound, at: now)
        cached[slot] = CachedValue(serial: serial, now: now, value: value)
        return value
    }

    /// Whether an operand tells all that there was.
    @inline(__always)
    mutating func isComplete(_ operand: Int) -> Bool {
        layout.operands[operand].measure.aggregate != .count || areCountsComplete(layout.operands[operand])
    }

    @inline(never)
    private mutating func areCountsComplete(_ bound: BoundOperand) -> Bool {
        for at in bound.firstSource..<bound.firstSource + bound.sourceCount {
            let source = layout.sources[Int(at)]
            guard isComplete(bound.measure, Int(source.series), lane: Int(source.lane)) else { return false }
        }
        return true
    }

    /// Several series taken together: as if all their readings were one series', where that has a meaning;
    /// the mean of the sensors' own values for what a sensor has by itself (counters, areas, `smoothed`). Averages and
    /// rates leave silent sensors out: the rest of a dead sensor's window would distort what the others say.
    @inline(never)
    private mutating func readJoined(_ operand: BoundOperand, at now: Int64) -> Double {
        var moments = Moments()
        var (total, held, sensors) = (0.0, 0, 0)
        var (highest, lowest, newestHigh, newestLow) = (
            -Double.infinity, Double.infinity, -Double.infinity, Double.infinity
        )
        var first = Sample(time: .max, value: .nan)
        var last = Sample(time: .min, value: .nan)
        let aggregate = operand.measure.aggregate
        var isHeard = operand.measure.seesSilence
        let leavesOutSilent = !isHeard && aggregate.isOfSensorsHeard
        var youngest = Double.infinity
        for at in operand.firstSource..<operand.firstSource + operand.sourceCount {
            let source = layout.sources[Int(at)]
            let index = Int(source.series)
            let own = ownTime(index, at: now)
            if series[index].now < own { advance(index, to: own) }
            let isUnknown = isUnknown(index, at: own)
            if !isHeard, series[index].newest != .min, !isUnknown { isHeard = true }
            if isUnknown, leavesOutSilent { continue }
            let lane = Int(source.lane)
            let state = view(index)
            if aggregate == .age { youngest = min(youngest, age(state, index, at: now)) }
            let count = state.count(lane: lane)
            guard count > 0 else { continue }
            held += count
            let end = Int(state.ring.count)
            let (oldest, newest) = (state.ring[end - count], state.ring[end - 1])
            if oldest.time < first.time { first = oldest }
            if newest.time >= last.time { last = newest }
            newestHigh = max(newestHigh, newest.value)
            newestLow = min(newestLow, newest.value)
            switch aggregate {
            case .mean, .deviation, .slope, .standardScore, .forecast:
                moments.join(self.moments(state, lane: lane, since: now))
            case .sum, .maximum, .minimum, .delta, .increase, .rate, .changes, .integral, .timeMean, .smoothed:
                let own = value(operand.measure, index, lane: lane, extra: Int(source.extra), at: now)
                guard !own.isNaN else { continue }
                total += own
                highest = max(highest, own)
                lowest = min(lowest, own)
            case .count, .first, .last, .age, .spread, .quantile: break
            }
            sensors += 1
        }
        guard isHeard else { return .nan }
        if aggregate == .age { return youngest.isFinite ? youngest : .nan }
        guard held > 0 else { return aggregate == .count ? 0 : .nan }
        switch aggregate {
        case .mean: return moments.meanValue
        case .deviation: return moments.deviation
        case .slope: return first.time == last.time ? .nan : moments.slope
        case .standardScore: return Self.standardScore(last.value, moments)
        case .forecast: return first.time == last.time ? .nan : moments.forecast(at: operand.measure.parameter)
        case .sum, .changes: return total
        case .count: return Double(held)
        case .maximum: return highest
        case .minimum: return lowest
        case .first: return first.value
        case .last: return last.value
        case .age: return youngest
        case .spread: return sensors < 2 ? .nan : newestHigh - newestLow
        case .delta, .increase, .rate, .integral, .timeMean, .smoothed:
            return sensors > 0 ? total / Double(sensors) : .nan
        case .quantile: return quantile(operand, held: held, at: now)
        }
    }

    /// The quantile of the values in the windows of all sensors that are heard.
    private mutating func quantile(_ operand: BoundOperand, held: Int, at now: Int64) -> Double {
        let sets = (operand.firstSource..<operand.firstSource + operand.sourceCount).compactMap { at -> Int? in
            let source = layout.sources[Int(at)]
            let index = Int(source.series)
            if !operand.measure.seesSilence, isUnknown(index, at: ownTime(index, at: now)) { return nil }
            return Int(extraState(view(index), Int(source.extra)).sorted)
        }
        let place = operand.measure.parameter * Double(held - 1)
        let lower = valueOfRank(Int(place), in: sets)
        let rest = place - place.rounded(.down)
        return rest > 0 ? lower + (valueOfRank(Int(place) + 1, in: sets) - lower) * rest : lower
    }

    /// The value of a rank over several sets, by halving between the doubles. O(sets · 64 · log n).
    private mutating func valueOfRank(_ rank: Int, in sets: [Int]) -> Double {
        // The order of doubles is that of these integers.
        func key(_ value: Double) -> Int64 {
            let bits = Int64(bitPattern: value.bitPattern)
            return bits < 0 ? bits ^ .max : bits
        }
        func value(_ key: Int64) -> Double { Double(bitPattern: UInt64(bitPattern: key < 0 ? key ^ .max : key)) }
        var low = key(-.greatestFiniteMagnitude), high = key(.greatestFiniteMagnitude)
        while low < high {
            let middle = low &+ Int64(UInt64(bitPattern: high &- low) / 2)
            let count = sets.reduce(0) { $0 + sorted[$1].rank(upTo: value(middle)) }
            if count > rank { high = middle } else { low = middle + 1 }
        }
        return value(low)
    }
}
