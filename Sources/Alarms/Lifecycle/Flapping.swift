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
    /// The times of the first and the last of these changes, by the readings that made them; missing in what an earlier
    /// version noted.
    var first: Instant?
    var last: Instant?
    /// The level of its rule's conditions now.
    var condition: String
    /// What will be said when it is quiet.
    var summary: String
    var causes: [Cause]
    var device: String?

    /// Counts a change. Late readings may make one that lies before others.
    mutating func count(_ time: Instant) {
        changes += 1
        first = min(first ?? time, time)
        last = max(last ?? time, time)
    }

    /// `calm after 8 changes in 14m`
    var calmText: String {
        guard let first, let last else { return "calm after \(changes) changes" }
        guard last > first else { return "calm after \(changes) changes at one time" }
        let span = last - first
        let unit: Int64 = span >= .seconds(1) ? 1_000_000_000 : span >= .milliseconds(1) ? 1_000_000 : 1
        let rounded = TimeSpan(
            nanoseconds: (span.nanoseconds / unit + (span.nanoseconds % unit * 2 >= unit ? 1 : 0)) * unit)
        return "calm after \(changes) changes in \(TimeSpanText.short(rounded))"
    }

    /// Brings what a clock that was ahead has noted back to the present.
    mutating func limitTimes(to now: Instant) { (since, latest) = (min(since, now), min(latest, now)) }
}

/// Counts changes of places, to know which of them flap.
struct FlappingWatch: Sendable {
    let limit: FlappingLimit
    /// The newest changes by instance, as many as the limit: when each was noted, and its own time.
    private var changes: [Int: [(noted: Instant, time: Instant)]] = [:]
    private var forgotten = Instant(nanoseconds: 0)

    init(_ limit: FlappingLimit) { self.limit = limit }

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
