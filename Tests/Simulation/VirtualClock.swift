import Synchronization
import Telemetry
import TestSupport

/// A clock that passes only when the simulation lets it, and that can be set wrong.
final class VirtualClock: GatewayClock {
    /// 2026-03-01T00:00:00Z
    static let start = Instant(nanoseconds: 1_772_323_200_000_000_000)

    private struct Hands {
        var uptime = Uptime.start
        var offset = TimeSpan.zero
    }
    private let hands = Mutex(Hands())
    private let sleepers = Sleepers()

    func uptime() -> Uptime { hands.withLock { $0.uptime } }
    func correction() -> TimeSpan { hands.withLock { $0.offset } }
    func now() -> Instant { hands.withLock { Self.start + $0.uptime.sinceStart + $0.offset } }
    func millisecondsUntil(_ instant: Instant) -> Int32 {
        Int32(clamping: max(0, ((instant - now()).nanoseconds + 999_999) / 1_000_000))
    }

    /// Returns the true time: the time of the sensors' own clocks.
    func truth() -> Instant { Self.start + uptime().sinceStart }

    func sleep(until deadline: Uptime) async throws { try await sleepers.sleep(until: deadline) { self.uptime() } }

    /// Lets time pass, and wakes the tasks that sleep until then.
    func pass(to uptime: TimeSpan) {
        hands.withLock { $0.uptime = max($0.uptime, Uptime(sinceStart: uptime)) }
        sleepers.wake(at: self.uptime())
    }
    func set(to offset: TimeSpan) { hands.withLock { $0.offset = offset } }
}
