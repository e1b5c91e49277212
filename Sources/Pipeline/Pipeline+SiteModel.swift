internal import Alarms
internal import Devices
internal import Escalation
internal import Logging
internal import MQTT
internal import RuleLanguage
internal import SiteConfiguration
internal import Store
internal import Telemetry

// Changes of the pipeline after devices and rules are read again, or the clock is set.
extension Pipeline {
    /// Logs and records the new model, and subscribes to its filters.
    func takeOver(_ model: SiteModel) {
        intake.count { $0.reloads += 1 }
        store.note(model, configuration, logger)
        intake.add(AuditNote("reloaded", at: now, text: model.summary, facts: model.ruleVersions))
        subscribe(to: model.filters)
        logger.notice(
            "devices and rules reloaded",
            metadata: ["devices": "\(model.site.sensors.count)", "rules": "\(model.rules.rules.count)"])
    }

    /// Subscribes to the filters of another model. The store remembers the removed filters until the broker has
    /// released them.
    func subscribe(to filters: [String]) {
        do {
            try store.noteSubscriptions(filters)
        } catch {
            logger.error("the subscriptions cannot be noted, and may outlive another change of the devices: \(error)")
        }
        connection?.subscribe(to: filters)
        areSubscriptionsKept = false
    }

    /// Reduces the store's list to the wanted filters, once the session holds no others.
    func forgetSubscriptions() {
        guard !areSubscriptionsKept, outage.isOver, let connection, connection.isConnected,
            !connection.hasFiltersToLeave
        else {
            return
        }
        areSubscriptionsKept = true
        do {
            try store.keepSubscriptions(model.filters)
        } catch {
            // The next start unsubscribes from the removed filters once more, which does no harm.
            logger.error("the subscriptions cannot be noted: \(error)")
        }
    }

    /// Rebuilds the engine from the store, with a model.
    /// - Returns: false if nothing can be stored or read now; then nothing has changed.
    func rebuild(from model: SiteModel, because occasion: Intake.Occasion) -> Bool {
        guard outage.isOver else { return false }
        if !intake.batch.isEmpty { commit() }
        guard outage.isOver else { return false }
        do {
            var next = Intake(model, configuration, logger: logger)
            try next.warm(
                from: store, now: now, because: occasion, listening: occasion.isReload ? intake.listening : nil)
            next.carryOver(intake)
            intake = next
            self.model = model
            if occasion == .reload { takeOver(model) }
            return true
        } catch {
            logger.error("what is stored cannot be read, all stays as it is: \(error)")
            return false
        }
    }
}
