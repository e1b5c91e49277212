internal import RulePlan

// Wrapping operators: for times and spans see Engine.swift.

// The sums of times behind `slope` and `forecast`: Σt, Σt² and Σtd beside the sums of values.
extension SeriesWindows {
    /// Moves the sums of times of two windows, as ``moveMeans(_:_:_:count:old:new:)`` does those of values.
    /// - Parameters:
    ///   - at: the pair in the row of sums.
    ///   - leaving: 1 in the lanes that a sample leaves.
    @inline(__always)
    static func moveSlopes(
        _ rows: LaneBlock, _ at: Int, _ pairs: Int, count: LanePair, old: LanePair, new: LanePair,
        oldSeconds: LanePair, newSeconds: Double, leaving: LanePair
    ) -> SIMD2<UInt64> {
        let origin = rows[at &+ 3 &* pairs]
        let oldTime = (oldSeconds - origin) * leaving
        let newTime = newSeconds - origin
        let times = rows[at] + (newTime - oldTime)
        rows[at] = times
        let timeSquares = rows[at &+ pairs] + (newTime * newTime - oldTime * oldTime)
        rows[at &+ pairs] = timeSquares
        rows[at &+ 2 &* pairs] += newTime * new - oldTime * old
        return (count * timeSquares - times * times - (count * timeSquares) * smallestTimeSpread).signs
    }

    /// Computes a window's sums of times from its samples, about the middle of its times. O(samples).
    mutating func reformTimes(_ index: SeriesIndex, lane: Lane) {
        let state = view(index)
        let shape = state.shape
        let rows = state.rows
        let pairs = shape.pointee.pairs
        let held = state.count(lane: lane)
        let first = Int(state.ring.count) - held
        var middle = state.epoch
        if held > 0 {
            let (oldest, newest) = (state.ring[first].time, state.ring[Int(state.ring.count) - 1].time)
            middle = oldest &+ (newest &- oldest) / 2
        }
        // About the origin as it is kept, so that no rounding of it enters.
        let originTime = Double(middle &- state.epoch) * 1e-9
        let origin = rows[shape.pointee.moments + 3 * pairs, lane]
        var (times, timeSquares, products) = (0.0, 0.0, 0.0)
        for at in first..<Int(state.ring.count) {
            let sample = state.ring[at]
            let time = Double(sample.time &- state.epoch) * 1e-9 - originTime
            times += time
            timeSquares += time * time
            products += time * (sample.value - origin)
        }
        rows[shape.pointee.regression, lane] = times
        rows[shape.pointee.regression + pairs, lane] = timeSquares
        rows[shape.pointee.regression + 2 * pairs, lane] = products
        rows[shape.pointee.regression + 3 * pairs, lane] = originTime
    }
}
