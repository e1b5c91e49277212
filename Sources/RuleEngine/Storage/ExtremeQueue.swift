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
    private(set) var end = QueuePosition(0)

    /// The number of entries that the memory can hold.
    var entriesMax: UInt32 { base == nil ? 0 : mask &+ 1 }

    @inline(__always)
    func entry(_ position: QueuePosition) -> Sample { base.unsafelyUnwrapped[slot(position)] }

    @inline(__always)
    private func slot(_ position: QueuePosition) -> Int { Int(position.number & mask) }

    @inline(__always)
    func address(_ position: QueuePosition) -> UnsafeMutablePointer<Sample>? { base.map { $0 + slot(position) } }

    /// Adds a sample, removes the samples that it surpasses, and returns its position.
    /// - Parameter oldest: entries before this position are not needed.
    @inline(__always)
    mutating func push(_ sample: Sample, oldest: QueuePosition) -> QueuePosition {
        var at = end
        while at != oldest, entry(at.previous).value <= sample.value { at = at.previous }
        if base == nil || at.count(since: oldest) > mask { grow(from: oldest, to: at) }
        base.unsafelyUnwrapped[slot(at)] = sample
        end = at.next
        return at
    }

    /// Removes all entries; positions count from 0 again.
    mutating func removeAll() { end = QueuePosition(0) }

    /// The first position from `oldest` on whose entry is later than a time. O(log entries).
    func first(after time: Int64, from oldest: QueuePosition) -> QueuePosition {
        var (low, high) = (oldest, end)
        while low != high {
            let middle = QueuePosition(low.number &+ high.count(since: low) / 2)
            if entry(middle).time <= time { low = middle.next } else { high = middle }
        }
        return low
    }

    /// Puts a late sample in its place, unless a later one surpasses it. The positions of entries change.
    /// O(log entries + entries moved).
    /// - Parameter oldest: entries before this position are not needed.
    mutating func insert(_ sample: Sample, oldest: QueuePosition) {
        let next = first(after: sample.time, from: oldest)
        if next != end, entry(next).value >= sample.value { return }
        var place = next
        while place != oldest, entry(place.previous).value <= sample.value { place = place.previous }
        if place == next {
            if base == nil || end.count(since: oldest) > mask { grow(from: oldest, to: end) }
            var at = end
            while at != next {
                base.unsafelyUnwrapped[slot(at)] = entry(at.previous)
                at = at.previous
            }
            end = end.next
        } else {
            let surplus = next.count(since: place) &- 1
            var at = next
            while surplus > 0, at != end {
                base.unsafelyUnwrapped[slot(QueuePosition(at.number &- surplus))] = entry(at)
                at = at.next
            }
            end = QueuePosition(end.number &- surplus)
        }
        base.unsafelyUnwrapped[slot(place)] = sample
    }

    @inline(never)
    private mutating func grow(from oldest: QueuePosition, to at: QueuePosition) {
        let larger = base == nil ? 16 : (Int(mask) + 1) * 2
        let moved = UnsafeMutablePointer<Sample>.allocate(capacity: larger)
        moved.initialize(repeating: Sample(time: 0, value: 0), count: larger)
        var position = oldest
        while base != nil, position != at {
            moved[Int(position.number) & (larger - 1)] = entry(position)
            position = position.next
        }
        base?.deallocate()
        base = moved
        mask = UInt32(larger - 1)
    }

    func free() { base?.deallocate() }
}
