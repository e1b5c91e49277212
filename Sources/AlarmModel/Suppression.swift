package import Telemetry

/// What people put aside, and how: for a time, or until someone puts it back. Times are the gateway's clock.
package struct Suppression: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case shelved
        case outOfService = "out-of-service"
    }

    package var kind: Kind
    package var person: String
    package var since: Instant
    /// `nil`: until someone puts it back.
    package var until: Instant?
    package var reason: String

    package init(_ kind: Kind, person: String, since: Instant, until: Instant?, reason: String) {
        self.kind = kind
        self.person = person
        self.since = since
        self.until = until
        self.reason = reason
    }

    package var state: AlarmState { kind == .shelved ? .shelved : .outOfService }

    /// As long as it was meant to be, where a clock that was ahead has noted it.
    package func brought(to now: Instant) -> Suppression {
        guard since > now else { return self }
        var suppression = self
        suppression.until = until.map { now + ($0 - since) }
        suppression.since = now
        return suppression
    }
}

/// What is put aside, as the store keeps it; without `aside`, that it no longer is.
package struct SuppressionRecord: Sendable {
    package var rule: String
    package var group: String
    package var suppression: Suppression?
    /// What it was put aside by, apart from names; `nil` where it no longer is, or was before that was kept.
    package var origin: AlarmOrigin?

    package init(rule: String, group: String, suppression: Suppression?, origin: AlarmOrigin? = nil) {
        self.rule = rule
        self.group = group
        self.suppression = suppression
        self.origin = origin
    }
}
