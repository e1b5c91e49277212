import Synchronization
import Telemetry

/// A clock that stands still until a test moves it. What it tells has run for as long, or as long as the test has
/// really run.
package final class ManualClock: GatewayClock {
    private let start: Instant
    private let time: Mutex<Instant>
    private let began: ContinuousClock.Instant?

    /// - Parameter hasRealUptime: waits of a destination end by themselves.
    package init(_ start: Instant, hasRealUptime: Bool = false) {
        self.start = start
        began = hasRealUptime ? .now : nil
        time = Mutex(start)
    }

    package func now() -> Instant { time.withLock { $0 } }
    package func uptime() -> TimeSpan {
        began.map { .milliseconds(Int64((.now - $0) / .milliseconds(1))) } ?? now() - start
    }
    package func set(_ instant: Instant) { time.withLock { $0 = instant } }
    package func advance(by span: TimeSpan) { time.withLock { $0 = $0 + span } }
    package func millisecondsUntil(_ instant: Instant) -> Int32 { 2 }
}
