internal import RulePlan

// Wrapping operators: for times and spans see Engine.swift. Slots, lanes and pairs are numbers of slots, lanes and
// entries of memory that is allocated, far below their types' ends; the age and the heads of queues wrap, and are
// compared by difference.

// The hot path: a sample that is not older than any before it. No allocation once the rings have their size,
// no existential, no reference count.
//
// Sums are kept about an origin for each window, near its mean: Σd, Σd², Σt, Σt², Σtd with d = value − origin
// and t in seconds. They are computed again from the samples, about a new origin (``reform(_:lane:)``), when
// - n·Σd² − (Σd)² is less than 2⁻¹⁴ of n times the largest Σd² since they were formed: the spread is small
//   beside the distance to the origin, or a huge value has left. What remains of the difference of two large
//   sums is rounding; about the new origin nothing is subtracted.
// - the same of the times is less than 2⁻¹⁰: the window has moved on by nine lengths;
// - 65,536 samples have gone by, so that rounding cannot add up without end.
// Seconds are counted from an epoch that is never further back than four times the longest window, so that a Double
// of them resolves what lies between two samples.
// A window's sums then carry the rounding of at most 65,536 additions of terms 2¹⁴ times the result: typically
// √65,536 · 2¹⁴ · 1.1·10⁻¹⁶ = 5·10⁻¹⁰. Moments about a shifted origin: T. F. Chan, G. H. Golub, R. J. LeVeque,
// "Algorithms for Computing the Sample Variance", The American Statistician 37 (1983).
extension SeriesWindows {
    static var smallestSpread: Double { 0x1p-14 }
    static var smallestTimeSpread: Double { 0x1p-10 }
    static var samplesUntilReform: UInt32 { 65_536 }
    /// Appends a sample that is not older than the newest, nor than any window, and moves the windows. Returns
    /// whether a threshold changed.
    ///
    /// O(windows), amortised.
    @inline(__always)
    mutating func append(_ sample: Sample, to index: SeriesIndex) -> Bool {
        let state = series.address(index)
        if state.pointee.ring.isFull { growRing(index) }
        let shape = shapes.shapes.address(Int(state.pointee.shape))
        let time = sample.time
        if state.pointee.newest == .min { state.pointee.epoch = time }
        state.pointee.newest = time
        let now = max(time, state.pointee.now)
        state.pointee.now = now
        state.pointee.ring.append(sample)
        guard shape.pointee.windowCount > 0 else {
            discardOld(state, shape)
            return false
        }
        // Most series have one or two windows with a mean or a sum: their code has no loops over windows.
        return shape.pointee.isSimple
            ? move(index, state, shape, sample, pairs: 1, isSimple: true)
            : move(index, state, shape, sample, pairs: shape.pointee.pairs, isSimple: false)
    }

    /// Moves the windows of a series with its newest sample, which is in the ring, and compares their thresholds.
    ///
    /// - Parameter isSimple: there is one pair of windows, with moments and nothing else.
    @inline(__always)
    private mutating func move(
        _ index: SeriesIndex, _ state: UnsafeMutablePointer<SeriesState>, _ shape: UnsafeMutablePointer<WindowShape>,
        _ sample: Sample, pairs: Int, isSimple: Bool
    ) -> Bool {
        let (time, now, epoch) = (sample.time, state.pointee.now, state.pointee.epoch)
        let windowCount = shape.pointee.windowCount
        let rows = LaneBlock(lanes.address(Int(state.pointee.lanes), count: shape.pointee.stride))
        let cursors = cursors(of: state, laneCount: pairs &* LanePair.width)
        let lengths = shapes.lengths.address(shape.pointee.lengthBase, count: windowCount)
        let (moments, regression) = isSimple ? (1, -1) : (shape.pointee.moments, shape.pointee.regression)
        let (maxima, minima) = isSimple ? (-1, -1) : (shape.pointee.maxima, shape.pointee.minima)
        let hasExtras = !isSimple && shape.pointee.extraCount > 0
        let valid = shapes.valid.address(shape.pointee.validBase, count: pairs)
        let (hasRegression, seconds) = (regression >= 0, Double(time &- epoch) * 1e-9)
        if hasExtras { noteCounts(rows, pairs) }
        let ring = state.pointee.ring.base.unsafelyUnwrapped
        let capacity = UInt32(truncatingIfNeeded: state.pointee.ring.capacity)
        // Usually one sample leaves a window. It is kept apart, so that two windows' sums move together.
        @inline(__always) func leave(_ lane: Lane) -> (count: Double, value: Double, seconds: Double) {
            guard lane.number < windowCount else { return (0, 0, 0) }
            let limit = now &- lengths[lane.number]
            var slot = cursors[lane]
            let oldest = ring[Int(slot.number)]
            if oldest.time > limit { return (0, 0, 0) }
            slot = slot.next(in: capacity)
            while ring[Int(slot.number)].time <= limit {  // the new sample is inside every window
                remove(ring[Int(slot.number)], rows, lane, shape, epoch: epoch)
                slot = slot.next(in: capacity)
            }
            cursors[lane] = slot
            return (1, oldest.value, hasRegression ? Double(oldest.time &- epoch) * 1e-9 : 0)
        }

        var isIll = SIMD2<UInt64>.zero
        for pair in 0..<pairs {
            let (a, b) = (leave(Lane(pair &* 2)), leave(Lane(pair &* 2 &+ 1)))
            let leaving = LanePair(a.count, b.count)
            let count = rows[pair] + (1 - leaving)
            rows[pair] = count
            guard moments >= 0 else { continue }
            let origin = rows[moments &+ pair &+ 3 &* pairs]
            let old = (LanePair(a.value, b.value) - origin) * leaving
            let new = sample.value - origin
            var ill = Self.moveMeans(rows, moments &+ pair, pairs, count: count, old: old, new: new)
            if hasRegression {
                ill |= Self.moveSlopes(
                    rows, regression &+ pair, pairs, count: count, old: old, new: new,
                    oldSeconds: LanePair(a.seconds, b.seconds), newSeconds: seconds, leaving: leaving)
            }
            isIll |= ill & valid[pair]
        }
        state.pointee.age &+= 1
        if !isIll.isZero || state.pointee.age >= Self.samplesUntilReform || seconds > shape.pointee.epochSpan {
            reformIllWindows(index, seconds: seconds)
        }
        if maxima >= 0 {
            pushExtreme(
                sample, to: &state.pointee.maxima, .maxima, rows, row: maxima, cursors, pairs, lengths, windowCount,
                now: now)
        }
        if minima >= 0 {
            pushExtreme(
                Sample(time: time, value: -sample.value), to: &state.pointee.minima, .minima, rows, row: minima,
                cursors,
                pairs, lengths, windowCount, now: now)
        }
        if hasExtras { moveExtras(index) }
        discardOld(state, shape)
        return isSimple && shape.pointee.hasOnlyMeans ? compareMeans(state, shape, rows) : compareThresholds(of: index)
    }

    /// Removes the samples that no window and no late reading can need. One older sample stays, or more for a
    /// counter: the value before the window began.
    @inline(__always)
    func discardOld(_ state: UnsafeMutablePointer<SeriesState>, _ shape: UnsafeMutablePointer<WindowShape>) {
        let limit = state.pointee.now &- state.pointee.retention
        let spare = shape.pointee.spare
        while state.pointee.ring.isSample(spare, upTo: limit) { state.pointee.ring.removeFirst() }
    }
}
