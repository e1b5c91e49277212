internal import RulePlan

// Wrapping operators: for times and spans see Engine.swift. The heads of queues wrap, and are compared by difference.

// The largest and the smallest value of each window: all windows of a series share one queue for each.
extension SeriesWindows {
    /// Brings every window's extreme up to date after a push: most windows keep theirs.
    ///
    /// - Parameters:
    ///   - row: the row of values; that of the expiries follows it.
    ///   - heads: each window's position in the queue.
    @inline(__always)
    func moveExtremes(
        _ queue: ExtremeQueue, _ rows: LaneBlock, _ row: Int, _ heads: UnsafeMutablePointer<UInt32>, _ pairs: Int,
        _ lengths: UnsafeMutablePointer<Int64>, value: Double, at: UInt32, now: Int64
    ) {
        for pair in 0..<pairs {
            let surpassed = (value - rows[row + pair]).signs ^ 1
            let expired = (rows[integers: row + pairs + pair] &- now &- 1).signs
            let moved = surpassed | expired
            if moved.isZero { continue }
            for inPair in 0..<LanePair.width where moved[inPair] != 0 {
                let lane = pair &* LanePair.width &+ inPair
                var head = heads[lane]
                if Int32(bitPattern: head &- at) > 0 { head = at }  // its entry was surpassed, and is gone
                let limit = now &- lengths[lane]
                while queue.entry(head).time <= limit { head &+= 1 }
                heads[lane] = head
                let entry = queue.entry(head)
                rows[row, lane] = entry.value
                rows[integerIn: row + pairs, lane] = entry.time &+ lengths[lane]
            }
        }
    }

    /// Moves each window's extremes to the first entry inside it, or to none.
    mutating func settleExtremes(_ index: Int) {
        let state = view(index)
        let shape = state.shape
        if shape.pointee.maxima >= 0 { settleExtremes(state, state.maxima, row: shape.pointee.maxima, part: 1) }
        if shape.pointee.minima >= 0 { settleExtremes(state, state.minima, row: shape.pointee.minima, part: 2) }
    }

    mutating func settleExtremes(_ state: SeriesView, _ queue: ExtremeQueue, row: Int, part: Int) {
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
            rows[integerIn: row + shape.pointee.pairs, lane] = isEmpty ? .max : entry.time &+ length
        }
    }

    /// The longest window's cursor in the queue of maxima (part 1) or minima (2): nothing before it is needed.
    func longestCursor(_ state: SeriesView, _ part: Int) -> Int {
        Int(state.cursors) + part * state.shape.pointee.laneCount + state.shape.pointee.windowCount - 1
    }
}
