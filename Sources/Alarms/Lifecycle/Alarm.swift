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

    package var identity: String { "\(alarm.id)#\(alarm.sequence)" }
}
