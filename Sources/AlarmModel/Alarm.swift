package import Telemetry

/// One alarm of a rule in one group, from its raise to its end.
package struct Alarm: Sendable {
    /// Rule, group and the time of the raise: the same readings give the same identity, live or replayed.
    package var id: String
    package var rule: String
    package var group: String
    package var hazard: String
    package var labels: [String: String]
    /// The area that holds the group's devices; `nil` if none of them has a position.
    package var area: AlarmArea?
    /// The level of the rule's conditions, and what is known of them. A chattering alarm may be held above that level.
    package var ladder: LadderState
    package var level: Level
    package var levelName: String
    package var raised: Instant
    /// Event time of the newest change of the level, or of what is known about the condition.
    package var moved: Instant
    package var cleared: Instant?
    /// The number of the newest transition, from 1.
    package var sequence: Int
    package var summary: String
    /// The alarm's state, with who acknowledged or suppressed it. ``LifecycleTable`` says how it changes.
    package var state = AlarmState.normal(nil)
    /// Set while the alarm chatters and notifications are held.
    package var chattering: Chattering?
    /// The conditions and devices that raised the alarm, apart from names; `nil` for an alarm of an earlier version.
    package var origin: AlarmOrigin?
    /// The silent devices, if the rule measures with several. Each start finds them again.
    package var missing: [String] = []
    /// The rule's texts in other languages, by language tag; empty until the rule is evaluated after a start.
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

    package var key: AlarmKey { AlarmKey(rule: rule, group: group) }
}
