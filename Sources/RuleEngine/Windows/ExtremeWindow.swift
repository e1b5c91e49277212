internal import RulePlan

// Wrapping operators: for times and spans see Engine.swift. The heads of queues wrap, and are compared by difference.

// The largest and the smallest value of each window: all windows of a series share one queue for each.
extension SeriesWindows {
    /// Adds the newest sample to a queue of extremes, and brings every window's extreme up to date: most windows keep
    /// theirs.
    ///
    /// - Parameter row: the row of values; that of the expiries follows it.
    @inline(__always)
    func pushExtreme(
        _ sample: Sample, to queue: inout ExtremeQueue, _ which: WindowCursors.Queue, _ rows: LaneBlock, row: Int,
        _ heads: WindowCursors, _ pairs: Int, _ lengths: UnsafeMutablePointer<Int64>, _ windowCount: Int, now: Int64
    ) {
        let at = queue.push(sample, oldest: heads[which, Lane(windowCount - 1)])
        let value = sample.value
        for pair in 0..<pairs {
            let surpassed = (value - rows[row + pair]).signs ^ 1
            let expired = (rows[integers: row + pairs + pair] &- now &- 1).signs
            let moved = surpassed | expired
            if moved.isZero { continue }
            for inPair in 0..<LanePair.width where moved[inPair] != 0 {
                let lane = Lane(pair &* LanePair.width &+ inPair)
                var head = heads[which, lane]
                if head.isBehind(at) { head = at }  // its entry was surpassed, and is gone
                let limit = now &- lengths[lane.number]
                while queue.entry(head).time <= limit { head = head.next }
                heads[which, lane] = head
                let entry = queue.entry(head)
                rows[row, lane] = entry.value
                rows[integerIn: row + pairs, lane] = entry.time &+ lengths[lane.number]
            }
        }
    }

    /// Moves each window's extremes to the first entry inside it, or to none.
    mutating func settleExtremes(_ index: Int) {
        let state = view(index)
        let shape = state.shape
        if shape.pointee.maxima >= 0 { settleExtremes(state, state.maxima, .maxima, row: shape.pointee.maxima) }
        if shape.pointee.minima >= 0 { settleExtremes(state, state.minima, .minima, row: shape.pointee.minima) }
    }

    private func settleExtremes(_ state: SeriesView, _ queue: ExtremeQueue, _ which: WindowCursors.Queue, row: Int) {
        let (shape, rows) = (state.shape, state.rows)
        let oldest = state.oldest(which)
        for lane in shape.pointee.windows {
            let length = shapes.length(of: lane, in: shape.pointee)
            let position = queue.first(after: state.now &- length, from: oldest)
            state.cursors[which, lane] = position
            let isEmpty = position == queue.end
            let entry = isEmpty ? Sample(time: 0, value: -.infinity) : queue.entry(position)
            rows[row, lane] = entry.value
            rows[integerIn: row + shape.pointee.pairs, lane] = isEmpty ? .max : entry.time &+ length
        }
    }
}
