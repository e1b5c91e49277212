package import Telemetry

// Wrapping operators: for times and spans see Engine.swift.

extension Engine {
    /// The time of a series' newest sample; `nil` before the first.
    package func newestTime(of id: SeriesID) -> Instant? {
        guard let index = index(of: id), series[index].newest != .min else { return nil }
        return Instant(nanoseconds: series[index].newest)
    }

    /// Whether a reading with the time of its arrival is newer than a sample that looks newer: one that was believed to
    /// be a little ahead, or one from a clock that was further ahead than the gateway's clock is now.
    @inline(never)
    mutating func isOvertaken(_ newest: Int64, byArrivalAt time: Int64) -> Bool {
        newest &- time <= Self.longestPause || listened != .min && newest > listened &+ Self.longestPause
    }
}
