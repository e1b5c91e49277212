import Synchronization
import Telemetry

/// A clock that stops until a test moves it. Its uptime moves with it, or is the real one.
package final class ManualClock: GatewayClock {
    private let start: Instant
    private let time: Mutex<Instant>
    private let began: ContinuousClock.Instant?
    package let sleepers = Sleepers()

    /// - Parameter hasRealUptime: the uptime passes by itself, so that waits of a destination end by themselves.
    package init(_ start: Instant, hasRealUptime: Bool = false) {
        self.start = start
        began = hasRealUptime ? .now : nil
        time = Mutex(start)
    }

    package func now() -> Instant { time.withLock { $0 } }
    package func uptime() -> Uptime {
        Uptime(sinceStart: began.map { .milliseconds(Int64((.now - $0) / .milliseconds(1))) } ?? now() - start)
    }
    package func set(_ instant: Instant) {
        time.withLock { $0 = instant }
        sleepers.wake(at: uptime())
    }
    package func advance(by span: TimeSpan) {
        time.withLock { $0 = $0 + span }
        sleepers.wake(at: uptime())
    }
    package func millisecondsUntil(_ instant: Instant) -> Int32 { instant <= now() ? 0 : 2 }

    package func sleep(until deadline: Uptime) async throws {
        guard began != nil else { return try await sleepers.sleep(until: deadline) { self.uptime() } }
        // The uptime is a whole number of milliseconds.
        while case let rest = deadline - uptime(), rest > .zero {
            try await Task.sleep(for: .nanoseconds(rest.nanoseconds))
        }
        try Task.checkCancellation()
    }
}
