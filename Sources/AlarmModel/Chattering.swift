package import Telemetry

/// A chattering alarm: it comes and goes, or moves between levels, so often that it is held until it is quiet.
package struct Chattering: Codable, Sendable, Hashable {
    /// RFC 3339 in UTC, by the gateway's clock: since when, and when it changed last.
    package var since: Instant
    package var latest: Instant
    /// How often it has changed.
    package var changes: Int
    /// The times of the first and the last of these changes, by the readings that made them; missing in what an earlier
    /// version noted.
    package var first: Instant?
    package var last: Instant?
    /// The level of its rule's conditions now.
    package var condition: String
    /// What will be said when it is quiet.
    package var summary: String
    package var causes: [Cause]
    package var device: String?

    /// - Parameter since: by the gateway's clock.
    package init(since: Instant) {
        (self.since, latest) = (since, since)
        (changes, condition, summary, causes) = (0, "", "", [])
    }

    /// Counts a change. Late readings may make one that lies before others.
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

    /// Limits times that a clock noted while it was ahead to the present.
    package mutating func limitTimes(to now: Instant) { (since, latest) = (min(since, now), min(latest, now)) }
}
