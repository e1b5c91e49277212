package import AlarmModel
internal import RuleEngine
internal import RuleLanguage
internal import RulePlan
package import Telemetry

/// What an operator asks for.
package struct OperatorCommand: Sendable {
    package enum Action: Sendable {
        case acknowledge
        /// For how long; the note is the reason.
        case shelve(TimeSpan)
        case unshelve
        /// The note is the reason.
        case takeOutOfService
        case putBack
    }

    package var action: Action
    /// As ``AlarmName`` takes it: the alarm's identity, `rule/group`, or a beginning of it that no other has.
    package var alarm: String
    package var person: String
    package var note: String

    package init(_ action: Action, alarm: String, person: String, note: String) {
        self.action = action
        self.alarm = alarm
        self.person = person
        self.note = note
    }
}

/// What came of an order, or of the time that has passed.
package struct CommandOutcome: Sendable {
    /// What it was done to: the alarm's identity, or its place where no alarm is active there.
    package var name: String
    /// `acknowledged`, `shelved`, …
    package var done: String
    package var transition: Transition?
    package var suppression: SuppressionRecord?
    /// Until when, by the site's clock, where it ends by itself.
    package var end: LocalTime?
}

extension AlarmBook {
    /// Nothing is shelved for longer: shelving is for the shift, taking out of service is not.
    package static var longestShelf: TimeSpan { .days(7) }

    /// The alarms that ended before anyone had taken them on, newest first.
    package var unacknowledgedReturns: [Alarm] { returned.values.sorted { ($1.raised, $0.id) < ($0.raised, $1.id) } }

    /// Keeps an alarm that has ended until someone has acknowledged it.
    package mutating func keepReturned(_ alarm: Alarm) {
        returned[alarm.id] = alarm
        if returned.count > Self.returnedMax, let oldest = returned.values.min(by: { $0.raised < $1.raised }) {
            returned[oldest.id] = nil
        }
    }

    /// Does what an operator asks for.
    /// - Throws: ``OperatorError`` if no alarm and no place, or more than one, is meant, or if it cannot be done to it.
    package mutating func execute(_ order: OperatorCommand, at now: Instant) throws(OperatorError) -> CommandOutcome {
        switch order.action {
        case .acknowledge: return try acknowledge(order, at: now)
        case .shelve(let span):
            guard !order.note.isEmpty else { throw OperatorError("what is put aside needs a reason") }
            guard span > .zero, span <= Self.longestShelf else {
                throw OperatorError(
                    "an alarm is shelved for \(TimeSpanText.short(Self.longestShelf)) at most; what is to stay away longer is taken out of service"
                )
            }
            let suppression = Suppression(
                .shelved, person: order.person, since: now, until: now + span, reason: order.note)
            return try setAside(order, suppression, .shelve, .shelved, at: now)
        case .takeOutOfService:
            guard !order.note.isEmpty else { throw OperatorError("what is taken out of service needs a reason") }
            let suppression = Suppression(
                .outOfService, person: order.person, since: now, until: nil, reason: order.note)
            return try setAside(order, suppression, .takeOutOfService, .outOfService, at: now)
        case .unshelve: return try setAside(order, nil, .unshelve, .unshelved, at: now)
        case .putBack: return try setAside(order, nil, .putBack, .inService, at: now)
        }
    }

    /// What comes back by itself because its time is over.
    package mutating func expireShelves(at now: Instant) -> [CommandOutcome] {
        suppressions.filter { $0.value.until.map { $0 <= now } ?? false }.keys.sorted().map { instance in
            change(instance, to: nil, .unshelve, .unshelved, person: nil, note: nil, at: now)
        }
    }

    private mutating func acknowledge(_ order: OperatorCommand, at now: Instant) throws(OperatorError) -> CommandOutcome
    {
        let candidates =
            alarms.map {
                AlarmName.Candidate(
                    (Optional($0.key), $0.value), identity: $0.value.id, place: $0.value.place, isActive: true)
            }
            + returned.values.map { AlarmName.Candidate((nil, $0), identity: $0.id, place: $0.place, isActive: false) }
        var (instance, alarm) = try AlarmName(order.alarm).only(
            of: candidates, missing: "there is no alarm '\(order.alarm)' that waits for anyone")
        if let earlier = alarm.acknowledgement, alarm.state == .acknowledged {
            let time = LocalTime(earlier.time, in: rules.plan.zone)
            throw OperatorError("\(alarm.id) was acknowledged by \(earlier.person) at \(time)")
        }
        if case .refused(let reason) = alarm.move(.acknowledge) { throw OperatorError("\(alarm.id) \(reason)") }
        alarm.acknowledgement = Acknowledgement(person: order.person, time: now, note: order.note)
        alarm.sequence += 1
        returned[alarm.id] = nil
        if let instance { alarms[instance] = alarm }
        let transition = transition(alarm, instance, .acknowledged, person: order.person, note: order.note, at: now)
        return CommandOutcome(name: alarm.id, done: "acknowledged", transition: transition)
    }

    private mutating func setAside(
        _ order: OperatorCommand, _ suppression: Suppression?, _ event: AlarmEvent, _ kind: Transition.Kind,
        at now: Instant
    ) throws(OperatorError) -> CommandOutcome {
        let instance = try findPlace(order.alarm)
        if case .refused(let reason) = LifecycleTable.entry(state(of: instance), event) {
            throw OperatorError("\(alarms[instance]?.id ?? placeName(instance)) \(reason)")
        }
        return change(instance, to: suppression, event, kind, person: order.person, note: order.note, at: now)
    }

    private mutating func change(
        _ instance: Int, to suppression: Suppression?, _ event: AlarmEvent, _ kind: Transition.Kind, person: String?,
        note: String?,
        at now: Instant
    ) -> CommandOutcome {
        suppressions[instance] = suppression
        var outcome = CommandOutcome(
            name: placeName(instance), done: kind.rawValue, suppression: suppressionRecord(of: instance))
        outcome.end = suppression?.until.map { LocalTime($0, in: rules.plan.zone) }
        guard var alarm = alarms[instance] else { return outcome }
        alarm.suppression = suppression
        _ = alarm.move(event)
        alarm.sequence += 1
        alarms[instance] = alarm
        outcome.name = alarm.id
        outcome.transition = transition(alarm, instance, kind, person: person, note: note, at: now)
        return outcome
    }

    /// Where a place stands: as its alarm does, or, where none is active, as it is put aside.
    private func state(of instance: Int) -> AlarmState {
        alarms[instance]?.state ?? suppressions[instance]?.state ?? .normal
    }

    private func placeName(_ instance: Int) -> String {
        let place = rules.instances[instance]
        return "\(rules.rules[place.rule].name)/\(place.group)"
    }

    /// The place that a person means: by its name, or by its active alarm. A place without an alarm is named in full.
    private func findPlace(_ name: String) throws(OperatorError) -> Int {
        let places = rules.instances.indices.filter { !rules.instances[$0].isBallot && placeName($0) == name }
        if places.count == 1 { return places[0] }
        guard places.isEmpty else {
            throw OperatorError("'\(name)' is the name of \(places.count) places: put them aside by their alarms")
        }
        if let ended = returned.values.first(where: { $0.id == name }) {
            throw OperatorError("\(name) has ended; to put its place aside, name \(ended.place)")
        }
        return try AlarmName(name).only(
            of: alarms.map {
                AlarmName.Candidate($0.key, identity: $0.value.id, place: $0.value.place, isActive: true)
            },
            missing: "there is no place '\(name)', and no active alarm of that name")
    }

    /// A transition that a person, or the end of a time, makes; the level stays.
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
