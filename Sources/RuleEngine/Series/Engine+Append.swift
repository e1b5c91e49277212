internal import RulePlan

// Wrapping operators: for times and spans see Engine.swift. Slots, lanes and groups are numbers of slots, lanes and
// entries of memory that is allocated, far below their types' ends; the age and the heads of queues wrap, and are
// compared by difference.

// The hot path: a sample that is not older than any before it. No allocation once the rings have their size,
// no existential, no reference count.
//
// Sums are kept about an origin for each window, near its mean: Σd, Σd², Σt, Σt², Σtd with d = value − origin
// and t in seconds. They are formed anew from the samples, about a new origin (``reform(_:lane:)``), when
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
extension Engine {
    static var smallestSpread: Double { 0x1p-14 }
    static var smallestTimeSpread: Double { 0x1p-10 }
    static var samplesUntilReform: UInt32 { 65_536 }
    /// Appends a sample that is not older than the newest, nor than any window, and moves the windows. Returns
    /// whether a test came out differently.
    ///
    /// O(windows), amortised.
    @inline(__always)
    mutating func append(_ sample: Sample, to index: Int) -> Bool {
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
            ? move(index, state, shape, sample, groups: 1, isSimple: true)
            : move(index, state, shape, sample, groups: shape.pointee.groups, isSimple: false)
    }

    /// Moves the windows of a series with its newest sample, which is in the ring, and makes the tests.
    ///
    /// - Parameter isSimple: there is one group of windows, with moments and nothing else.
    @inline(__always)
    private mutating func move(
        _ index: Int, _ state: UnsafeMutablePointer<SeriesState>, _ shape: UnsafeMutablePointer<WindowShape>,
        _ sample: Sample, groups: Int,
        isSimple: Bool
    ) -> Bool {
        let (time, now) = (sample.time, state.pointee.now)
        let windowCount = shape.pointee.windowCount
        let laneCount = groups &* Lanes.width
        let rows = LaneBlock(lanes.address(Int(state.pointee.lanes), count: shape.pointee.stride))
        let starts = cursors.address(Int(state.pointee.cursors), count: groups * Lanes.width * 3)
        let lengths = shapes.lengths.address(shape.pointee.lengthBase, count: windowCount)
        let (moments, regression) = isSimple ? (1, -1) : (shape.pointee.moments, shape.pointee.regression)
        let (maxima, minima) = isSimple ? (-1, -1) : (shape.pointee.maxima, shape.pointee.minima)
        let hasExtras = !isSimple && shape.pointee.extraCount > 0
        let valid = shapes.valid.address(shape.pointee.validBase, count: groups)
        let hasRegression = regression >= 0
        let seconds = Double(time &- state.pointee.epoch) * 1e-9

        if hasExtras { noteCounts(rows, groups) }
        let ring = state.pointee.ring.base.unsafelyUnwrapped
        let capacity = UInt32(truncatingIfNeeded: state.pointee.ring.capacity)
        let epoch = state.pointee.epoch
        // What leaves a window is usually one sample; it is kept apart, so that two windows' sums move together.
        @inline(__always) func leave(_ lane: Int) -> (count: Double, value: Double, seconds: Double) {
            guard lane < windowCount else { return (0, 0, 0) }
            let limit = now &- lengths[lane]
            var slot = starts[lane]
            let oldest = ring[Int(slot)]
            if oldest.time > limit { return (0, 0, 0) }
            slot = slot &+ 1 == capacity ? 0 : slot &+ 1
            while ring[Int(slot)].time <= limit {  // the new sample is inside every window
                remove(ring[Int(slot)], rows, lane, shape, epoch: epoch)
                slot = slot &+ 1 == capacity ? 0 : slot &+ 1
            }
            starts[lane] = slot
            return (1, oldest.value, hasRegression ? Double(oldest.time &- epoch) * 1e-9 : 0)
        }

        var isIll = SIMD2<UInt64>.zero
        for group in 0..<groups {
            let (a, b) = (leave(group &* 2), leave(group &* 2 &+ 1))
            let leaving = Lanes(a.count, b.count)
            let count = rows[group] + (1 - leaving)
            rows[group] = count
            guard moments >= 0 else { continue }
            let at = moments &+ group
            let origin = rows[at &+ 3 &* groups]
            let old = (Lanes(a.value, b.value) - origin) * leaving
            let new = sample.value - origin
            let sum = rows[at] + (new - old)
            rows[at] = sum
            let squares = rows[at &+ groups] + (new * new - old * old)
            rows[at &+ groups] = squares
            let largest = rows[at &+ 2 &* groups].larger(squares)
            rows[at &+ 2 &* groups] = largest
            var ill = (count * squares - sum * sum - (count * largest) * Self.smallestSpread).signs
            if hasRegression {
                let at = regression &+ group
                let origin = rows[at &+ 3 &* groups]
                let oldTime = (Lanes(a.seconds, b.seconds) - origin) * leaving
                let newTime = seconds - origin
                let times = rows[at] + (newTime - oldTime)
                rows[at] = times
                let timeSquares = rows[at &+ groups] + (newTime * newTime - oldTime * oldTime)
                rows[at &+ groups] = timeSquares
                rows[at &+ 2 &* groups] += newTime * new - oldTime * old
                ill |= (count * timeSquares - times * times - (count * timeSquares) * Self.smallestTimeSpread).signs
            }
            isIll |= ill & valid[group]
        }
        state.pointee.age &+= 1
        if !isIll.isZero || state.pointee.age >= Self.samplesUntilReform || seconds > shape.pointee.epochSpan {
            reformIllWindows(index, seconds: seconds)
        }
        if maxima >= 0 {
            let at = state.pointee.maxima.push(sample, oldest: starts[laneCount + windowCount - 1])
            moveExtremes(
                state.pointee.maxima, rows, maxima, starts + laneCount, groups, lengths, value: sample.value, at: at,
                now: now)
        }
        if minima >= 0 {
            let negated = Sample(time: time, value: -sample.value)
            let at = state.pointee.minima.push(negated, oldest: starts[2 * laneCount + windowCount - 1])
            moveExtremes(
                state.pointee.minima, rows, minima, starts + 2 * laneCount, groups, lengths, value: negated.value,
                at: at, now: now)
        }
        if hasExtras { moveExtras(index) }
        discardOld(state, shape)
        return isSimple && shape.pointee.hasOnlyMeans ? testMeans(state, shape, rows) : test(index)
    }

    /// Brings every window's extreme up to date after a push: most windows keep theirs.
    ///
    /// - Parameters:
    ///   - row: the row of values; that of the expiries follows it.
    ///   - heads: each window's position in the queue.
    @inline(__always)
    private func moveExtremes(
        _ queue: ExtremeQueue, _ rows: LaneBlock, _ row: Int, _ heads: UnsafeMutablePointer<UInt32>, _ groups: Int,
        _ lengths: UnsafeMutablePointer<Int64>, value: Double, at: UInt32, now: Int64
    ) {
        for group in 0..<groups {
            let surpassed = (value - rows[row + group]).signs ^ 1
            let expired = (rows[integers: row + groups + group] &- now &- 1).signs
            let moved = surpassed | expired
            if moved.isZero { continue }
            for inGroup in 0..<Lanes.width where moved[inGroup] != 0 {
                let lane = group &* Lanes.width &+ inGroup
                var head = heads[lane]
                if Int32(bitPattern: head &- at) > 0 { head = at }  // its entry was surpassed, and is gone
                let limit = now &- lengths[lane]
                while queue.entry(head).time <= limit { head &+= 1 }
                heads[lane] = head
                let entry = queue.entry(head)
                rows[row, lane] = entry.value
                rows[integerIn: row + groups, lane] = entry.time &+ lengths[lane]
            }
        }
    }

    /// Lets go of what no window and no late reading can need. One sample older than that stays, of a counter more:
    /// what it showed before the window began.
    @inline(__always)
    func discardOld(_ state: UnsafeMutablePointer<SeriesState>, _ shape: UnsafeMutablePointer<WindowShape>) {
        let limit = state.pointee.now &- state.pointee.retention
        let spare = shape.pointee.spare
        while state.pointee.ring.isSample(spare, upTo: limit) { state.pointee.ring.removeFirst() }
    }

    /// Makes all tests of a series. Returns whether one came out differently; which, stands in `changedWords`.
    ///
    /// A test is a sign: `mean > c` is n·(c − origin) − Σd < 0, and nothing is divided.
    mutating func test(_ index: Int) -> Bool {
        let state = series.address(index)
        let shape = shapes.shapes.address(Int(state.pointee.shape))
        let words = truth.address(Int(state.pointee.words), count: shape.pointee.words * 2)
        let changed = changedWords.address(0, count: shape.pointee.words)
        var difference: UInt64 = 0
        let vectorCount = shape.pointee.vectorCount
        if vectorCount > 0 {
            let groups = shape.pointee.groups
            let (moments, regression) = (shape.pointee.moments, shape.pointee.regression)
            let (maxima, minima) = (shape.pointee.maxima, shape.pointee.minima)
            let (meanLayers, deviationLayers, slopeLayers) = (
                shape.pointee.meanLayers, shape.pointee.deviationLayers, shape.pointee.slopeLayers
            )
            let (maximumLayers, minimumLayers) = (shape.pointee.maximumLayers, shape.pointee.minimumLayers)
            let rows = LaneBlock(lanes.address(Int(state.pointee.lanes), count: shape.pointee.stride))
            let masks = shapes.masks.address(shape.pointee.maskBase, count: shape.pointee.words)
            // Nothing that is measured is known of a sensor that is silent or in a gap.
            let isHeard: UInt64 = state.pointee.isUnknown ? 0 : .max
            let thresholds = shapes.thresholds.address(shape.pointee.thresholdBase, count: vectorCount)
            var vector = 0
            var word = 0
            var holds = SIMD2<UInt64>.zero
            var known = SIMD2<UInt64>.zero
            @inline(__always) func add(_ holdsNow: SIMD2<UInt64>, _ knownNow: SIMD2<UInt64>) {
                holds = (holds &<< 2) | holdsNow
                known = (known &<< 2) | knownNow
                vector &+= 1
                if vector & 31 == 0 || vector == vectorCount {
                    let knownBits = Self.gathered(known) & masks[word] & isHeard
                    let bits = Self.gathered(holds) & knownBits
                    let change = (bits ^ words[2 &* word]) | (knownBits ^ words[2 &* word &+ 1])
                    words[2 &* word] = bits
                    words[2 &* word &+ 1] = knownBits
                    changed[word] = change
                    difference |= change
                    word &+= 1
                    holds = .zero
                    known = .zero
                }
            }
            for group in 0..<groups {
                let count = rows[group]
                let isHeld = (0.5 - count).signs
                if moments >= 0 {
                    let at = moments &+ group
                    let (sum, origin) = (rows[at], rows[at &+ 3 &* groups])
                    for _ in 0..<meanLayers { add(((thresholds[vector] - origin) * count - sum).signs, isHeld) }
                    if deviationLayers > 0 {
                        let spread = count * rows[at &+ groups] - sum * sum
                        let isKnown = (1.5 - count).signs
                        for _ in 0..<deviationLayers {
                            add((thresholds[vector] * (count * count) - spread).signs, isKnown)
                        }
                    }
                    if slopeLayers > 0 {
                        let at = regression &+ group
                        let times = rows[at]
                        let above = count * rows[at &+ 2 &* groups] - times * sum
                        let below = count * rows[at &+ groups] - times * times
                        let isKnown = (0 - below).signs
                        for _ in 0..<slopeLayers { add((thresholds[vector] * below - above).signs, isKnown) }
                    }
                }
                for _ in 0..<maximumLayers { add((thresholds[vector] - rows[maxima &+ group]).signs, isHeld) }
                for _ in 0..<minimumLayers { add((thresholds[vector] + rows[minima &+ group]).signs, isHeld) }
            }
        }
        if shape.pointee.scalarCount > 0 { difference |= testScalars(index) }
        return difference != 0
    }

    /// ``test(_:)`` of a series with one group of windows, of which only means are tested.
    @inline(__always)
    private mutating func testMeans(
        _ state: UnsafeMutablePointer<SeriesState>, _ shape: UnsafeMutablePointer<WindowShape>, _ rows: LaneBlock
    ) -> Bool {
        let words = truth.address(Int(state.pointee.words), count: 2)
        let layers = shape.pointee.meanLayers
        let thresholds = shapes.thresholds.address(shape.pointee.thresholdBase, count: layers)
        let (count, sum, origin) = (rows[0], rows[1], rows[4])
        let isHeld = (0.5 - count).signs
        var (holds, known) = (SIMD2<UInt64>.zero, SIMD2<UInt64>.zero)
        for layer in 0..<layers {
            holds = (holds &<< 2) | ((thresholds[layer] - origin) * count - sum).signs
            known = (known &<< 2) | isHeld
        }
        let knownBits = Self.gathered(known) & shapes.masks[shape.pointee.maskBase]
        let bits = Self.gathered(holds) & knownBits
        let change = (bits ^ words[0]) | (knownBits ^ words[1])
        (words[0], words[1]) = (bits, knownBits)
        changedWords[0] = change
        return change != 0
    }

    /// Two lanes of 32 bits, spread to every second bit → one word.
    @inline(__always)
    private static func gathered(_ lanes: SIMD2<UInt64>) -> UInt64 {
        lanes[0] | lanes[1] << 1
    }

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
        let starts = cursors.address(Int(state.pointee.cursors), count: shape.pointee.laneCount * 3)
        Cache.prefetch(starts, bytes: shape.pointee.laneCount * 3 * MemoryLayout<UInt32>.stride)
    }

    /// Asks for the samples that it will touch; its windows are there by now.
    @inline(__always)
    func prefetchSamples(_ index: Int) {
        guard index >= 0, index < series.count else { return }
        let state = series.address(index)
        let shape = shapes.shapes.address(Int(state.pointee.shape))
        guard let ring = state.pointee.ring.base else { return }
        Cache.prefetch(ring + state.pointee.ring.slot(Int(state.pointee.ring.count)))
        let starts = cursors.address(Int(state.pointee.cursors), count: shape.pointee.laneCount * 3)
        for lane in 0..<shape.pointee.windowCount {
            Cache.prefetch(ring + Int(starts[lane]))
            Cache.prefetch(ring + Int(starts[lane]) + 1)
        }
        if shape.pointee.maxima >= 0 { Cache.prefetch(state.pointee.maxima.address(state.pointee.maxima.end &- 1)) }
        if shape.pointee.minima >= 0 { Cache.prefetch(state.pointee.minima.address(state.pointee.minima.end &- 1)) }
    }
}
