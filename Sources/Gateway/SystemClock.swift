internal import Foundation
package import Telemetry

/// The system's wall clock.
package struct SystemClock: GatewayClock {
    /// What the clock showed when nothing had passed.
    private let origin: Instant

    package init() { origin = Self.read() - ProcessUptime.now() }

    package func now() -> Instant { Self.read() }

    package func correction() -> TimeSpan { Self.read() - ProcessUptime.now() - origin }

    private static func read() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    package func millisecondsUntil(_ instant: Instant) -> Int32 {
        // Rounded up: a millisecond late rather than awake for nothing.
        let wait = ((instant - now()).nanoseconds + 999_999) / 1_000_000
        return Int32(clamping: max(0, wait))
    }
}
