internal import Alarms
internal import Devices
internal import Escalation
internal import Logging
internal import MQTT
internal import RuleLanguage
internal import SiteConfiguration
internal import Store
internal import Telemetry

// Commits of the open batch, and the behaviour while nothing can be stored.
extension Pipeline {
    /// Commits a transition at once. Readings wait a little for others, which spares the disk.
    func commitIfDue() {
        guard !intake.batch.isEmpty else { return }
        let time = clock.uptime()
        if let attempt = outage.attempt {
            // Escalations that a commit can store now need no handing on, unless the last commit failed for another
            // reason.
            if outage.isFailing || time < attempt.due { handOnUnstored() }
            if time >= attempt.due { commit() }
            return
        }
        let deadline = commitDue ?? time + configuration.store.commitDelay
        commitDue = deadline
        let isFull =
            intake.batch.readings.count >= configuration.store.commitReadings
            || intake.unacknowledged >= configuration.broker.receiveMaximum / 2
        if isFull || intake.batch.isUrgent || time >= deadline { commit() }
    }

    func commit() {
        do {
            intake.completeBatch()
            let hasEscalations = !intake.batch.escalations.isEmpty
            try store.commit(intake.batch, refusedMax: configuration.store.refusedMax)
            let hasFailed = outage.isFailing
            outage = .none
            commitDue = nil
            answerOperators(isStored: true)
            releaseAcknowledgements()
            if hasEscalations { onCommit() }
            if hasFailed { logger.notice("the store takes readings again") }
        } catch {
            failToStore(error)
        }
    }

    /// Handles a failed commit. Nothing is acknowledged, so the broker sends it again, and the batch is tried again.
    /// Readings are still evaluated, and people are still notified.
    func failToStore(_ error: any Error) {
        let time = clock.uptime()
        let begins = outage.commitFailed(isBusy: Store.isBusy(error), at: time, makeRoom: { ballast.release() })
        commitDue = nil
        guard outage.isFailing else { return handOnUnstored() }
        if begins {
            logger.critical("the store takes no readings; nothing is acknowledged until it does: \(error)")
            intake.raiseStoreFault("\(error)", at: now)
        }
        if time >= relinkDue {
            // Without a write the broker considers the link dead after one and a half keepalives.
            relinkDue = time + .seconds(Int64(configuration.broker.keepaliveSeconds))
            connection?.dropAcknowledgements(because: "readings cannot be stored", receiveMaximum: 65_535)
        }
        answerOperators(isStored: false)
        handOnUnstored()
    }

    /// Hands on the escalations of the open batch that are not stored, each once.
    func handOnUnstored() {
        let escalations = intake.batch.escalations
        guard let handedOn = outage.attempt?.handedOn, handedOn < escalations.count else { return }
        onUnstored(Array(escalations[handedOn...]))
        outage.attempt?.handedOn = escalations.count
    }

    func answerOperators(isStored: Bool) {
        for answer in answers { answer(isStored) }
        answers.removeAll()
    }

    func releaseAcknowledgements() {
        intake.committed()
        connection?.releaseAcknowledgements()
    }

    /// Ends the alarm that nothing can be stored, once a commit succeeds and there is room for more.
    func endStoreFault() {
        guard intake.hasStoreFault, outage.isOver, case let time = clock.uptime(), time >= roomLookDue else { return }
        roomLookDue = time + .seconds(1)
        if ballast.lay() { intake.endStoreFault(at: now) }
    }
}
