package import AlarmModel
internal import RuleEngine
internal import RuleLanguage
internal import RulePlan
package import Telemetry

extension AlarmBook {
    /// The longest shelving. Shelving is for one shift; for a longer time, an alarm is taken out of service.
    package static var longestShelf: TimeSpan { .days(7) }

    /// Keeps an alarm that has ended until somebody has acknowledged it.
    package mutating func keepReturned(_ alarm: Alarm) {
        returned[alarm.id] = alarm
        if returned.count > Self.returnedMax, let oldest = returned.values.min(by: { $0.raised < $1.raised }) {
            returned[oldest.id] = nil
        }
    }

    /// Executes an operator's command.
    /// - Throws: ``OperatorError`` if the name fits no alarm and no key, or more than one, or if the alarm's state does
    ///   not allow the command.
    package mutating func execute(_ command: OperatorCommand, at now: Instant) throws(OperatorError) -> CommandOutcome {
        switch command.action {
        case .acknowledge: return try acknowledge(command, at: now)
        case .shelve(let span):
            guard !command.note.isEmpty else {
                throw OperatorError(
                    "'\(command.alarm)' was not shelved: give a reason, as in -m \"gauge being cleaned\"")
            }
            guard span > .zero, span <= Self.longestShelf else {
                let longest = TimeSpanText.short(Self.longestShelf)
                throw OperatorError(
                    "'\(command.alarm)' was not shelved: the longest time is \(longest); take it out of service instead"
                )
            }
            let suppression = Suppression(
                .shelved, person: command.person, since: now, until: now + span, reason: command.note)
            return try setSuppression(command, suppression, .shelve, .shelved, at: now)
        case .takeOutOfService:
            guard !command.note.isEmpty else {
                throw OperatorError(
                    "'\(command.alarm)' was not taken out of service: give a reason, as in -m \"gauge being replaced\"")
            }
            let suppression = Suppression(
                .outOfService, person: command.person, since: now, until: nil, reason: command.note)
            return try setSuppression(command, suppression, .takeOutOfService, .outOfService, at: now)
        case .unshelve: return try setSuppression(command, nil, .unshelve, .unshelved, at: now)
        case .putBack: return try setSuppression(command, nil, .putBack, .inService, at: now)
        }
    }

    /// Ends the shelvings whose time is over.
    package mutating func expireShelves(at now: Instant) -> [CommandOutcome] {
        suppressions.filter { $0.value.until.map { $0 <= now } ?? false }.keys.sorted().map { instance in
            change(instance, to: nil, .unshelve, .unshelved, person: nil, note: nil, at: now)
        }
    }

    private mutating func acknowledge(
        _ command: OperatorCommand, at now: Instant
    ) throws(OperatorError) -> CommandOutcome {
        let candidates =
            alarms.map {
                AlarmName.Candidate(
                    (Optional($0.key), $0.value), identity: $0.value.id, key: $0.value.key, isActive: true)
            } + returned.values.map { AlarmName.Candidate((nil, $0), identity: $0.id, key: $0.key, isActive: false) }
        var (instance, alarm) = try AlarmName(command.alarm).only(
            of: candidates,
            missing: "no active or unacknowledged alarm matches '\(command.alarm)'; see tocsin alarms")
        if case .acknowledged(let earlier) = alarm.state {
            let time = LocalTime(earlier.time, in: rules.plan.zone)
            throw OperatorError("\(alarm.id) was acknowledged by \(earlier.person) at \(time)")
        }
        let acknowledgement = Acknowledgement(person: command.person, time: now, note: command.note)
        if case .refused(let reason) = alarm.move(.acknowledge, acknowledgement: acknowledgement) {
            throw OperatorError("\(alarm.id) \(reason)")
        }
        alarm.sequence += 1
        returned[alarm.id] = nil
        if let instance { alarms[instance] = alarm }
        let transition = transition(alarm, instance, .acknowledged, person: command.person, note: command.note, at: now)
        return CommandOutcome(name: alarm.id, done: .acknowledged, transition: transition)
    }

    private mutating func setSuppression(
        _ command: OperatorCommand, _ suppression: Suppression?, _ event: AlarmEvent, _ kind: Transition.Kind,
        at now: Instant
    ) throws(OperatorError) -> CommandOutcome {
        let instance = try findKey(command.alarm)
        if case .refused(let reason) = LifecycleTable.entry(state(of: instance), event) {
            throw OperatorError("\(alarms[instance]?.id ?? key(of: instance).description) \(reason)")
        }
        return change(instance, to: suppression, event, kind, person: command.person, note: command.note, at: now)
    }

    private mutating func change(
        _ instance: Int, to suppression: Suppression?, _ event: AlarmEvent, _ kind: Transition.Kind, person: String?,
        note: String?, at now: Instant
    ) -> CommandOutcome {
        suppressions[instance] = suppression
        var outcome = CommandOutcome(
            name: key(of: instance).description, done: kind, suppression: suppressionRecord(of: instance))
        outcome.end = suppression?.until.map { LocalTime($0, in: rules.plan.zone) }
        guard var alarm = alarms[instance] else { return outcome }
        _ = alarm.move(event, suppression: suppression)
        alarm.sequence += 1
        alarms[instance] = alarm
        outcome.name = alarm.id
        outcome.transition = transition(alarm, instance, kind, person: person, note: note, at: now)
        return outcome
    }

    /// The state of an instance: that of its active alarm, or else that of its suppression.
    private func state(of instance: Int) -> AlarmState.Kind {
        (alarms[instance]?.state ?? suppressions[instance]?.state ?? .normal(nil)).kind
    }

    private func key(of instance: Int) -> AlarmKey {
        let ruleInstance = rules.instances[instance]
        return AlarmKey(rule: rules.rules[ruleInstance.rule].name, group: ruleInstance.group)
    }

    /// Finds the instance that a person means, by its key or by its active alarm. A key without an alarm must be
    /// written in full.
    private func findKey(_ name: String) throws(OperatorError) -> Int {
        let found = rules.instances.indices.filter {
            !rules.instances[$0].isBallot && key(of: $0).description == name
        }
        if found.count == 1 { return found[0] }
        guard found.isEmpty else {
            throw OperatorError("'\(name)' is the key of \(found.count) groups: name an active alarm by its identity")
        }
        if let ended = returned.values.first(where: { $0.id == name }) {
            throw OperatorError("\(name) has ended; to suppress the alarms that follow, name \(ended.key)")
        }
        return try AlarmName(name).only(
            of: alarms.map { AlarmName.Candidate($0.key, identity: $0.value.id, key: $0.value.key, isActive: true) },
            missing: "no active alarm and no rule/group matches '\(name)'; see tocsin alarms")
    }

    /// Makes a transition that is caused by a person, or by the end of a time. The level stays.
    private func transition(
        _ alarm: Alarm, _ instance: Int?, _ kind: Transition.Kind, person: String?, note: String?, at now: Instant
    ) -> Transition {
        let rule = instance.map { rules.rules[rules.instances[$0].rule] }
        return Transition(
            alarm: alarm, kind: kind, time: now, recorded: now, from: alarm.levelName, to: alarm.levelName,
            severity: alarm.level.rank, causes: [], device: nil, ruleVersion: rule?.version ?? "",
            runbook: rule?.runbook,
            policy: rule?.escalate, instruction: rule?.instruction, person: person, note: note)
    }
}
