internal import RulePlan

// Wrapping operators: numbers of lanes of memory that is allocated, far below their types' ends.

/// A series' state, its shape and its rows in place, to be read without a copy.
///
/// Valid until the engine's slabs grow, which they do only during setup.
struct SeriesView: BitwiseCopyable {
    let state: UnsafeMutablePointer<SeriesState>
    let shape: UnsafeMutablePointer<WindowShape>
    let rows: LaneBlock
    let cursors: WindowCursors

    @inline(__always) var ring: SampleRing { state.pointee.ring }
    @inline(__always) var now: Int64 { state.pointee.now }
    @inline(__always) var newest: Int64 { state.pointee.newest }
    @inline(__always) var epoch: Int64 { state.pointee.epoch }
    @inline(__always) var maxima: ExtremeQueue { state.pointee.maxima }
    @inline(__always) var minima: ExtremeQueue { state.pointee.minima }
    @inline(__always) var extras: Int32 { state.pointee.extras }
    @inline(__always) var words: Int32 { state.pointee.words }
    @inline(__always) var isUnknown: Bool { state.pointee.isUnknown }
    @inline(__always) var counter: CounterPlan { state.pointee.counter }

    /// Returns how many samples a window holds.
    @inline(__always)
    func count(lane: Lane) -> Int { Int(rows[0, lane]) }

    /// The longest window's position in a queue: nothing before it is needed.
    func oldest(_ queue: WindowCursors.Queue) -> QueuePosition { cursors[queue, shape.pointee.last] }

    /// Remembers that a sample may be lower than the one before it.
    func noteFall(at time: Int64) { state.pointee.lastFall = max(state.pointee.lastFall, time) }
}

extension SeriesWindows {
    @inline(__always)
    func view(_ index: SeriesIndex) -> SeriesView {
        let state = series.address(index)
        let shape = shapes.shapes.address(Int(state.pointee.shape))
        return SeriesView(
            state: state, shape: shape,
            rows: LaneBlock(lanes.address(Int(state.pointee.lanes), count: shape.pointee.stride)),
            cursors: cursors(of: state, laneCount: shape.pointee.laneCount))
    }

    /// The cursors of a series with `laneCount` lanes.
    @inline(__always)
    func cursors(of state: UnsafeMutablePointer<SeriesState>, laneCount: Int) -> WindowCursors {
        WindowCursors(
            cursors.address(Int(state.pointee.cursors), count: laneCount &* WindowCursors.perLane), laneCount: laneCount
        )
    }
}
