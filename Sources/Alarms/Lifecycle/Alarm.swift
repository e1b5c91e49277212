package import RuleEngine
package import RulePlan
package import Telemetry

/// One alarm: a rule that is, or was, above normal in one group, from its raise to its end.
package struct Alarm: Sendable {
    /// Rule, group and the time of the raise: the same readings give the same identity, live or replayed.
    package var id: String
    package var rule: String
    package var group: String
    package var hazard: String
    package var labels: [String: String]
    /// What holds the group's devices; `nil` where none of them has a position.
    package var area: AlarmArea?
    /// Where its rule's conditions stand; while it flaps, the alarm may be held above that.
    package var ladder: LadderState
    package var level: Level
    package var levelName: String
    package var raised: Instant
    /// Event time of the newest change of its level, or of what is known of it.
    package var moved: Instant
    package var cleared: Instant?
    /// The number of its newest transition, from 1.
    package var sequence: Int
    package var summary: String
    /// Where it stands in its life; moved by ``LifecycleTable`` alone.
    package var state = AlarmState.normal
    /// That someone has taken it on; a rise to a higher level, and a return from being put aside, ask for it anew.
    package var acknowledgement: Acknowledgement?
    /// That someone has put its place aside; until it is back nobody is told of it.
    package var aside: Aside?
    /// That it comes and goes too often to be told of each time.
    package var flapping: Flapping?
    /// What it was raised by, apart from names; `nil` for an alarm from before that was kept.
    package var origin: AlarmOrigin?
    /// The devices that are silent, where its rule measures with several; found anew at each start.
    package var missing: [String] = []
    /// Its rule's texts in other languages, by language tag; empty where nothing has been evaluated since a start.
    package var texts: [String: AlarmText] = [:]

    package init(
        id: String, rule: String, group: String, hazard: String, labels: [String: String], area: AlarmArea?,
        ladder: LadderState, levelName: String, raised: Instant, cleared: Instant?, sequence: Int, summary: String
    ) {
        self.id = id
        self.rule = rule
        self.group = group
        self.hazard = hazard
        self.labels = labels
        self.area = area
        self.ladder = ladder
        level = ladder.level
        self.levelName = levelName
        self.raised = raised
        moved = raised
        self.cleared = cleared
        self.sequence = sequence
        self.summary = summary
    }

    /// Where it is: the rule and the group, without the time of the raise.
    package var place: String { "\(rule)/\(group)" }

    /// Moves its state.
    /// - Returns: what the table says; the state is moved only where it says where to.
    mutating func move(_ event: AlarmEvent) -> LifecycleTable.Entry {
        let entry = LifecycleTable.entry(state, event)
        switch entry {
        case .to(let next): state = next
        case .asItStands: state = ladder.isSuppressed ? .suppressed : .unacknowledged
        case .refused, .never: break
        }
        if state != .acknowledged, state != .normal { acknowledgement = nil }
        return entry
    }
}

/// What people put aside, and how: for a time, or until someone puts it back. Times are the gateway's clock.
package struct Aside: Hashable, Sendable {
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

    var state: AlarmState { kind == .shelved ? .shelved : .outOfService }

    /// As long as it was meant to be, where a clock that was ahead has noted it.
    func brought(to now: Instant) -> Aside {
        guard since > now else { return self }
        var aside = self
        aside.until = until.map { now + ($0 - since) }
        aside.since = now
        return aside
    }
}

/// What is put aside, as the store keeps it; without `aside`, that it no longer is.
package struct PlaceAside: Sendable {
    package var rule: String
    package var group: String
    package var aside: Aside?
    /// What it was put aside by, apart from names; `nil` where it no longer is, or was before that was kept.
    package var origin: AlarmOrigin?

    package init(rule: String, group: String, aside: Aside?, origin: AlarmOrigin? = nil) {
        self.rule = rule
        self.group = group
        self.aside = aside
        self.origin = origin
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

/// What an alarm says in one language.
package struct AlarmText: Codable, Hashable, Sendable {
    package var hazard: String?
    package var summary: String
    package var instruction: String?

    package init(hazard: String?, summary: String, instruction: String?) {
        self.hazard = hazard
        self.summary = summary
        self.instruction = instruction
    }
}
