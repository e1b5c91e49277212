/// The one source of the present: everything that asks for the time asks a clock that it was given.
///
/// Live, it is the system's; in a demo, a replay or a test it is the scenario's, so that event times
/// of years ago are neither late nor wrong.
package protocol GatewayClock: Sendable {
    func now() -> Instant
    /// How long to sleep, in real milliseconds, before that moment should be looked at.
    func millisecondsUntil(_ instant: Instant) -> Int32
}
