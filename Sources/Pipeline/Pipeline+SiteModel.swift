internal import Alarms
internal import Devices
internal import Escalation
internal import Logging
internal import MQTT
internal import RuleLanguage
internal import SiteConfiguration
internal import Store
internal import Telemetry

// What follows when devices and rules are read again, or the clock is set.
extension Pipeline {
    /// Says and notes what is in force from now on, and subscribes to what it needs.
    func takeOver(_ model: SiteModel) {
        intake.count { $0.reloads += 1 }
        store.note(model, configuration, logger)
        intake.add(AuditNote("reloaded", at: now, text: model.summary, facts: model.ruleVersions))
        subscribe(to: model.filters)
        logger.notice(
            "devices and rules reloaded",
            metadata: ["devices": "\(model.site.sensors.count)", "rules": "\(model.rules.rules.count)"])
    }

    /// Subscribes to the filters of another model; those that are gone are known to the store until the broker has let
    /// them go.
    func subscribe(to filters: [String]) {
        do {
            try store.noteSubscriptions(filters)
        } catch {
            logger.error("the subscriptions cannot be noted, and may outlive another change of the devices: \(error)")
        }
        connection?.subscribe(to: filters)
        areSubscriptionsKept = false
    }

    /// Once the session holds no others, the store needs to know only the filters that are wanted.
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
            // The next start unsubscribes once more from what is gone, which does no harm.
            logger.error("the subscriptions cannot be noted: \(error)")
        }
    }

    /// Begins anew from what is stored, with a model.
    /// - Returns: false if nothing can be stored now, or nothing read; then all is as it was.
    func rebuild(from model: SiteModel, because occasion: Intake.Occasion) -> Bool {
        guard outage.isOver else { return false }
        if !intake.batch.isEmpty { commit() }
        guard outage.isOver else { return false }
        do {
            var next = Intake(model, configuration, logger: logger)
            try next.warm(
                from: store, now: now, because: occasion, listening: occasion == .reload ? intake.listening : nil)
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
