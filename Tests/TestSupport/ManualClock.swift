import Synchronization
import Telemetry

/// A clock that stands still until a test moves it; what it tells has run for as long.
package final class ManualClock: GatewayClock {
    private let start: Instant
    private let time: Mutex<Instant>

    package init(_ start: Instant) {
        self.start = start
        time = Mutex(start)
    }

    package func now() -> Instant { time.withLock { $0 } }
    package func uptime() -> TimeSpan { now() - start }
    package func set(_ instant: Instant) { time.withLock { $0 = instant } }
    package func advance(by span: TimeSpan) { time.withLock { $0 = $0 + span } }
    package func millisecondsUntil(_ instant: Instant) -> Int32 { 2 }
}
