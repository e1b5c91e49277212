internal import RulePlan

// Wrapping operators: for times and spans see Engine.swift.

// The sums of times behind `slope` and `forecast`: Σt, Σt² and Σtd beside the sums of values.
extension SeriesWindows {
    /// Forms a window's sums of times anew, about the middle of its times. O(samples).
    mutating func reformTimes(_ index: Int, lane: Lane) {
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
