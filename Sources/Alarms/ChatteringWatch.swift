package import Telemetry

/// The limit above which an alarm chatters.
package struct ChatteringLimit: Sendable, Hashable {
    /// The number of changes …
    package var changes: Int
    /// … within this time. An alarm that has not changed for this time is calm again.
    package var within: TimeSpan

    package init(changes: Int = 8, within: TimeSpan = .minutes(10)) {
        self.changes = changes
        self.within = within
    }
}

/// Counts the changes of instances, to find those that chatter.
struct ChatteringWatch: Sendable {
    let limit: ChatteringLimit
    /// The newest changes by instance, up to the limit: the time when each was noted, and its event time.
    private var changes: [Int: [(noted: Instant, time: Instant)]] = [:]
    private var forgotten = Instant(nanoseconds: 0)

    init(_ limit: ChatteringLimit) { self.limit = limit }

    /// Counts a change, and returns whether there have been too many. Changes count by the time when they are noted,
    /// since too many would keep people busy.
    /// - Parameter time: of the reading that caused the change.
    mutating func noteChange(_ instance: Int, at noted: Instant, time: Instant) -> Bool {
        var times = changes[instance, default: []].filter { $0.noted > noted - limit.within }
        times.append((noted, time))
        if times.count > limit.changes { times.removeFirst(times.count - limit.changes) }
        changes[instance] = times
        return times.count >= limit.changes
    }

    /// The counted changes, by their event times.
    func counted(_ instance: Int) -> [Instant] { changes[instance, default: []].map(\.time) }

    /// Forgets changes that are too old to count. It runs now and then, since nothing depends on the exact time.
    mutating func forget(before time: Instant) {
        guard !changes.isEmpty, time - forgotten >= limit.within || time < forgotten else { return }
        forgotten = time
        changes = changes.filter { $0.value.contains { $0.noted > time - limit.within } }
    }
}
