/// The only source of the present time: all code that needs the time asks a clock that it was given.
///
/// A clock has two hands. The wall clock (``now()``) shows the time of day, and can be set. The uptime (``uptime()``)
/// is monotonic, and counts from the start of the process.
///
/// The live gateway uses the system's clock. A demo, a replay or a test uses a clock of its own, so that event times of
/// years ago are neither late nor wrong.
package protocol GatewayClock: Sendable {
    /// The time of day by the wall clock.
    func now() -> Instant
    /// Returns how long to sleep, in real milliseconds, before that moment should be checked again. 0 if it has come.
    func millisecondsUntil(_ instant: Instant) -> Int32
    /// Returns how long the process has run. It never decreases, and setting the wall clock does not change it.
    func uptime() -> Uptime
    /// Returns how far the wall clock has been set since the start: above zero forward, below zero back. Ordinary
    /// passage of time does not count.
    func correction() -> TimeSpan
    /// Suspends the task until the uptime has reached `deadline`; returns at once if it already has.
    ///
    /// On a virtual clock, only the clock's owner advances the time, and that wakes the task.
    /// - Throws: `CancellationError` if the task is cancelled before the deadline.
    func sleep(until deadline: Uptime) async throws
}

extension GatewayClock {
    // A clock that defines `uptime()` must define `sleep(until:)` too, since both use the same hand.

    package func uptime() -> Uptime { ProcessUptime.now() }
    package func correction() -> TimeSpan { .zero }

    package func sleep(until deadline: Uptime) async throws {
        let rest = deadline - uptime()
        guard rest > .zero else { return try Task.checkCancellation() }
        try await Task.sleep(for: .nanoseconds(rest.nanoseconds), clock: .suspending)
    }

    /// Suspends the task until `span` has passed on the uptime; see ``sleep(until:)``.
    package func sleep(for span: TimeSpan) async throws { try await sleep(until: uptime() + span) }
}
