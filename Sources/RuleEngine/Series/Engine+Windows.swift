internal import RulePlan

// Wrapping operators: for times and spans see Engine.swift.

// What is done to windows off the hot path: moving them on without a sample, putting a late sample in its
// place, and forming sums anew.
extension Engine {
    /// Makes room in a series' ring; the windows' slots move with the samples.
    @inline(never)
    mutating func growRing(_ index: Int) {
        series[index].ring.grow()
        placeStarts(view(index))
    }

    /// Finds the slot at which each window begins, from its count.
    private mutating func placeStarts(_ state: SeriesView) {
        let shape = state.shape
        for lane in 0..<shape.pointee.windowCount {
            cursors.address(Int(state.cursors) + lane).pointee = UInt32(
                state.ring.slot(Int(state.ring.count) - state.count(lane: lane)))
        }
    }

    /// Forms the sums that need it anew; all of them after 65,536 samples. O(the samples of their windows).
    @inline(never)
    mutating func reformIllWindows(_ index: Int, seconds: Double) {
        let shape = view(index).shape
        let isTime = series[index].age >= Self.samplesUntilReform
        if isTime { series[index].age = 0 }
        let rows = view(index).rows
        guard shape.pointee.moments >= 0 else { return }
        if seconds > shape.pointee.epochSpan {
            series[index].epoch = series[index].now
            for lane in 0..<shape.pointee.windowCount { reformTimes(index, lane: lane) }
        }
        for lane in 0..<shape.pointee.windowCount { reformIfIll(index, rows, shape, lane, always: isTime) }
    }

    private mutating func reformIfIll(
        _ index: Int, _ rows: LaneBlock, _ shape: UnsafeMutablePointer<WindowShape>, _ lane: Int, always: Bool = false
    ) {
        let groups = shape.pointee.groups
        let count = rows[0, lane]
        let (sum, squares) = (rows[shape.pointee.moments, lane], rows[shape.pointee.moments + groups, lane])
        let spread = count * squares - sum * sum
        if always || spread < count * rows[shape.pointee.moments + 2 * groups, lane] * Self.smallestSpread {
            reform(index, lane: lane)
        }
        guard shape.pointee.regression >= 0 else { return }
        let (times, timeSquares) = (rows[shape.pointee.regression, lane], rows[shape.pointee.regression + groups, lane])
        let timeSpread = count * timeSquares - times * times
        if always || timeSpread < count * timeSquares * Self.smallestTimeSpread { reformTimes(index, lane: lane) }
    }

    /// Forms a window's sums of values anew from its samples, about their mean. O(samples).
    mutating func reform(_ index: Int, lane: Int) {
        let state = view(index)
        let shape = state.shape
        guard shape.pointee.moments >= 0 else { return }
        let rows = state.rows
        let groups = shape.pointee.groups
        let held = state.count(lane: lane)
        let first = Int(state.ring.count) - held
        var origin = 0.0
        if held > 0 {
            let oldest = state.ring[first].value
            var rest = 0.0
            for at in first..<Int(state.ring.count) { rest += state.ring[at].value - oldest }
            origin = oldest + rest / Double(held)
        }
        var (sum, squares) = (0.0, 0.0)
        for at in first..<Int(state.ring.count) {
            let value = state.ring[at].value - origin
            sum += value
            squares += value * value
        }
        rows[shape.pointee.moments, lane] = sum
        rows[shape.pointee.moments + groups, lane] = squares
        rows[shape.pointee.moments + 2 * groups, lane] = squares
        rows[shape.pointee.moments + 3 * groups, lane] = origin
        // The products are about the same origin.
        if shape.pointee.regression >= 0 { reformTimes(index, lane: lane) }
    }

    /// Forms a window's sums of times anew, about the middle of its times. O(samples).
    private mutating func reformTimes(_ index: Int, lane: Int) {
        let state = view(index)
        let shape = state.shape
        let rows = state.rows
        let groups = shape.pointee.groups
        let held = state.count(lane: lane)
        let first = Int(state.ring.count) - held
        var middle = state.epoch
        if held > 0 {
            let (oldest, newest) = (state.ring[first].time, state.ring[Int(state.ring.count) - 1].time)
            middle = oldest &+ (newest &- oldest) / 2
        }
        // About the origin as it is kept, so that no rounding of it enters.
        let originTime = Double(middle &- state.epoch) * 1e-9
        let origin = rows[shape.pointee.moments + 3 * groups, lane]
        var (times, timeSquares, products) = (0.0, 0.0, 0.0)
        for at in first..<Int(state.ring.count) {
            let sample = state.ring[at]
            let time = Double(sample.time &- state.epoch) * 1e-9 - originTime
            times += time
            timeSquares += time * time
            products += time * (sample.value - origin)
        }
        rows[shape.pointee.regression, lane] = times
        rows[shape.pointee.regression + groups, lane] = timeSquares
        rows[shape.pointee.regression + 2 * groups, lane] = products
        rows[shape.pointee.regression + 3 * groups, lane] = originTime
    }

    /// Moves the windows of a series on to a time, without a sample. O(windows + samples that leave).
    mutating func advance(_ index: Int, to time: Int64) {
        guard time > series[index].now, series[index].newest != .min else { return }
        series[index].now = time
        let state = view(index)
        let shape = state.shape
        guard shape.pointee.windowCount > 0 else { return }
        let rows = state.rows
        if shape.pointee.extraCount > 0 { noteCounts(rows, shape.pointee.groups) }
        for lane in 0..<shape.pointee.windowCount {
            let limit = time &- shapes.lengths[shape.pointee.lengthBase + lane]
            let held = state.count(lane: lane)
            var first = Int(state.ring.count) - held
            while first < Int(state.ring.count), state.ring[first].time <= limit {
                remove(state.ring[first], rows, lane, shape, epoch: state.epoch)
                first += 1
            }
            cursors.address(Int(state.cursors) + lane).pointee = UInt32(state.ring.slot(first))
            guard held > 0, shape.pointee.moments >= 0 else { continue }
            reformIfIll(index, rows, shape, lane, always: first == Int(state.ring.count))
        }
        settleExtremes(index)
        if shape.pointee.extraCount > 0 { moveExtras(index, isNew: false) }
        discardOld(series.address(index), shape)
    }

    /// Takes a sample out of a window's sums.
    @inline(never)
    mutating func remove(
        _ sample: Sample, _ rows: LaneBlock, _ lane: Int, _ shape: UnsafeMutablePointer<WindowShape>, epoch: Int64
    ) {
        let groups = shape.pointee.groups
        rows[0, lane] -= 1
        guard shape.pointee.moments >= 0 else { return }
        let value = sample.value - rows[shape.pointee.moments + 3 * groups, lane]
        rows[shape.pointee.moments, lane] -= value
        rows[shape.pointee.moments + groups, lane] -= value * value
        guard shape.pointee.regression >= 0 else { return }
        let time = Double(sample.time &- epoch) * 1e-9 - rows[shape.pointee.regression + 3 * groups, lane]
        rows[shape.pointee.regression, lane] -= time
        rows[shape.pointee.regression + groups, lane] -= time * time
        rows[shape.pointee.regression + 2 * groups, lane] -= time * value
    }

    /// Moves each window's extremes to the first entry inside it, or to none.
    private mutating func settleExtremes(_ index: Int) {
        let state = view(index)
        let shape = state.shape
        if shape.pointee.maxima >= 0 { settleExtremes(state, state.maxima, row: shape.pointee.maxima, part: 1) }
        if shape.pointee.minima >= 0 { settleExtremes(state, state.minima, row: shape.pointee.minima, part: 2) }
    }

    private mutating func settleExtremes(_ state: SeriesView, _ queue: ExtremeQueue, row: Int, part: Int) {
        let shape = state.shape
        let rows = state.rows
        let oldest = cursors[longestCursor(state, part)]
        for lane in 0..<shape.pointee.windowCount {
            let length = shapes.lengths[shape.pointee.lengthBase + lane]
            let cursor = cursors.address(Int(state.cursors) + part * shape.pointee.laneCount + lane)
            cursor.pointee = queue.first(after: state.now &- length, from: oldest)
            let isEmpty = cursor.pointee == queue.end
            let entry = isEmpty ? Sample(time: 0, value: -.infinity) : queue.entry(cursor.pointee)
            rows[row, lane] = entry.value
            rows[integerIn: row + shape.pointee.groups, lane] = isEmpty ? .max : entry.time &+ length
        }
    }

    /// The longest window's cursor in the queue of maxima (part 1) or minima (2): nothing before it is needed.
    private func longestCursor(_ state: SeriesView, _ part: Int) -> Int {
        Int(state.cursors) + part * state.shape.pointee.laneCount + state.shape.pointee.windowCount - 1
    }

    /// Puts a late sample in its place, and into the windows in which that is.
    ///
    /// O(windows + log samples), and what lies in memory behind it moves: 16 bytes for each sample that is newer.
    @inline(never)
    mutating func insert(_ sample: Sample, into index: Int) {
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
        for lane in 0..<shape.pointee.windowCount
        where sample.time > state.now &- shapes.lengths[shape.pointee.lengthBase + lane] {
            add(sample, to: index, lane: lane)
        }
        placeStarts(state)
        if sample.time > state.now &- shape.pointee.longest {
            if shape.pointee.maxima >= 0 {
                series[index].maxima.insert(sample, oldest: cursors[longestCursor(state, 1)])
            }
            if shape.pointee.minima >= 0 {
                series[index].minima.insert(
                    Sample(time: sample.time, value: -sample.value), oldest: cursors[longestCursor(state, 2)])
            }
            settleExtremes(index)
        }
        changeSteps(index, from: position, isTaken: true)
    }

    /// Puts late samples in their places, and forms all windows anew. O(samples of the longest window + `run`).
    /// - Parameter run: in the order of their times.
    @inline(never)
    mutating func insert(_ run: ArraySlice<Sample>, into index: Int) {
        series[index].ring.merge(run)
        for sample in run { noteLate(sample, index) }
        view(index).noteFall(at: series[index].newest)
        formAnew(index)
    }

    /// Puts a sample into a window's sums.
    private mutating func add(_ sample: Sample, to index: Int, lane: Int) {
        let state = view(index)
        let (shape, rows) = (state.shape, state.rows)
        rows[0, lane] += 1
        guard shape.pointee.moments >= 0 else { return }
        guard rows[0, lane] > 1 else { return reform(index, lane: lane) }
        let groups = shape.pointee.groups
        let value = sample.value - rows[shape.pointee.moments + 3 * groups, lane]
        rows[shape.pointee.moments, lane] += value
        let squares = rows[shape.pointee.moments + groups, lane] + value * value
        rows[shape.pointee.moments + groups, lane] = squares
        rows[shape.pointee.moments + 2 * groups, lane] = max(rows[shape.pointee.moments + 2 * groups, lane], squares)
        if shape.pointee.regression >= 0 {
            let time = Double(sample.time &- state.epoch) * 1e-9 - rows[shape.pointee.regression + 3 * groups, lane]
            rows[shape.pointee.regression, lane] += time
            rows[shape.pointee.regression + groups, lane] += time * time
            rows[shape.pointee.regression + 2 * groups, lane] += time * value
        }
        reformIfIll(index, rows, shape, lane)
    }

    /// Forms everything that is kept for a series from its samples.
    private mutating func formAnew(_ index: Int) {
        series[index].maxima.removeAll()
        series[index].minima.removeAll()
        let state = view(index)
        let shape = state.shape
        guard shape.pointee.windowCount > 0 else { return }
        let rows = state.rows
        for at in state.ring.upperBound(state.now &- shape.pointee.longest)..<Int(state.ring.count) {
            let sample = state.ring[at]
            if shape.pointee.maxima >= 0 { _ = series[index].maxima.push(sample, oldest: 0) }
            if shape.pointee.minima >= 0 {
                _ = series[index].minima.push(Sample(time: sample.time, value: -sample.value), oldest: 0)
            }
        }
        for lane in 0..<shape.pointee.windowCount {
            let first = state.ring.upperBound(state.now &- shapes.lengths[shape.pointee.lengthBase + lane])
            rows[0, lane] = Double(Int(state.ring.count) - first)
            cursors[Int(state.cursors) + shape.pointee.laneCount + lane] = 0
            cursors[Int(state.cursors) + 2 * shape.pointee.laneCount + lane] = 0
            reform(index, lane: lane)
        }
        placeStarts(view(index))
        settleExtremes(index)
        formExtras(index)
    }

    /// The moments of a window, with times in seconds after a reference.
    mutating func moments(_ state: SeriesView, lane: Int, since reference: Int64) -> Moments {
        let shape = state.shape
        let rows = state.rows
        let count = rows[0, lane]
        var moments = Moments()
        guard count > 0, shape.pointee.moments >= 0 else { return moments }
        let groups = shape.pointee.groups
        let (sum, squares) = (rows[shape.pointee.moments, lane], rows[shape.pointee.moments + groups, lane])
        moments.count = count
        moments.meanValue = rows[shape.pointee.moments + 3 * groups, lane] + sum / count
        moments.valueSquares = max(0, squares - sum * sum / count)
        guard shape.pointee.regression >= 0 else { return moments }
        let (times, timeSquares) = (rows[shape.pointee.regression, lane], rows[shape.pointee.regression + groups, lane])
        moments.meanTime =
            Double(state.epoch &- reference) * 1e-9 + rows[shape.pointee.regression + 3 * groups, lane] + times / count
        moments.timeSquares = max(0, timeSquares - times * times / count)
        moments.products = rows[shape.pointee.regression + 2 * groups, lane] - times * sum / count
        return moments
    }
}
