package import Telemetry

/// An operator's suppression of an alarm: for a time, or until somebody puts it back in service. Times are by the
/// gateway's clock.
package struct Suppression: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case shelved
        case outOfService = "out-of-service"
    }

    package var kind: Kind
    package var person: String
    package var since: Instant
    /// The end of the suppression; `nil`: until somebody puts the alarm back in service.
    package var until: Instant?
    package var reason: String

    package init(_ kind: Kind, person: String, since: Instant, until: Instant?, reason: String) {
        self.kind = kind
        self.person = person
        self.since = since
        self.until = until
        self.reason = reason
    }

    /// The state of an alarm under this suppression.
    package var state: AlarmState {
        switch kind {
        case .shelved: .shelved(self)
        case .outOfService: .outOfService(self)
        }
    }

    /// Moves the beginning to `now` if it was noted while the clock was ahead. The duration stays.
    package func brought(to now: Instant) -> Suppression {
        guard since > now else { return self }
        var suppression = self
        suppression.until = until.map { now + ($0 - since) }
        suppression.since = now
        return suppression
    }
}

/// The suppression of a rule and group as the store keeps it. Without `suppression`, it records that the suppression
/// has ended.
package struct SuppressionRecord: Sendable {
    package var rule: String
    package var group: String
    package var suppression: Suppression?
    /// The conditions and devices at the time of the suppression, apart from names. `nil` if the suppression has ended,
    /// or an earlier version recorded it.
    package var origin: AlarmOrigin?

    package init(rule: String, group: String, suppression: Suppression?, origin: AlarmOrigin? = nil) {
        self.rule = rule
        self.group = group
        self.suppression = suppression
        self.origin = origin
    }

    package var key: AlarmKey { AlarmKey(rule: rule, group: group) }
}
