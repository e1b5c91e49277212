// Wrapping operators: slots are below a ring's capacity; positions wrap by design, and are compared by difference.

/// Which window of a series: windows are numbered from the shortest to the longest.
struct Lane: Hashable, Comparable, Strideable, BitwiseCopyable {
    var number: Int

    @inline(__always) init(_ number: Int) { self.number = number }
    @inline(__always) init(_ number: Int32) { self.number = Int(number) }

    @inline(__always) static func < (a: Lane, b: Lane) -> Bool { a.number < b.number }
    @inline(__always) func distance(to other: Lane) -> Int { other.number &- number }
    @inline(__always) func advanced(by distance: Int) -> Lane { Lane(number &+ distance) }
}

/// Where a sample lies in the memory of a ``SampleRing``. It is not the sample's index, which counts from the oldest.
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

    /// How many entries lie between an older position and this one.
    @inline(__always)
    func count(since older: QueuePosition) -> UInt32 { number &- older.number }

    /// Whether it is newer than another.
    @inline(__always)
    func isBehind(_ other: QueuePosition) -> Bool { Int32(bitPattern: number &- other.number) > 0 }
}

/// Where the windows of a series begin: in its ring, in its queue of maxima, and in that of minima.
///
/// The three lie side by side in memory, a stretch of as many numbers as there are lanes for each.
struct WindowCursors: BitwiseCopyable {
    /// A queue, by the number of stretches before its own.
    enum Queue: Int {
        case maxima = 1
        case minima = 2
    }

    /// How many numbers a lane has.
    static var perLane: Int { 3 }

    private let base: UnsafeMutablePointer<UInt32>
    private let laneCount: Int

    /// The cursors of a series with `laneCount` lanes, of which there are three times as many.
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

    /// Asks for all of them to be fetched into the cache.
    @inline(__always)
    func prefetch() { Cache.prefetch(base, bytes: laneCount &* Self.perLane &* MemoryLayout<UInt32>.stride) }
}
