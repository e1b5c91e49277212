internal import RulePlan

// Prefetches the memory that the next readings of a message will touch.
extension SeriesWindows {
    /// Prefetches the state of a series that will get a sample soon.
    @inline(__always)
    func prefetchState(_ index: SeriesIndex) {
        guard series.contains(index) else { return }
        Cache.prefetch(series.address(index), bytes: MemoryLayout<SeriesState>.stride)
    }

    /// Prefetches the sums of its windows; its state is in the cache by now.
    @inline(__always)
    func prefetchWindows(_ index: SeriesIndex) {
        guard series.contains(index) else { return }
        let state = series.address(index)
        let shape = shapes.shapes.address(Int(state.pointee.shape))
        LaneBlock(lanes.address(Int(state.pointee.lanes), count: shape.pointee.stride)).prefetch(shape.pointee.stride)
        cursors(of: state, laneCount: shape.pointee.laneCount).prefetch()
    }

    /// Prefetches the samples that it will touch; its windows are in the cache by now.
    @inline(__always)
    func prefetchSamples(_ index: SeriesIndex) {
        guard series.contains(index) else { return }
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
