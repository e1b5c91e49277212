internal import Telemetry

// Wrapping operators: both times are of the gateway's clock, of the years 1960 to 2159.

/// Gives every message its own arrival time, later than that of the message before it.
///
/// The pipeline reads the clock once for many messages. If they all had that one time, everything that sorts by time
/// would lose their order, and two messages could not be distinguished.
struct ArrivalClock {
    private var last = Instant.distantPast
    /// The largest step back that counts as normal clock correction. The arrival clock follows a larger step at once.
    private static let smallStep = TimeSpan.seconds(10)

    /// Returns the clock's time, or a nanosecond after the previous message, whichever is later.
    mutating func next(at now: Instant) -> Instant {
        let isAhead = last >= now && last.nanoseconds &- now.nanoseconds <= Self.smallStep.nanoseconds
        last = isAhead ? Instant(nanoseconds: last.nanoseconds &+ 1) : now
        return last
    }
}
