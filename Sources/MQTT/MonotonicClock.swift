/// A clock that only goes forward, for timeouts.
enum MonotonicClock {
    private static let start = SuspendingClock.now

    /// Seconds since the first call in this process.
    static func seconds() -> Double { (SuspendingClock.now - start) / .seconds(1) }
}
