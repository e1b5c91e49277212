package import Escalation
package import Telemetry

/// An escalation with its text, as a row of the outbox keeps it and a destination delivers it.
package struct OutboxItem: Sendable {
    /// Alarm, transition and destination, and the number of a repeat. A receiver drops an identity that it has seen.
    package var identity: String
    /// The identity of the alarm that it is about.
    package var alarm: String
    package var destination: String
    /// The rank of the level that it is about, by which waiting items are sorted.
    package var severity: UInt8
    /// UTF-8 JSON, a ``CloudEvent`` or a ``FloodMessage``.
    package var payload: String
    /// The time at which it became due, by the gateway's clock.
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

    /// Writes an escalation's JSON. This is the only place that does so.
    package init(_ escalation: Escalation) {
        self.init(
            identity: escalation.identity, alarm: escalation.alarm, destination: escalation.destination,
            severity: escalation.severity,
            payload: CloudEvent(escalation.notice, identity: escalation.identity).json, created: escalation.created)
    }

    /// The content; `nil` for the message of a flood, and for content that this version cannot read. Reads the JSON.
    package var notice: AlarmNotice? { CloudEvent.read(payload)?.data.notice }
}
