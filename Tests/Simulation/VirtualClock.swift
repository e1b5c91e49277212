import Synchronization
import Telemetry

/// A clock that passes only when the simulation lets it, and that can be set wrong.
final class VirtualClock: GatewayClock {
    /// 2026-03-01T00:00:00Z
    static let start = Instant(nanoseconds: 1_772_323_200_000_000_000)

    private struct Hands {
        var uptime = TimeSpan.zero
        var offset = TimeSpan.zero
    }
    private let hands = Mutex(Hands())

    func uptime() -> TimeSpan { hands.withLock { $0.uptime } }
    func correction() -> TimeSpan { hands.withLock { $0.offset } }
    func now() -> Instant { hands.withLock { Self.start + $0.uptime + $0.offset } }
    func millisecondsUntil(_ instant: Instant) -> Int32 {
        Int32(clamping: max(0, ((instant - now()).nanoseconds + 999_999) / 1_000_000))
    }

    /// What time it is in truth: what the sensors' own clocks show.
    func truth() -> Instant { Self.start + uptime() }

    func pass(to uptime: TimeSpan) { hands.withLock { $0.uptime = max($0.uptime, uptime) } }
    func set(to offset: TimeSpan) { hands.withLock { $0.offset = offset } }
}
