internal import RulePlan

// Asks for the memory that the next readings of a message will touch.
extension SeriesWindows {
    /// Asks for the state of a series that will get a sample soon.
    @inline(__always)
    func prefetchState(_ index: Int) {
        guard index >= 0, index < series.count else { return }
        Cache.prefetch(series.address(index), bytes: MemoryLayout<SeriesState>.stride)
    }

    /// Asks for its windows' sums; its state is there by now.
    @inline(__always)
    func prefetchWindows(_ index: Int) {
        guard index >= 0, index < series.count else { return }
        let state = series.address(index)
        let shape = shapes.shapes.address(Int(state.pointee.shape))
        LaneBlock(lanes.address(Int(state.pointee.lanes), count: shape.pointee.stride)).prefetch(shape.pointee.stride)
        cursors(of: state, laneCount: shape.pointee.laneCount).prefetch()
    }

    /// Asks for the samples that it will touch; its windows are there by now.
    @inline(__always)
    func prefetchSamples(_ index: Int) {
        guard index >= 0, index < series.count else { return }
        let state = series.address(index)
        let shape = shapes.shapes.address(Int(state.pointee.shape))
        guard let ring = state.pointee.ring.base else { return }
        Cache.prefetch(ring + Int(state.pointee.ring.slot(Int(state.pointee.ring.count)).number))
        let starts = cursors(of: state, laneCount: shape.pointee.laneCount)
        for lane in shape.pointee.windows {
            Cache.prefetch(ring + Int(starts[lane].number))
            Cache.prefetch(ring + Int(starts[lane].number) + 1)
        }
        if shape.pointee.maxima >= 0 { Cache.prefetch(state.pointee.maxima.address(state.pointee.maxima.end.previous)) }
        if shape.pointee.minima >= 0 { Cache.prefetch(state.pointee.minima.address(state.pointee.minima.end.previous)) }
    }
}
