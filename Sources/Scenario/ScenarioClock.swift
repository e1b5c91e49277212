internal import Synchronization
package import Telemetry

/// The clock of a scenario: it stands where the player has put it.
///
/// The same seam serves replays and tests: a gateway that is given this clock finds event times of years ago
/// neither late nor wrong.
package final class ScenarioClock: GatewayClock {
    private let time: Mutex<Instant>

    package init(_ start: Instant) { time = Mutex(start) }

    package func now() -> Instant { time.withLock { $0 } }

    /// Moves the clock on; it never goes back.
    package func advance(to instant: Instant) { time.withLock { $0 = max($0, instant) } }

    /// Scenario time passes at any speed: looked at every few milliseconds.
    package func millisecondsUntil(_ instant: Instant) -> Int32 { instant <= now() ? 0 : 5 }
}
