/// The one source of the present: everything that asks for the time asks a clock that it was given.
///
/// Live, it is the system's; in a demo, a replay or a test it is the scenario's, so that event times
/// of years ago are neither late nor wrong.
package protocol GatewayClock: Sendable {
    func now() -> Instant
    /// How long to sleep, in real milliseconds, before that moment should be looked at.
    func millisecondsUntil(_ instant: Instant) -> Int32
    /// How long the gateway has run, whatever its clock was set to.
    func uptime() -> TimeSpan
    /// How far the clock has been set since the start: forward, or (below zero) back. What merely passes is no setting.
    func correction() -> TimeSpan
}

extension GatewayClock {
    package func uptime() -> TimeSpan { ProcessUptime.now() }
    package func correction() -> TimeSpan { .zero }
}

/// A clock that nobody sets.
package enum ProcessUptime {
    private static let start = SuspendingClock.now

    package static func now() -> TimeSpan {
        let (seconds, attoseconds) = start.duration(to: .now).components
        return TimeSpan(nanoseconds: seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
