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
    package var suppression: Suppression?
    /// That it comes and goes too often to be told of each time.
    package var chattering: Chattering?
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
}
