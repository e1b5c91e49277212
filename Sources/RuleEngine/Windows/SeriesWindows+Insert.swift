internal import RulePlan

// Wrapping operators: for times and spans see Engine.swift.

// Inserts late samples, and moves windows without a sample: off the hot path.
extension SeriesWindows {
    /// Moves the windows of a series on to a time, without a sample. O(windows + samples that leave).
    mutating func advance(_ index: SeriesIndex, to time: Int64) {
        guard time > series[index].now, series[index].newest != .min else { return }
        series[index].now = time
        let state = view(index)
        let shape = state.shape
        guard shape.pointee.windowCount > 0 else { return }
        let rows = state.rows
        if shape.pointee.extraCount > 0 { noteCounts(rows, shape.pointee.pairs) }
        for lane in shape.pointee.windows {
            let limit = time &- shapes.length(of: lane, in: shape.pointee)
            let held = state.count(lane: lane)
            var first = Int(state.ring.count) - held
            while first < Int(state.ring.count), state.ring[first].time <= limit {
                remove(state.ring[first], rows, lane, shape, epoch: state.epoch)
                first += 1
            }
            state.cursors[lane] = state.ring.slot(first)
            guard held > 0, shape.pointee.moments >= 0 else { continue }
            reformIfIll(index, rows, shape, lane, always: first == Int(state.ring.count))
        }
        settleExtremes(index)
        if shape.pointee.extraCount > 0 { moveExtras(index, isNew: false) }
        discardOld(series.address(index), shape)
    }

    /// Inserts a late sample, and updates the windows that contain it.
    ///
    /// O(windows + log samples), and moves the newer samples in memory: 16 bytes each.
    @inline(never)
    mutating func insert(_ sample: Sample, into index: SeriesIndex) {
        if series[index].ring.isFull { growRing(index) }
        let position = series[index].ring.upperBound(sample.time)
        changeSteps(index, from: position, isTaken: false)
        series[index].ring.insert(sample, at: position)
        noteLate(sample, index)
        let state = view(index)
        // It may be lower than the sample before it, or the sample behind it lower than it.
        state.noteFall(at: state.ring[min(position + 1, Int(state.ring.count) - 1)].time)
        let shape = state.shape
        guard shape.pointee.windowCount > 0 else { return }
        for lane in shape.pointee.windows
        where sample.time > state.now &- shapes.length(of: lane, in: shape.pointee) {
            add(sample, to: index, lane: lane)
        }
        placeStarts(state)
        if sample.time > state.now &- shape.pointee.longest {
            if shape.pointee.maxima >= 0 {
                series[index].maxima.insert(sample, oldest: state.oldest(.maxima))
            }
            if shape.pointee.minima >= 0 {
                series[index].minima.insert(
                    Sample(time: sample.time, value: -sample.value), oldest: state.oldest(.minima))
            }
            settleExtremes(index)
        }
        changeSteps(index, from: position, isTaken: true)
    }

    /// Inserts late samples, and computes all windows from the samples. O(samples of the longest window + `run`).
    /// - Parameter run: in the order of their times.
    @inline(never)
    mutating func insert(_ run: ArraySlice<Sample>, into index: SeriesIndex) {
        series[index].ring.merge(run)
        for sample in run { noteLate(sample, index) }
        view(index).noteFall(at: series[index].newest)
        formAnew(index)
    }

    /// Computes the whole state of a series from its samples.
    private mutating func formAnew(_ index: SeriesIndex) {
        series[index].maxima.removeAll()
        series[index].minima.removeAll()
        let state = view(index)
        let shape = state.shape
        guard shape.pointee.windowCount > 0 else { return }
        let rows = state.rows
        for at in state.ring.upperBound(state.now &- shape.pointee.longest)..<Int(state.ring.count) {
            let sample = state.ring[at]
            if shape.pointee.maxima >= 0 { _ = series[index].maxima.push(sample, oldest: QueuePosition(0)) }
            if shape.pointee.minima >= 0 {
                _ = series[index].minima.push(Sample(time: sample.time, value: -sample.value), oldest: QueuePosition(0))
            }
        }
        for lane in shape.pointee.windows {
            let first = state.ring.upperBound(state.now &- shapes.length(of: lane, in: shape.pointee))
            rows[0, lane] = Double(Int(state.ring.count) - first)
            state.cursors[.maxima, lane] = QueuePosition(0)
            state.cursors[.minima, lane] = QueuePosition(0)
            reform(index, lane: lane)
        }
        placeStarts(view(index))
        settleExtremes(index)
        formExtras(index)
    }

    /// Makes room in a series' ring; the windows' slots move with the samples.
    @inline(never)
    mutating func growRing(_ index: SeriesIndex) {
        series[index].ring.grow()
        placeStarts(view(index))
    }

    /// Finds the slot at which each window begins, from its count.
    mutating func placeStarts(_ state: SeriesView) {
        let shape = state.shape
        for lane in shape.pointee.windows {
            state.cursors[lane] = state.ring.slot(Int(state.ring.count) - state.count(lane: lane))
        }
    }
}
