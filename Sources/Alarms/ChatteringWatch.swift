package import Telemetry

/// How many changes make a chattering alarm.
package struct ChatteringLimit: Sendable, Hashable {
    /// So many changes …
    package var changes: Int
    /// … within this time; and it is calm again when it has not changed for as long.
    package var within: TimeSpan

    package init(changes: Int = 8, within: TimeSpan = .minutes(10)) {
        self.changes = changes
        self.within = within
    }
}

/// Counts the changes of instances, to know which of them chatter.
struct ChatteringWatch: Sendable {
    let limit: ChatteringLimit
    /// The newest changes by instance, as many as the limit: when each was noted, and its own time.
    private var changes: [Int: [(noted: Instant, time: Instant)]] = [:]
    private var forgotten = Instant(nanoseconds: 0)

    init(_ limit: ChatteringLimit) { self.limit = limit }

    /// Takes a change in, and says whether there have been too many. They are counted as they are noted, since it is
    /// people whom too many would keep busy.
    /// - Parameter time: of the reading that made it.
    mutating func noteChange(_ instance: Int, at noted: Instant, time: Instant) -> Bool {
        var times = changes[instance, default: []].filter { $0.noted > noted - limit.within }
        times.append((noted, time))
        if times.count > limit.changes { times.removeFirst(times.count - limit.changes) }
        changes[instance] = times
        return times.count >= limit.changes
    }

    /// The changes that are counted, by their own times.
    func counted(_ instance: Int) -> [Instant] { changes[instance, default: []].map(\.time) }

    /// Forgets what is too old to count; now and then, since nothing depends on when.
    mutating func forget(before time: Instant) {
        guard !changes.isEmpty, time - forgotten >= limit.within || time < forgotten else { return }
        forgotten = time
        changes = changes.filter { $0.value.contains { $0.noted > time - limit.within } }
    }
}
