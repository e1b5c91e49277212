internal import Telemetry

/// A value at a time, as windows keep it.
struct Sample: BitwiseCopyable {
    var time: Int64
    var value: Double
}

/// The memory of all rings: one slab, in which each ring holds a stretch of a power of two.
///
/// A stretch that a ring has outgrown goes to a list of free ones of its size, so that a steady state
/// allocates nothing.
struct SampleArena: ~Copyable {
    var samples = Slab(repeating: Sample(time: 0, value: 0), count: 0)
    private var free: [[Int]] = Array(repeating: [], count: 48)

    mutating func take(_ capacity: Int) -> Int {
        if let offset = free[capacity.trailingZeroBitCount].popLast() { return offset }
        return samples.grow(by: capacity, with: Sample(time: 0, value: 0))
    }

    mutating func give(_ offset: Int, _ capacity: Int) {
        free[capacity.trailingZeroBitCount].append(offset)
    }
}

/// A queue of samples in the arena. Positions count up from 0 for the life of the ring and never wrap;
/// position *p* lives in slot `p & mask`.
struct Ring: BitwiseCopyable {
    private var offset = 0
    private var mask = -1
    /// The position of the oldest sample, and the one behind the newest.
    var head = 0
    var tail = 0

    var count: Int { tail &- head }
    var capacity: Int { mask &+ 1 }

    @inline(__always)
    func slot(_ position: Int) -> Int { offset &+ (position & mask) }

    @inline(__always)
    mutating func append(_ sample: Sample, in arena: inout SampleArena) {
        if count > mask { grow(in: &arena) }
        arena.samples[slot(tail)] = sample
        tail &+= 1
    }

    /// Inserts before `position`, moving the newer samples up by one. O(samples moved).
    mutating func insert(_ sample: Sample, at position: Int, in arena: inout SampleArena) {
        append(sample, in: &arena)
        var at = tail - 1
        while at > position {
            arena.samples[slot(at)] = arena.samples[slot(at - 1)]
            at -= 1
        }
        arena.samples[slot(position)] = sample
    }

    /// The first position whose sample is later than `time`. O(log count).
    func upperBound(_ time: Int64, in arena: borrowing SampleArena) -> Int {
        var low = head, high = tail
        while low < high {
            let middle = low + (high - low) / 2
            if arena.samples[slot(middle)].time <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func grow(in arena: inout SampleArena) {
        let old = self
        let larger = max(16, capacity * 2)
        offset = arena.take(larger)
        mask = larger - 1
        var position = old.head
        while position < old.tail {
            arena.samples[slot(position)] = arena.samples[old.slot(position)]
            position += 1
        }
        if old.capacity > 0 { arena.give(old.offset, old.capacity) }
    }
}
