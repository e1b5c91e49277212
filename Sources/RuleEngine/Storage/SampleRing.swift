// Wrapping operators: numbers of slots, lanes and entries of memory that is allocated, far below their types' ends.

/// A value at a time, as windows keep it.
struct Sample: BitwiseCopyable {
    var time: Int64
    var value: Double
}

/// The samples of a series, oldest first, in a stretch of memory that it owns and that grows by a quarter.
///
/// An index counts from the oldest sample; a slot is where a sample lies. In the steady state nothing is
/// allocated, and at most a fifth of the memory is unused.
struct SampleRing: BitwiseCopyable {
    private(set) var base: UnsafeMutablePointer<Sample>?
    private(set) var capacity: Int32 = 0
    private(set) var head: Int32 = 0
    private(set) var count: Int32 = 0

    var isFull: Bool { count == capacity }

    /// Returns the slot of the sample with an index; also valid for the next sample.
    @inline(__always)
    func slot(_ index: Int) -> RingSlot { RingSlot(UInt32(truncatingIfNeeded: place(index))) }

    @inline(__always)
    private func place(_ index: Int) -> Int {
        let place = Int(head) &+ index
        return place >= Int(capacity) ? place &- Int(capacity) : place
    }

    @inline(__always)
    subscript(index: Int) -> Sample {
        precondition(index >= 0 && index < Int(count), "an index of a ring is below its count")
        return base.unsafelyUnwrapped[place(index)]
    }

    /// Puts a sample behind the newest. The ring must not be full.
    @inline(__always)
    mutating func append(_ sample: Sample) {
        precondition(count < capacity, "a full ring has to grow first")
        base.unsafelyUnwrapped[place(Int(count))] = sample
        count &+= 1
    }

    /// Returns `true` if there is a sample with that index, and it is not later than a time.
    @inline(__always)
    func isSample(_ index: Int, upTo limit: Int64) -> Bool {
        guard index < Int(count) else { return false }
        return base.unsafelyUnwrapped[place(index)].time <= limit
    }

    @inline(__always)
    mutating func removeFirst() {
        head = head &+ 1 == capacity ? 0 : head &+ 1
        count &-= 1
    }

    /// Inserts at an index, moving the newer samples up by one, or the older ones down, whichever are fewer. The ring
    /// must not be full. O(samples moved), 16 bytes each.
    mutating func insert(_ sample: Sample, at index: Int) {
        precondition(count < capacity, "a full ring has to grow first")
        precondition(index >= 0 && index <= Int(count), "a sample is inserted at an index up to the count")
        let base = base.unsafelyUnwrapped
        count &+= 1
        if index < Int(count) / 2 {
            head = head == 0 ? capacity &- 1 : head &- 1
            for at in 0..<index { base[place(at)] = base[place(at + 1)] }
        } else {
            for at in stride(from: Int(count) - 1, to: index, by: -1) { base[place(at)] = base[place(at - 1)] }
        }
        base[place(index)] = sample
    }

    /// Puts ordered samples in their places. O(those samples + the samples newer than the first of them).
    mutating func merge(_ samples: ArraySlice<Sample>) {
        while Int(capacity) - Int(count) < samples.count { grow() }
        let base = base.unsafelyUnwrapped
        var old = Int(count) - 1
        count &+= Int32(samples.count)
        var target = Int(count) - 1
        for sample in samples.reversed() {
            while old >= 0, base[place(old)].time > sample.time {
                base[place(target)] = base[place(old)]
                (old, target) = (old - 1, target - 1)
            }
            base[place(target)] = sample
            target -= 1
        }
    }

    /// The first index whose sample is later than `time`. O(log count).
    func upperBound(_ time: Int64) -> Int {
        var low = 0, high = Int(count)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle].time <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Makes room for more samples; every sample gets another slot, the oldest slot 0.
    mutating func grow() {
        let larger = max(16, Int(capacity) + Int(capacity) / 4)
        let moved = UnsafeMutablePointer<Sample>.allocate(capacity: larger)
        for index in 0..<Int(count) { (moved + index).initialize(to: self[index]) }
        (moved + Int(count)).initialize(repeating: Sample(time: 0, value: 0), count: larger - Int(count))
        base?.deallocate()
        base = moved
        capacity = Int32(larger)
        head = 0
    }

    func free() { base?.deallocate() }
}
