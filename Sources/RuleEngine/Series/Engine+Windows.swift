internal import RulePlan

// What is done to windows off the hot path: moving them on without a sample, putting a late sample in its
// place, and forming sums anew.
extension Engine {
    /// How many samples a window of a series holds.
    func count(_ state: SeriesState, lane: Int) -> Int {
        Int(rows(of: state)[0, lane])
    }

    func rows(of state: SeriesState) -> LaneBlock {
        LaneBlock(lanes.address(Int(state.lanes), count: shapes.shapes[Int(state.shape)].stride))
    }

    /// Makes room in a series' ring; the windows' slots move with the samples.
    @inline(never)
    mutating func growRing(_ index: Int) {
        series[index].ring.grow()
        placeStarts(series[index])
    }

    /// Finds the slot at which each window begins, from its count.
    private mutating func placeStarts(_ state: SeriesState) {
        let shape = shapes.shapes[Int(state.shape)]
        for lane in 0..<shape.windowCount {
            cursors[Int(state.cursors) + lane] = UInt32(state.ring.slot(Int(state.ring.count) - count(state, lane: lane)))
        }
    }

    /// Forms the sums that need it anew; all of them after 65,536 samples. O(the samples of their windows).
    @inline(never)
    mutating func reformIllWindows(_ index: Int, seconds: Double) {
        let shape = shapes.shapes[Int(series[index].shape)]
        let isTime = series[index].age >= Self.samplesUntilReform
        if isTime { series[index].age = 0 }
        let rows = rows(of: series[index])
        guard shape.moments >= 0 else { return }
        if seconds > shape.epochSpan {
            series[index].epoch = series[index].now
            for lane in 0..<shape.windowCount { reformTimes(index, lane: lane) }
        }
        for lane in 0..<shape.windowCount { reformIfIll(index, rows, shape, lane, always: isTime) }
    }

    private mutating func reformIfIll(_ index: Int, _ rows: LaneBlock, _ shape: WindowShape, _ lane: Int, always: Bool = false) {
        let groups = shape.groups
        let count = rows[0, lane]
        let (sum, squares) = (rows[shape.moments, lane], rows[shape.moments + groups, lane])
        let spread = count * squares - sum * sum
        if always || spread < count * rows[shape.moments + 2 * groups, lane] * Self.smallestSpread { reform(index, lane: lane) }
        guard shape.regression >= 0 else { return }
        let (times, timeSquares) = (rows[shape.regression, lane], rows[shape.regression + groups, lane])
        let timeSpread = count * timeSquares - times * times
        if always || timeSpread < count * timeSquares * Self.smallestTimeSpread { reformTimes(index, lane: lane) }
    }

    /// Forms a window's sums of values anew from its samples, about their mean. O(samples).
    mutating func reform(_ index: Int, lane: Int) {
        let state = series[index]
        let shape = shapes.shapes[Int(state.shape)]
        guard shape.moments >= 0 else { return }
        let rows = rows(of: state)
        let groups = shape.groups
        let held = count(state, lane: lane)
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
        rows[shape.moments, lane] = sum
        rows[shape.moments + groups, lane] = squares
        rows[shape.moments + 2 * groups, lane] = squares
        rows[shape.moments + 3 * groups, lane] = origin
        // The products are about the same origin.
        if shape.regression >= 0 { reformTimes(index, lane: lane) }
    }

    /// Forms a window's sums of times anew, about the middle of its times. O(samples).
    private mutating func reformTimes(_ index: Int, lane: Int) {
        let state = series[index]
        let shape = shapes.shapes[Int(state.shape)]
        let rows = rows(of: state)
        let groups = shape.groups
        let held = count(state, lane: lane)
        let first = Int(state.ring.count) - held
        var middle = state.epoch
        if held > 0 {
            let (oldest, newest) = (state.ring[first].time, state.ring[Int(state.ring.count) - 1].time)
            middle = oldest &+ (newest &- oldest) / 2
        }
        // About the origin as it is kept, so that no rounding of it enters.
        let originTime = Double(middle &- state.epoch) * 1e-9
        let origin = rows[shape.moments + 3 * groups, lane]
        var (times, timeSquares, products) = (0.0, 0.0, 0.0)
        for at in first..<Int(state.ring.count) {
            let sample = state.ring[at]
            let time = Double(sample.time &- state.epoch) * 1e-9 - originTime
            times += time
            timeSquares += time * time
            products += time * (sample.value - origin)
        }
        rows[shape.regression, lane] = times
        rows[shape.regression + groups, lane] = timeSquares
        rows[shape.regression + 2 * groups, lane] = products
        rows[shape.regression + 3 * groups, lane] = originTime
    }

    /// Moves the windows of a series on to a time, without a sample. O(windows + samples that leave).
    mutating func advance(_ index: Int, to time: Int64) {
        guard time > series[index].now, series[index].newest != .min else { return }
        series[index].now = time
        let state = series[index]
        let shape = shapes.shapes[Int(state.shape)]
        guard shape.windowCount > 0 else { return }
        let rows = rows(of: state)
        if shape.extraCount > 0 { noteCounts(rows, shape.groups) }
        for lane in 0..<shape.windowCount {
            let limit = time &- shapes.lengths[shape.lengthBase + lane]
            let held = count(state, lane: lane)
            var first = Int(state.ring.count) - held
            while first < Int(state.ring.count), state.ring[first].time <= limit {
                subtract(state.ring[first], rows, lane, shape, epoch: state.epoch)
                first += 1
            }
            cursors[Int(state.cursors) + lane] = UInt32(state.ring.slot(first))
            guard held > 0, shape.moments >= 0 else { continue }
            reformIfIll(index, rows, shape, lane, always: first == Int(state.ring.count))
        }
        settleExtremes(index)
        if shape.extraCount > 0 { moveExtras(index, isNew: false) }
        discardOld(series.address(index))
    }

    private func subtract(_ sample: Sample, _ rows: LaneBlock, _ lane: Int, _ shape: WindowShape, epoch: Int64) {
        let groups = shape.groups
        rows[0, lane] -= 1
        guard shape.moments >= 0 else { return }
        let value = sample.value - rows[shape.moments + 3 * groups, lane]
        rows[shape.moments, lane] -= value
        rows[shape.moments + groups, lane] -= value * value
        guard shape.regression >= 0 else { return }
        let time = Double(sample.time &- epoch) * 1e-9 - rows[shape.regression + 3 * groups, lane]
        rows[shape.regression, lane] -= time
        rows[shape.regression + groups, lane] -= time * time
        rows[shape.regression + 2 * groups, lane] -= time * value
    }

    /// Moves each window's extremes to the first entry inside it, or to none.
    private func settleExtremes(_ index: Int) {
        let state = series[index]
        let shape = shapes.shapes[Int(state.shape)]
        let rows = rows(of: state)
        for (row, queue, part) in [(shape.maxima, state.maxima, 1), (shape.minima, state.minima, 2)] where row >= 0 {
            for lane in 0..<shape.windowCount {
                let cursor = cursors.address(Int(state.cursors) + part * shape.laneCount + lane)
                let limit = state.now &- shapes.lengths[shape.lengthBase + lane]
                while cursor.pointee != queue.end, queue.entry(cursor.pointee).time <= limit { cursor.pointee &+= 1 }
                let isEmpty = cursor.pointee == queue.end
                rows[row, lane] = isEmpty ? -.infinity : queue.entry(cursor.pointee).value
                rows[integerIn: row + shape.groups, lane] =
                    isEmpty ? .max : queue.entry(cursor.pointee).time &+ shapes.lengths[shape.lengthBase + lane]
            }
        }
    }

    /// Puts a late sample in its place, and forms all windows anew. O(samples of the longest window).
    @inline(never)
    mutating func insert(_ sample: Sample, into index: Int) {
        if series[index].ring.isFull { series[index].ring.grow() }
        let position = series[index].ring.upperBound(sample.time)
        series[index].ring.insert(sample, at: position)
        if sample.time > series[index].newest { series[index].newest = sample.time }
        noteLate(sample, index)
        formAnew(index)
    }

    /// Forms everything that is kept for a series from its samples.
    private mutating func formAnew(_ index: Int) {
        series[index].maxima.removeAll()
        series[index].minima.removeAll()
        let state = series[index]
        let shape = shapes.shapes[Int(state.shape)]
        guard shape.windowCount > 0 else { return }
        let rows = rows(of: state)
        for at in state.ring.upperBound(state.now &- shape.longest)..<Int(state.ring.count) {
            let sample = state.ring[at]
            if shape.maxima >= 0 { _ = series[index].maxima.push(sample, oldest: 0) }
            if shape.minima >= 0 { _ = series[index].minima.push(Sample(time: sample.time, value: -sample.value), oldest: 0) }
        }
        for lane in 0..<shape.windowCount {
            let first = state.ring.upperBound(state.now &- shapes.lengths[shape.lengthBase + lane])
            rows[0, lane] = Double(Int(state.ring.count) - first)
            cursors[Int(state.cursors) + shape.laneCount + lane] = 0
            cursors[Int(state.cursors) + 2 * shape.laneCount + lane] = 0
            reform(index, lane: lane)
        }
        placeStarts(series[index])
        settleExtremes(index)
        formExtras(index)
    }

    /// Whether a sample of that time and value is held. O(log samples + samples of that time).
    @inline(never)
    func holds(_ sample: Sample, _ index: Int) -> Bool {
        let ring = series[index].ring
        var at = ring.upperBound(sample.time) - 1
        while at >= 0, ring[at].time == sample.time {
            if ring[at].value.bitPattern == sample.value.bitPattern { return true }
            at -= 1
        }
        return false
    }

    /// The moments of a window, with times in seconds after a reference.
    func moments(_ state: SeriesState, lane: Int, since reference: Int64) -> Moments {
        let shape = shapes.shapes[Int(state.shape)]
        let rows = rows(of: state)
        let count = rows[0, lane]
        var moments = Moments()
        guard count > 0, shape.moments >= 0 else { return moments }
        let groups = shape.groups
        let (sum, squares) = (rows[shape.moments, lane], rows[shape.moments + groups, lane])
        moments.count = count
        moments.meanValue = rows[shape.moments + 3 * groups, lane] + sum / count
        moments.valueSquares = max(0, squares - sum * sum / count)
        guard shape.regression >= 0 else { return moments }
        let (times, timeSquares) = (rows[shape.regression, lane], rows[shape.regression + groups, lane])
        moments.meanTime = Double(state.epoch &- reference) * 1e-9 + rows[shape.regression + 3 * groups, lane] + times / count
        moments.timeSquares = max(0, timeSquares - times * times / count)
        moments.products = rows[shape.regression + 2 * groups, lane] - times * sum / count
        return moments
    }
}
