internal import RulePlan

// Wrapping operators: for times and spans see Engine.swift.

// The sums of values behind `mean`, `sum`, `stddev` and `zscore`: Σd and Σd² about an origin
// (SeriesWindows+Append.swift says why).
extension SeriesWindows {
    /// Moves the sums of values of two windows: for each, `new` comes, and `old` leaves or is zero. Both are less the
    /// origins.
    /// - Parameter at: the pair in the row of sums.
    /// - Returns: 1 in the lanes whose sums have lost their precision.
    @inline(__always)
    static func moveMeans(
        _ rows: LaneBlock, _ at: Int, _ pairs: Int, count: LanePair, old: LanePair, new: LanePair
    ) -> SIMD2<UInt64> {
        let sum = rows[at] + (new - old)
        rows[at] = sum
        let squares = rows[at &+ pairs] + (new * new - old * old)
        rows[at &+ pairs] = squares
        let largest = rows[at &+ 2 &* pairs].larger(squares)
        rows[at &+ 2 &* pairs] = largest
        return (count * squares - sum * sum - (count * largest) * smallestSpread).signs
    }

    /// Computes again the sums that have lost their precision; all of them after 65,536 samples. O(the samples of their
    /// windows).
    @inline(never)
    mutating func reformIllWindows(_ index: SeriesIndex, seconds: Double) {
        let shape = view(index).shape
        let isTime = series[index].age >= Self.samplesUntilReform
        if isTime { series[index].age = 0 }
        let rows = view(index).rows
        guard shape.pointee.moments >= 0 else { return }
        if seconds > shape.pointee.epochSpan {
            series[index].epoch = series[index].now
            for lane in shape.pointee.windows { reformTimes(index, lane: lane) }
        }
        for lane in shape.pointee.windows { reformIfIll(index, rows, shape, lane, always: isTime) }
    }

    mutating func reformIfIll(
        _ index: SeriesIndex, _ rows: LaneBlock, _ shape: UnsafeMutablePointer<WindowShape>, _ lane: Lane,
        always: Bool = false
    ) {
        let pairs = shape.pointee.pairs
        let count = rows[0, lane]
        let (sum, squares) = (rows[shape.pointee.moments, lane], rows[shape.pointee.moments + pairs, lane])
        let spread = count * squares - sum * sum
        if always || spread < count * rows[shape.pointee.moments + 2 * pairs, lane] * Self.smallestSpread {
            reform(index, lane: lane)
        }
        guard shape.pointee.regression >= 0 else { return }
        let (times, timeSquares) = (rows[shape.pointee.regression, lane], rows[shape.pointee.regression + pairs, lane])
        let timeSpread = count * timeSquares - times * times
        if always || timeSpread < count * timeSquares * Self.smallestTimeSpread { reformTimes(index, lane: lane) }
    }

    /// Computes a window's sums of values from its samples, about their mean. O(samples).
    mutating func reform(_ index: SeriesIndex, lane: Lane) {
        let state = view(index)
        let shape = state.shape
        guard shape.pointee.moments >= 0 else { return }
        let rows = state.rows
        let pairs = shape.pointee.pairs
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
        rows[shape.pointee.moments + pairs, lane] = squares
        rows[shape.pointee.moments + 2 * pairs, lane] = squares
        rows[shape.pointee.moments + 3 * pairs, lane] = origin
        // The products are about the same origin.
        if shape.pointee.regression >= 0 { reformTimes(index, lane: lane) }
    }

    /// Takes a sample out of a window's sums.
    @inline(never)
    mutating func remove(
        _ sample: Sample, _ rows: LaneBlock, _ lane: Lane, _ shape: UnsafeMutablePointer<WindowShape>, epoch: Int64
    ) {
        let pairs = shape.pointee.pairs
        rows[0, lane] -= 1
        guard shape.pointee.moments >= 0 else { return }
        let value = sample.value - rows[shape.pointee.moments + 3 * pairs, lane]
        rows[shape.pointee.moments, lane] -= value
        rows[shape.pointee.moments + pairs, lane] -= value * value
        guard shape.pointee.regression >= 0 else { return }
        let time = Double(sample.time &- epoch) * 1e-9 - rows[shape.pointee.regression + 3 * pairs, lane]
        rows[shape.pointee.regression, lane] -= time
        rows[shape.pointee.regression + pairs, lane] -= time * time
        rows[shape.pointee.regression + 2 * pairs, lane] -= time * value
    }

    /// Puts a sample into a window's sums.
    mutating func add(_ sample: Sample, to index: SeriesIndex, lane: Lane) {
        let state = view(index)
        let (shape, rows) = (state.shape, state.rows)
        rows[0, lane] += 1
        guard shape.pointee.moments >= 0 else { return }
        guard rows[0, lane] > 1 else { return reform(index, lane: lane) }
        let pairs = shape.pointee.pairs
        let value = sample.value - rows[shape.pointee.moments + 3 * pairs, lane]
        rows[shape.pointee.moments, lane] += value
        let squares = rows[shape.pointee.moments + pairs, lane] + value * value
        rows[shape.pointee.moments + pairs, lane] = squares
        rows[shape.pointee.moments + 2 * pairs, lane] = max(rows[shape.pointee.moments + 2 * pairs, lane], squares)
        if shape.pointee.regression >= 0 {
            let time = Double(sample.time &- state.epoch) * 1e-9 - rows[shape.pointee.regression + 3 * pairs, lane]
            rows[shape.pointee.regression, lane] += time
            rows[shape.pointee.regression + pairs, lane] += time * time
            rows[shape.pointee.regression + 2 * pairs, lane] += time * value
        }
        reformIfIll(index, rows, shape, lane)
    }

    /// Returns the moments of a window, with times in seconds after a reference.
    mutating func moments(_ state: SeriesView, lane: Lane, since reference: Int64) -> Moments {
        let shape = state.shape
        let rows = state.rows
        let count = rows[0, lane]
        var moments = Moments()
        guard count > 0, shape.pointee.moments >= 0 else { return moments }
        let pairs = shape.pointee.pairs
        let (sum, squares) = (rows[shape.pointee.moments, lane], rows[shape.pointee.moments + pairs, lane])
        moments.count = count
        moments.meanValue = rows[shape.pointee.moments + 3 * pairs, lane] + sum / count
        moments.valueSquares = max(0, squares - sum * sum / count)
        guard shape.pointee.regression >= 0 else { return moments }
        let (times, timeSquares) = (rows[shape.pointee.regression, lane], rows[shape.pointee.regression + pairs, lane])
        moments.meanTime =
            Double(state.epoch &- reference) * 1e-9 + rows[shape.pointee.regression + 3 * pairs, lane] + times / count
        moments.timeSquares = max(0, timeSquares - times * times / count)
        moments.products = rows[shape.pointee.regression + 2 * pairs, lane] - times * sum / count
        return moments
    }
}
