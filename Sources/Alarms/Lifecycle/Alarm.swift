package import Devices
package import RuleEngine
package import RuleLanguage
package import Telemetry

/// One alarm: a rule that is, or was, above normal in one group, from its raise to its end.
package struct Alarm: Sendable {
    /// Rule, group and the time of the raise: the same readings give the same identity, live or replayed.
    package var id: String
    package var rule: String
    package var group: String
    package var hazard: String
    package var labels: [String: String]
    package var position: Position?
    package var ladder: LadderState
    package var levelName: String
    package var raised: Instant
    package var cleared: Instant?
    /// The number of its newest transition, from 1.
    package var sequence: Int
    package var summary: String
    /// That someone has taken it on; a rise to a higher level asks for it anew.
    package var acknowledgement: Acknowledgement?
    /// That someone has put it aside for a time; until then nobody is told of it.
    package var shelf: Shelf?

    /// Where it stands in the life of an alarm (ISA-18.2, 3.1.12 and 6.2).
    package var state: AlarmState {
        if shelf != nil, cleared == nil { return .shelved }
        return switch (cleared, acknowledgement) {
        case (nil, nil): .unacknowledged
        case (nil, .some): .acknowledged
        case (.some, nil): .returned
        case (.some, .some): .normal
        }
    }

    package init(
        id: String, rule: String, group: String, hazard: String, labels: [String: String], position: Position?,
        ladder: LadderState, levelName: String, raised: Instant, cleared: Instant?, sequence: Int, summary: String
    ) {
        self.id = id
        self.rule = rule
        self.group = group
        self.hazard = hazard
        self.labels = labels
        self.position = position
        self.ladder = ladder
        self.levelName = levelName
        self.raised = raised
        self.cleared = cleared
        self.sequence = sequence
        self.summary = summary
    }
}

/// The states of an alarm, in the words of ISA-18.2 and IEC 62682.
package enum AlarmState: String, Sendable, Codable, CaseIterable {
    /// Active, and nobody has taken it on.
    case unacknowledged
    /// Active, and someone has.
    case acknowledged
    /// Returned to normal before anyone had taken it on.
    case returned
    /// Returned to normal, and known of.
    case normal
    /// Active, and put aside by someone, for a time and with a reason; comes back by itself.
    case shelved
}

/// Who put an alarm aside, from when until when by the gateway's clock, and why.
package struct Shelf: Hashable, Sendable {
    package var person: String
    package var since: Instant
    package var until: Instant
    package var reason: String

    package init(person: String, since: Instant, until: Instant, reason: String) {
        self.person = person
        self.since = since
        self.until = until
        self.reason = reason
    }
}

/// Who took an alarm on, when by the gateway's clock, and what they wrote.
package struct Acknowledgement: Hashable, Sendable {
    package var person: String
    package var time: Instant
    package var note: String

    package init(person: String, time: Instant, note: String) {
        self.person = person
        self.time = time
        self.note = note
    }
}

/// One step in an alarm's history, with what caused it.
package struct Transition: Sendable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// From normal to a level; the alarm begins.
        case raised
        /// To a higher level, to a lower one.
        case rose, fell
        /// The level stays although its condition has become unknown; the condition is known again.
        case uncertain, certain
        /// From normal to the rule's blind level: for longer than its sensors may be silent nothing has been known
        /// of the group. The alarm begins.
        case blind
        /// Back to normal; the alarm ends.
        case cleared
        /// Someone has taken it on.
        case acknowledged
        /// Someone has put it aside for a time; it is back, by hand or because the time is over.
        case shelved, unshelved
        /// The rule or its devices were taken away; the alarm ends without its condition having cleared.
        case retired
    }

    /// The alarm as it stands after this transition.
    package var alarm: Alarm
    package var kind: Kind
    /// Event time, and the time of the gateway's clock when it was found.
    package var time: Instant
    package var recorded: Instant
    package var from: String
    package var to: String
    /// The higher of both levels: who is told of a raise is told of its end.
    package var severity: UInt8
    package var causes: [Cause]
    /// The device whose reading brought it about; `nil` for a timer.
    package var device: String?
    package var ruleVersion: String
    package var runbook: String?
    package var policy: String?
    /// Who did it, where a person did, and what they wrote.
    package var person: String?
    package var note: String?

    package var identity: String { "\(alarm.id)#\(alarm.sequence)" }

    /// Whether destinations are told: of a shelved alarm only that it is put aside, that it is back, and, if they
    /// were told of its raise, of its end.
    package var isEscalated: Bool {
        guard let shelf = alarm.shelf else { return true }
        return kind == .shelved || (kind == .cleared || kind == .retired) && alarm.raised < shelf.since
    }
}
