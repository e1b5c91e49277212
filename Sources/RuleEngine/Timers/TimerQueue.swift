internal import HeapModule

/// The times at which series and instances must be looked at without a reading, the earliest first.
///
/// An entry is never removed before its time. The owner of the timer keeps the time of the newest entry in
/// `queued`, and ignores any other. Adding and removing an entry is O(log entries).
///
/// Timers are of event time. Where readings come late, event time is behind the gateway's clock by the same delay: a
/// condition for a minute has lasted a minute when a minute has passed since its reading came.
struct TimerQueue: ~Copyable {
    enum Target {
        case series(SeriesIndex)
        case instance(Int)
    }

    private struct Entry: Comparable {
        /// The due time by the gateway's clock.
        var due: Int64
        /// An instance, or, below zero, series −1 − `target`: at one time, series come before instances.
        var target: Int32

        static func < (a: Entry, b: Entry) -> Bool { (a.due, a.target) < (b.due, b.target) }
    }

    private var entries = Heap<Entry>()

    /// The time at which the earliest entry is due, or `.max`. O(1).
    var next: Int64 { entries.min?.due ?? .max }

    mutating func add(series index: SeriesIndex, due: Int64) {
        entries.insert(Entry(due: due, target: Int32(-1 - index.number)))
    }

    mutating func add(instance index: Int, due: Int64) {
        entries.insert(Entry(due: due, target: Int32(index)))
    }

    /// Removes the earliest entry, if it is due by `now`.
    mutating func popFirst(dueBy now: Int64) -> (due: Int64, target: Target)? {
        guard let first = entries.min, first.due <= now else { return nil }
        entries.removeMin()
        return (first.due, first.target < 0 ? .series(SeriesIndex(-1 - first.target)) : .instance(Int(first.target)))
    }
}
