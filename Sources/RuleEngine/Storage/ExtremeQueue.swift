// Wrapping operators: positions wrap by design: they are compared by difference and masked to the capacity.

/// The samples that no later one surpasses, of one series: their values fall from the oldest to the newest.
///
/// Each window's maximum is the first entry inside it, so that all windows share one queue, and a window has
/// only a position of its own. A minimum is the maximum of the negated values. Amortised O(1) a sample.
/// D. Lemire, "Streaming maximum-minimum filter using no more than three comparisons per element" (2006).
///
/// A position counts up for ever and wraps; entry *p* lies in slot `p & mask`.
struct ExtremeQueue: BitwiseCopyable {
    private(set) var base: UnsafeMutablePointer<Sample>?
    private var mask: UInt32 = 0
    /// The position behind the newest entry.
    private(set) var end: UInt32 = 0

    @inline(__always)
    func entry(_ position: UInt32) -> Sample { base.unsafelyUnwrapped[Int(position & mask)] }

    @inline(__always)
    func address(_ position: UInt32) -> UnsafeMutablePointer<Sample>? { base.map { $0 + Int(position & mask) } }

    /// Adds a sample and lets go of those that it surpasses; returns its position.
    /// - Parameter oldest: entries before this position are not needed.
    @inline(__always)
    mutating func push(_ sample: Sample, oldest: UInt32) -> UInt32 {
        var at = end
        while at != oldest, entry(at &- 1).value <= sample.value { at &-= 1 }
        if base == nil || at &- oldest > mask { grow(from: oldest, to: at) }
        base.unsafelyUnwrapped[Int(at & mask)] = sample
        end = at &+ 1
        return at
    }

    mutating func removeAll() { end = 0 }

    /// The first position from `oldest` on whose entry is later than a time. O(log entries).
    func first(after time: Int64, from oldest: UInt32) -> UInt32 {
        var (low, high) = (oldest, end)
        while low != high {
            let middle = low &+ (high &- low) / 2
            if entry(middle).time <= time { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    /// Puts a late sample in its place, unless a later one surpasses it. The positions of entries change.
    /// O(log entries + entries moved).
    /// - Parameter oldest: entries before this position are not needed.
    mutating func insert(_ sample: Sample, oldest: UInt32) {
        let next = first(after: sample.time, from: oldest)
        if next != end, entry(next).value >= sample.value { return }
        var place = next
        while place != oldest, entry(place &- 1).value <= sample.value { place &-= 1 }
        if place == next {
            if base == nil || end &- oldest > mask { grow(from: oldest, to: end) }
            var at = end
            while at != next {
                base.unsafelyUnwrapped[Int(at & mask)] = entry(at &- 1)
                at &-= 1
            }
            end &+= 1
        } else {
            let surplus = next &- place &- 1
            var at = next
            while surplus > 0, at != end {
                base.unsafelyUnwrapped[Int((at &- surplus) & mask)] = entry(at)
                at &+= 1
            }
            end &-= surplus
        }
        base.unsafelyUnwrapped[Int(place & mask)] = sample
    }

    @inline(never)
    private mutating func grow(from oldest: UInt32, to at: UInt32) {
        let larger = base == nil ? 16 : (Int(mask) + 1) * 2
        let moved = UnsafeMutablePointer<Sample>.allocate(capacity: larger)
        moved.initialize(repeating: Sample(time: 0, value: 0), count: larger)
        var position = oldest
        while base != nil, position != at {
            moved[Int(position) & (larger - 1)] = entry(position)
            position &+= 1
        }
        base?.deallocate()
        base = moved
        mask = UInt32(larger - 1)
    }

    func free() { base?.deallocate() }
}
