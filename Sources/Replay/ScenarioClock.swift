internal import Synchronization
package import Telemetry

/// The clock of a scenario: it shows the time that its player or a ``RecordingLink`` has set.
///
/// With this clock, a gateway does not find event times of years ago late or wrong. Safe to use from any thread.
package final class ScenarioClock: GatewayClock {
    private struct Hands {
        var time: Instant
        /// The moment that the gateway last asked about: its next timer.
        var awaited: Instant?
    }

    private let hands: Mutex<Hands>

    package init(_ start: Instant) { hands = Mutex(Hands(time: start)) }

    package func now() -> Instant { hands.withLock(\.time) }

    /// Moves the clock forward; it never goes back.
    package func advance(to instant: Instant) { hands.withLock { $0.time = max($0.time, instant) } }

    /// Scenario time passes at any speed, so the answer is a few real milliseconds.
    package func millisecondsUntil(_ instant: Instant) -> Int32 {
        hands.withLock { hands in
            hands.awaited = instant
            return instant <= hands.time ? 0 : 5
        }
    }

    /// Returns the moment that the gateway has asked about since the last call; `nil` if it has not asked.
    func takeAwaited() -> Instant? {
        hands.withLock { hands in
            defer { hands.awaited = nil }
            return hands.awaited
        }
    }
}
