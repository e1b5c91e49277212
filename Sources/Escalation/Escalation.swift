package import Telemetry

/// A message that is due at one destination because of one transition.
package struct Escalation: Sendable {
    /// Alarm, transition and destination, and for a repeat its number: a receiver that has seen it drops it.
    package var identity: String
    package var alarm: String
    package var destination: String
    /// The level that it speaks of: what waits behind a dead link can be sorted by it.
    package var severity: UInt8
    /// UTF-8 JSON, see ``CloudEvent``.
    package var payload: String
    package var created: Instant

    package init(
        identity: String, alarm: String, destination: String, severity: UInt8, payload: String, created: Instant
    ) {
        self.identity = identity
        self.alarm = alarm
        self.destination = destination
        self.severity = severity
        self.payload = payload
        self.created = created
    }
}
