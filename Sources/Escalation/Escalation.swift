package import Telemetry

/// A notice that is due at one destination because of one transition.
package struct Escalation: Sendable {
    /// Alarm, transition and destination, and for a repeat its number. A receiver drops an identity that it has seen.
    package var identity: String
    package var destination: String
    /// The rank of the notice's level, by which waiting escalations are sorted.
    package var severity: UInt8
    package var notice: AlarmNotice
    /// The time when it was due, by the gateway's clock.
    package var created: Instant

    package init(identity: String, destination: String, severity: UInt8, notice: AlarmNotice, created: Instant) {
        self.identity = identity
        self.destination = destination
        self.severity = severity
        self.notice = notice
        self.created = created
    }

    /// The identity of the notice's alarm.
    package var alarm: String { notice.alarm.id }
}
