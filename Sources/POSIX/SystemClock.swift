internal import Foundation
package import Telemetry

/// The system's wall clock.
package struct SystemClock: GatewayClock {
    /// The clock's time when ``ProcessUptime`` was zero.
    private let origin: Instant

    package init() { origin = Self.read() - ProcessUptime.now().sinceStart }

    package func now() -> Instant { Self.read() }

    package func correction() -> TimeSpan { Self.read() - ProcessUptime.now().sinceStart - origin }

    /// Reads the clock. A clock that is set beyond the range of instants is read as the end of that range.
    private static func read() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return (Instant(nanoseconds: 0) + .seconds(Int64(time.tv_sec)) + TimeSpan(nanoseconds: Int64(time.tv_nsec)))
            .clamped
    }

    package func millisecondsUntil(_ instant: Instant) -> Int32 {
        // Rounded up, so that the caller does not wake before the moment.
        let wait = ((instant - now()) + TimeSpan(nanoseconds: 999_999)).nanoseconds / 1_000_000
        return Int32(clamping: max(0, wait))
    }
}
