package import Telemetry

/// A chattering alarm: it changes so often that it is held until it is quiet.
package struct Chattering: Codable, Sendable, Hashable {
    /// The beginning of the chattering and the newest change: RFC 3339 in UTC, by the gateway's clock.
    package var since: Instant
    package var latest: Instant
    /// The number of changes.
    package var changes: Int
    /// The event times of the first and the last of these changes; missing in records of an earlier version.
    package var first: Instant?
    package var last: Instant?
    /// The present level of the rule's conditions.
    package var condition: String
    /// The summary to send once the alarm is quiet.
    package var summary: String
    package var causes: [Cause]
    package var device: String?

    /// - Parameter since: by the gateway's clock.
    package init(since: Instant) {
        (self.since, latest) = (since, since)
        (changes, condition, summary, causes) = (0, "", "", [])
    }

    /// Counts a change. A late reading may cause a change whose event time lies before that of others.
    package mutating func count(_ time: Instant) {
        changes += 1
        first = min(first ?? time, time)
        last = max(last ?? time, time)
    }

    /// `calm after 8 changes in 14m`
    package var calmText: String {
        guard let first, let last else { return "calm after \(changes) changes" }
        guard last > first else { return "calm after \(changes) changes at one time" }
        let span = last - first
        let unit: Int64 = span >= .seconds(1) ? 1_000_000_000 : span >= .milliseconds(1) ? 1_000_000 : 1
        let rounded = TimeSpan(
            nanoseconds: (span.nanoseconds / unit + (span.nanoseconds % unit * 2 >= unit ? 1 : 0)) * unit)
        return "calm after \(changes) changes in \(TimeSpanText.short(rounded))"
    }

    /// Limits times that were noted while the clock was ahead to the present.
    package mutating func limitTimes(to now: Instant) { (since, latest) = (min(since, now), min(latest, now)) }
}
