internal import RuleLanguage
package import Telemetry

/// When an alarm is said to flap.
package struct FlappingLimit: Sendable, Hashable {
    /// So many changes …
    package var changes: Int
    /// … within this time; and it is calm again when it has not changed for as long.
    package var within: TimeSpan

    package init(changes: Int = 8, within: TimeSpan = .minutes(10)) {
        self.changes = changes
        self.within = within
    }
}

/// That an alarm comes and goes, or moves between levels, so often that it is held until it is quiet.
package struct Flapping: Codable, Sendable, Hashable {
    /// RFC 3339 in UTC, by the gateway's clock: since when, and when it changed last.
    var since: Instant
    var latest: Instant
    /// How often it has changed.
    package var changes: Int
    /// The level of its rule's conditions now.
    var condition: String
    /// What will be said when it is quiet.
    var summary: String
    var causes: [Cause]
    var device: String?

    /// Brings what a clock that was ahead has noted back to the present.
    mutating func limitTimes(to now: Instant) { (since, latest) = (min(since, now), min(latest, now)) }
}

/// Counts changes of places, to know which of them flap.
struct FlappingWatch: Sendable {
    let limit: FlappingLimit
    /// The times of the newest changes by instance, as many as the limit.
    private var changes: [Int: [Instant]] = [:]
    private var forgotten = Instant(nanoseconds: 0)

    init(_ limit: FlappingLimit) { self.limit = limit }

    /// Takes a change in, and says whether there have been too many.
    mutating func isTooMuch(_ instance: Int, at time: Instant) -> Bool {
        var times = changes[instance, default: []].filter { $0 > time - limit.within }
        times.append(time)
        if times.count > limit.changes { times.removeFirst(times.count - limit.changes) }
        changes[instance] = times
        return times.count >= limit.changes
    }

    /// Forgets what is too old to count; now and then, since nothing depends on when.
    mutating func forget(before time: Instant) {
        guard !changes.isEmpty, time - forgotten >= limit.within || time < forgotten else { return }
        forgotten = time
        changes = changes.filter { $0.value.contains { $0 > time - limit.within } }
    }
}
