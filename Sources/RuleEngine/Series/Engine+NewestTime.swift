package import Telemetry

// Wrapping operators: times of events are of the years 1960 to 2159 (Instant.clamped at every way in), and spans at most 50 years
// (TimeSpan): no sum or difference of two leaves Int64. `.min` and `.max`, which stand for none, are asked for before, or only
// compared with.

extension Engine {
    /// The time of a series' newest sample; `nil` before the first.
    package func newestTime(of id: SeriesID) -> Instant? {
        guard let index = index(of: id), series[index].newest != .min else { return nil }
        return Instant(nanoseconds: series[index].newest)
    }

    /// Whether a reading with the time of its arrival is newer than a sample that looks newer: one that was believed to be a
    /// little ahead, or one from a clock that was further ahead than the gateway's clock is now.
    @inline(never)
    mutating func isOvertaken(_ newest: Int64, byArrivalAt time: Int64) -> Bool {
        newest &- time <= Self.longestPause || listened != .min && newest > listened &+ Self.longestPause
    }
}
