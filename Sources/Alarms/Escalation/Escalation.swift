package import RulePlan
package import Telemetry

/// A message that is due at one destination because of one transition.
package struct Escalation: Sendable {
    /// Alarm, transition and destination: a receiver that has seen it drops the repeat.
    package var identity: String
    package var alarm: String
    package var destination: String
    /// The level that it speaks of: what waits behind a dead link can be sorted by it.
    package var severity: UInt8
    /// UTF-8 JSON, see ``EscalationMessage``.
    package var payload: String
    package var created: Instant

    package init(identity: String, alarm: String, destination: String, severity: UInt8, payload: String, created: Instant) {
        self.identity = identity
        self.alarm = alarm
        self.destination = destination
        self.severity = severity
        self.payload = payload
        self.created = created
    }
}

/// Where transitions are sent: the destinations of each policy, and the level from which each wants them.
package struct EscalationRoutes: Sendable {
    package struct Destination: Sendable {
        package var name: String
        package var minimumLevel: Level

        package init(name: String, minimumLevel: Level) {
            self.name = name
            self.minimumLevel = minimumLevel
        }
    }

    private let destinations: [Destination]
    private let policies: [String: [String]]
    private let site: String

    /// - Parameter policies: destinations by policy; a transition without a policy goes to all of them.
    package init(site: String, destinations: [Destination], policies: [String: [String]]) {
        self.site = site
        self.destinations = destinations
        self.policies = policies
    }

    /// The escalations of a transition, one for each destination that is due.
    package func escalations(of transition: Transition) -> [Escalation] {
        let named = transition.policy.flatMap { policies[$0] }
        return destinations.compactMap { destination in
            guard named?.contains(destination.name) ?? true, transition.severity >= destination.minimumLevel.rank
            else { return nil }
            let identity = "\(transition.identity)/\(destination.name)"
            let message = EscalationMessage(transition, identity: identity, site: site)
            return Escalation(
                identity: identity, alarm: transition.alarm.id, destination: destination.name,
                severity: transition.severity, payload: message.json, created: transition.recorded)
        }
    }
}
