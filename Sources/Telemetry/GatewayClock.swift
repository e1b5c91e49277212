/// The one source of the present: everything that asks for the time asks a clock that it was given.
///
/// Live, it is the system's; in a demo, a replay or a test it is the scenario's, so that event times
/// of years ago are neither late nor wrong.
package protocol GatewayClock: Sendable {
    func now() -> Instant
}
