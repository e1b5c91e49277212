// Wrapping operators: slots are below a ring's capacity; positions wrap by design, and are compared by difference.

/// The number of a window of a series, counted from the shortest to the longest.
struct Lane: Hashable, Comparable, Strideable, BitwiseCopyable {
    var number: Int

    @inline(__always) init(_ number: Int) { self.number = number }
    @inline(__always) init(_ number: Int32) { self.number = Int(number) }

    @inline(__always) static func < (a: Lane, b: Lane) -> Bool { a.number < b.number }
    @inline(__always) func distance(to other: Lane) -> Int { other.number &- number }
    @inline(__always) func advanced(by distance: Int) -> Lane { Lane(number &+ distance) }
}

/// The number of a series in an engine: that of its ``SeriesID``, if the plan knows it.
struct SeriesIndex: Hashable, Comparable, Strideable, BitwiseCopyable {
    var number: Int

    @inline(__always) init(_ number: Int) { self.number = number }
    @inline(__always) init(_ number: Int32) { self.number = Int(number) }

    @inline(__always) static func < (a: SeriesIndex, b: SeriesIndex) -> Bool { a.number < b.number }
    @inline(__always) func distance(to other: SeriesIndex) -> Int { other.number &- number }
    @inline(__always) func advanced(by distance: Int) -> SeriesIndex { SeriesIndex(number &+ distance) }
}

/// The place of a sample in the memory of a ``SampleRing``. The sample's index is different: it counts from the
/// oldest.
struct RingSlot: Equatable, BitwiseCopyable {
    var number: UInt32

    @inline(__always) init(_ number: UInt32) { self.number = number }
    @inline(__always) init(_ number: Int) { self.number = UInt32(number) }

    /// The slot of the next newer sample in a ring of that capacity.
    @inline(__always)
    func next(in capacity: UInt32) -> RingSlot { RingSlot(number &+ 1 == capacity ? 0 : number &+ 1) }
}

/// The number of an entry of an ``ExtremeQueue``. It counts up and wraps; the entry lies in slot `number & mask`.
struct QueuePosition: Equatable, BitwiseCopyable {
    var number: UInt32

    @inline(__always) init(_ number: UInt32) { self.number = number }

    /// The position of the next newer entry, and of the next older one.
    @inline(__always) var next: QueuePosition { QueuePosition(number &+ 1) }
    @inline(__always) var previous: QueuePosition { QueuePosition(number &- 1) }

    /// Returns the number of entries between an older position and this one.
    @inline(__always)
    func count(since older: QueuePosition) -> UInt32 { number &- older.number }

    /// Returns `true` if this position is newer than another.
    @inline(__always)
    func isBehind(_ other: QueuePosition) -> Bool { Int32(bitPattern: number &- other.number) > 0 }
}

/// The beginnings of a series' windows: in its ring, in its queue of maxima, and in its queue of minima.
///
/// The three lie side by side in memory. Each has as many numbers as there are lanes.
struct WindowCursors: BitwiseCopyable {
    /// A queue, by the number of stretches before its own.
    enum Queue: Int {
        case maxima = 1
        case minima = 2
    }

    /// The number of numbers for each lane.
    static var perLane: Int { 3 }

    private let base: UnsafeMutablePointer<UInt32>
    private let laneCount: Int

    /// Creates the cursors of a series with `laneCount` lanes: three times as many numbers.
    @inline(__always)
    init(_ base: UnsafeMutablePointer<UInt32>, laneCount: Int) {
        self.base = base
        self.laneCount = laneCount
    }

    /// The slot of a window's oldest sample.
    @inline(__always)
    subscript(lane: Lane) -> RingSlot {
        get { RingSlot(base[lane.number]) }
        nonmutating set { base[lane.number] = newValue.number }
    }

    /// The position of a window's extreme.
    @inline(__always)
    subscript(queue: Queue, lane: Lane) -> QueuePosition {
        get { QueuePosition(base[queue.rawValue &* laneCount &+ lane.number]) }
        nonmutating set { base[queue.rawValue &* laneCount &+ lane.number] = newValue.number }
    }

    /// Prefetches all of them into the cache.
    @inline(__always)
    func prefetch() { Cache.prefetch(base, bytes: laneCount &* Self.perLane &* MemoryLayout<UInt32>.stride) }
}
