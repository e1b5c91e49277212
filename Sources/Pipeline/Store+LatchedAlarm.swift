internal import AlarmModel
internal import Alarms
internal import Devices
internal import Escalation
package import SiteConfiguration
package import Store
package import Telemetry
internal import Wire

extension Store {
    /// Commits an alarm of the gateway itself about a past event, with its escalations. The alarm waits to be
    /// acknowledged.
    ///
    /// - Parameter payload: a refused payload that the alarm is about, stored with it.
    /// - Throws: ``StoreError`` if nothing can be stored now.
    package func recordLatchedAlarm(
        _ rule: String, summary: String, payload: RefusedPayload? = nil, _ model: SiteModel,
        _ configuration: Configuration, at now: Instant
    ) throws {
        var planner = EscalationPlanner(model, configuration)
        var batch = StoreBatch()
        if let payload { batch.add(payload, atMost: 1, bytesMax: .max) }
        batch.transitions = Transition.latched(
            rule, summary: summary, site: model.site.name, ladder: configuration.ladder, at: now)
        batch.escalations = batch.transitions.flatMap { planner.note($0) }.map(OutboxItem.init)
        batch.escalationStates = planner.takeChanges()
        try commit(batch)
    }
}

extension EscalationPlanner {
    /// A planner for a site's policies and the destinations of its configuration.
    init(_ model: SiteModel, _ configuration: Configuration) {
        self.init(
            site: model.site.name,
            destinations: configuration.destinations.map {
                .init(name: $0.name, minimumLevel: $0.minimumLevel, isPublic: $0.isPublic)
            }, policies: model.policies)
    }
}
