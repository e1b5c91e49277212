internal import Foundation
package import Telemetry

/// The system's wall clock.
package struct SystemClock: GatewayClock {
    package init() {}

    package func now() -> Instant {
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
