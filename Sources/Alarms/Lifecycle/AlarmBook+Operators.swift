internal import RuleEngine
internal import RuleLanguage
internal import RulePlan
package import Telemetry

/// What an operator asks for.
package struct OperatorOrder: Sendable {
    package enum Action: Sendable {
        case acknowledge
        /// For how long; the note is the reason.
        case shelve(TimeSpan)
        case unshelve
    }

    package var action: Action
    /// The alarm's identity, or the beginning of it that no other has.
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

/// What is put aside, as the store keeps it.
package struct StoredShelf: Sendable {
    package var rule: String
    package var group: String
    package var shelf: Shelf

    package init(rule: String, group: String, shelf: Shelf) {
        self.rule = rule
        self.group = group
        self.shelf = shelf
    }
}

extension AlarmBook {
    /// Nothing is put aside for longer: shelving is for the shift, taking a sensor out of service is not.
    package static var longestShelf: TimeSpan { .days(7) }

    /// The alarms that ended before anyone had taken them on, newest first.
    package var unacknowledgedReturns: [Alarm] { returned.values.sorted { ($1.raised, $0.id) < ($0.raised, $1.id) } }

    mutating func keepReturned(_ alarm: Alarm) {
        returned[alarm.id] = alarm
        if returned.count > Self.returnedMax, let oldest = returned.values.min(by: { $0.raised < $1.raised }) {
            returned[oldest.id] = nil
        }
    }

    /// Does what an operator asks for.
    /// - Throws: ``OperatorError`` if no alarm, or more than one, is meant, or if it cannot be done to it.
    package mutating func carryOut(_ order: OperatorOrder, at now: Instant) throws(OperatorError) -> Transition {
        let (instance, alarm) = try find(order.alarm)
        switch order.action {
        case .acknowledge: return try acknowledge(alarm, instance, order, at: now)
        case .shelve(let span):
            guard let instance else { throw OperatorError("\(alarm.id) has ended: there is nothing to put aside") }
            return try shelve(alarm, instance, for: span, order, at: now)
        case .unshelve:
            guard let instance, alarm.shelf != nil else { throw OperatorError("\(alarm.id) is not shelved") }
            return unshelve(alarm, instance, person: order.person, note: order.note, at: now)
        }
    }

    /// What comes back by itself because its time is over; of alarms that have ended meanwhile nothing is said.
    package mutating func expireShelves(at now: Instant) -> (transitions: [Transition], ended: [(rule: String, group: String)]) {
        var result: (transitions: [Transition], ended: [(rule: String, group: String)]) = ([], [])
        for (instance, shelf) in shelves.sorted(by: { $0.key < $1.key }) where shelf.until <= now {
            let place = rules.instances[instance]
            result.ended.append((rules.rules[place.rule].name, place.group))
            if let alarm = alarms[instance] {
                result.transitions.append(unshelve(alarm, instance, person: nil, note: nil, at: now))
            } else {
                shelves[instance] = nil
            }
        }
        return result
    }

    private func find(_ name: String) throws(OperatorError) -> (instance: Int?, alarm: Alarm) {
        let candidates = alarms.map { (Optional($0.key), $0.value) } + returned.values.map { (nil, $0) }
        let exact = candidates.filter { $0.1.id == name }
        let found = exact.isEmpty ? candidates.filter { $0.1.id.hasPrefix(name) } : exact
        guard let first = found.first else { throw OperatorError("there is no alarm '\(name)' that waits for anyone") }
        guard found.count == 1 else {
            throw OperatorError(
                "'\(name)' may be \(found.count) alarms: \(found.map(\.1.id).sorted().prefix(5).joined(separator: ", "))")
        }
        return first
    }

    private mutating func acknowledge(
        _ alarm: Alarm, _ instance: Int?, _ order: OperatorOrder, at now: Instant
    ) throws(OperatorError) -> Transition {
        if let earlier = alarm.acknowledgement {
            throw OperatorError("\(alarm.id) was acknowledged by \(earlier.person) at \(earlier.time)")
        }
        var alarm = alarm
        alarm.acknowledgement = Acknowledgement(person: order.person, time: now, note: order.note)
        returned[alarm.id] = nil
        return step(alarm, instance, .acknowledged, person: order.person, note: order.note, at: now)
    }

    private mutating func shelve(
        _ alarm: Alarm, _ instance: Int, for span: TimeSpan, _ order: OperatorOrder, at now: Instant
    ) throws(OperatorError) -> Transition {
        guard !order.note.isEmpty else { throw OperatorError("what is put aside needs a reason") }
        guard span > .zero, span <= Self.longestShelf else {
            throw OperatorError("an alarm is put aside for \(TimeSpanText.short(Self.longestShelf)) at most")
        }
        var alarm = alarm
        alarm.shelf = Shelf(person: order.person, since: now, until: now + span, reason: order.note)
        shelves[instance] = alarm.shelf
        return step(alarm, instance, .shelved, person: order.person, note: order.note, at: now)
    }

    private mutating func unshelve(_ alarm: Alarm, _ instance: Int, person: String?, note: String?, at now: Instant) -> Transition {
        var alarm = alarm
        alarm.shelf = nil
        shelves[instance] = nil
        return step(alarm, instance, .unshelved, person: person, note: note, at: now)
    }

    /// A transition that a person, or the end of a shelf, makes; the level stays.
    private mutating func step(
        _ alarm: Alarm, _ instance: Int?, _ kind: Transition.Kind, person: String?, note: String?, at now: Instant
    ) -> Transition {
        var alarm = alarm
        alarm.sequence += 1
        if let instance { alarms[instance] = alarm }
        let rule = instance.map { rules.rules[rules.instances[$0].rule] }
        return Transition(
            alarm: alarm, kind: kind, time: now, recorded: now, from: alarm.levelName, to: alarm.levelName,
            severity: alarm.ladder.level.rank, causes: [], device: nil, ruleVersion: rule?.version ?? "", runbook: rule?.runbook,
            policy: rule?.escalate, person: person, note: note)
    }
}
