internal import RulePlan
internal import Telemetry

// The values of operands: of one window, or of several series' windows taken together.
extension RuleEvaluator {
    /// Returns the value of an operand at a moment. Over several series it is computed once, however many instances
    /// read it.
    @inline(__always)
    mutating func read(_ operand: Int, _ windows: inout SeriesWindows, at now: Int64) -> Double {
        let bound = layout.operands[operand]
        if bound.sourceCount == 1 {
            let source = layout.sources[Int(bound.firstSource)]
            let index = SeriesIndex(source.series)
            let own = windows.ownTime(index, at: now)
            if windows.series[index].now < own { windows.advance(index, to: own) }
            if !bound.measure.seesSilence, windows.isUnknown(index, at: own) { return .nan }
            return windows.value(bound.measure, index, lane: Lane(source.lane), extra: Int(source.extra), at: now)
        }
        guard bound.cache >= 0 else { return .nan }  // no series at all
        let slot = Int(bound.cache)
        if cached[slot].serial == serial, cached[slot].now == now { return cached[slot].value }
        let value = readJoined(bound, &windows, at: now)
        cached[slot] = CachedValue(serial: serial, now: now, value: value)
        return value
    }

    /// Returns `true` if an operand covers everything that happened in its window.
    @inline(__always)
    mutating func isComplete(_ operand: Int, _ windows: inout SeriesWindows) -> Bool {
        layout.operands[operand].measure.aggregate != .count || areCountsComplete(layout.operands[operand], &windows)
    }

    @inline(never)
    private mutating func areCountsComplete(_ bound: BoundOperand, _ windows: inout SeriesWindows) -> Bool {
        for at in bound.firstSource..<bound.firstSource + bound.sourceCount {
            let source = layout.sources[Int(at)]
            guard windows.isComplete(bound.measure, SeriesIndex(source.series), lane: Lane(source.lane)) else {
                return false
            }
        }
        return true
    }

    /// Joins several series as if all their readings were one series', where that has a meaning. For a value that a
    /// sensor has by itself (counters, areas, `smoothed`), takes the mean of the sensors' values. Averages and rates
    /// leave silent sensors out: the rest of a dead sensor's window would distort the others' values.
    @inline(never)
    private mutating func readJoined(_ operand: BoundOperand, _ windows: inout SeriesWindows, at now: Int64) -> Double {
        let measure = operand.measure
        let traits = measure.aggregate.traits
        var joined = JoinedValue()
        var isHeard = measure.seesSilence
        let leavesOutSilent = !isHeard && traits.isOfSensorsHeard
        for at in operand.firstSource..<operand.firstSource + operand.sourceCount {
            let source = layout.sources[Int(at)]
            let index = SeriesIndex(source.series)
            let own = windows.ownTime(index, at: now)
            if windows.series[index].now < own { windows.advance(index, to: own) }
            let isUnknown = windows.isUnknown(index, at: own)
            if !isHeard, windows.series[index].newest != .min, !isUnknown { isHeard = true }
            if isUnknown, leavesOutSilent { continue }
            let lane = Lane(source.lane)
            let state = windows.view(index)
            if traits.joining == .youngest {
                joined.youngest = min(joined.youngest, windows.age(state, index, at: now))
            }
            let count = state.count(lane: lane)
            guard count > 0 else { continue }
            joined.held += count
            joined.note(
                oldest: state.ring[Int(state.ring.count) - count], newest: state.ring[Int(state.ring.count) - 1])
            switch traits.joining {
            case .moments: joined.moments.join(windows.moments(state, lane: lane, since: now))
            case .sum, .largest, .smallest, .meanOfSensors:
                let own = windows.value(measure, index, lane: lane, extra: Int(source.extra), at: now)
                guard !own.isNaN else { continue }
                joined.note(own)
            case .count, .oldest, .newest, .youngest, .spread, .values: break
            }
            joined.sensors += 1
        }
        guard isHeard else { return .nan }
        if traits.joining == .youngest { return joined.youngest.isFinite ? joined.youngest : .nan }
        guard joined.held > 0 else {
            return traits.joining == .count || measure.aggregate == .suspicion ? 0 : .nan
        }
        if traits.joining == .values { return quantile(operand, held: joined.held, &windows, at: now) }
        return joined.value(of: measure, traits)
    }

    /// Returns the quantile of the values in the windows of all sensors that are not silent.
    private mutating func quantile(
        _ operand: BoundOperand, held: Int, _ windows: inout SeriesWindows, at now: Int64
    ) -> Double {
        let sets = (operand.firstSource..<operand.firstSource + operand.sourceCount).compactMap { at -> Int? in
            let source = layout.sources[Int(at)]
            let index = SeriesIndex(source.series)
            if !operand.measure.seesSilence, windows.isUnknown(index, at: windows.ownTime(index, at: now)) {
                return nil
            }
            return Int(windows.extraState(windows.view(index), Int(source.extra)).sorted)
        }
        return windows.quantile(operand.measure.parameter, of: sets, held: held)
    }
}
