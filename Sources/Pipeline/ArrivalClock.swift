internal import Telemetry

// Wrapping operators: both times are of the gateway's clock, of the years 1960 to 2159.

/// Gives every message an arrival time of its own, later than that of the message before it.
///
/// The pipeline reads the clock once for many messages. With that one time their order would be lost to everything that
/// goes by time, and two of them could not be told apart.
struct ArrivalClock {
    private var last = Instant.distantPast
    /// A step back that is smaller belongs to a clock that is kept right; a larger one is followed at once.
    private static let smallStep = TimeSpan.seconds(10)

    /// The clock's time, or a nanosecond after the message before, whichever is later.
    mutating func next(at now: Instant) -> Instant {
        let isAhead = last >= now && last.nanoseconds &- now.nanoseconds <= Self.smallStep.nanoseconds
        last = isAhead ? Instant(nanoseconds: last.nanoseconds &+ 1) : now
        return last
    }
}
