package import AlarmModel
package import Telemetry

/// A notice for a destination: an alarm's state, and what has just happened to it. This module does not define the wire
/// format: module `Wire` writes a notice as JSON.
package struct AlarmNotice: Codable, Sendable, Equatable {
    /// The alarm after the transition.
    package struct AlarmFacts: Codable, Sendable, Equatable {
        package var id: String
        package var rule: String
        /// A fingerprint of the rule file.
        package var ruleVersion: String
        package var hazard: String
        package var group: String
        /// The name of the alarm's level.
        package var level: String
        package var isUncertain: Bool
        package var hasNoData: Bool
        package var isChattering: Bool
        package var raised: Instant
        package var cleared: Instant?
        package var state: AlarmState.Kind
        package var acknowledgedBy: String?

        package init(
            id: String, rule: String, ruleVersion: String, hazard: String, group: String, level: String,
            isUncertain: Bool, hasNoData: Bool, isChattering: Bool, raised: Instant, cleared: Instant?,
            state: AlarmState.Kind, acknowledgedBy: String?
        ) {
            (self.id, self.rule, self.ruleVersion, self.hazard, self.group) = (id, rule, ruleVersion, hazard, group)
            (self.level, self.isUncertain, self.hasNoData) = (level, isUncertain, hasNoData)
            (self.isChattering, self.raised, self.cleared) = (isChattering, raised, cleared)
            (self.state, self.acknowledgedBy) = (state, acknowledgedBy)
        }
    }

    /// The transition that the notice reports.
    package struct TransitionFacts: Codable, Sendable, Equatable {
        /// The number of the transition within the alarm, from 1.
        package var sequence: Int
        package var kind: Transition.Kind
        /// The names of the levels before and after it.
        package var from: String
        package var to: String
        /// Event time, and the time of the gateway's clock.
        package var time: Instant
        package var recorded: Instant
        /// The device whose reading caused the transition; `nil` for a timer.
        package var device: String?
        /// The person who did it, if any, and their note; or the gateway's own remark.
        package var person: String?
        package var note: String?

        package init(
            sequence: Int, kind: Transition.Kind, from: String, to: String, time: Instant, recorded: Instant,
            device: String?, person: String?, note: String?
        ) {
            (self.sequence, self.kind, self.from, self.to) = (sequence, kind, from, to)
            (self.time, self.recorded, self.device, self.person, self.note) = (time, recorded, device, person, note)
        }
    }

    /// The step of a policy that is due.
    package struct StepFacts: Codable, Sendable, Equatable {
        package var policy: String
        /// The number of the step in its policy, from 1.
        package var step: Int
        /// `immediately`, `after 5m unacknowledged`, `after 15m active`
        package var reason: String
        /// The number of the repeat; 0 for the first notice.
        package var repetition: Int

        package init(policy: String, step: Int, reason: String, repetition: Int) {
            (self.policy, self.step, self.reason, self.repetition) = (policy, step, reason, repetition)
        }
    }

    package var site: String
    package var summary: String
    package var alarm: AlarmFacts
    package var transition: TransitionFacts
    package var causes: [Cause]
    package var labels: [String: String]
    /// The area that holds the group's devices; `nil` if none of them has a position.
    package var area: AlarmArea?
    package var runbook: String?
    package var instruction: String?
    /// The texts in other languages, by language tag.
    package var texts: [String: AlarmText]
    /// The step that is due; `nil` for an update to a destination that was notified before.
    package var step: StepFacts?

    package init(
        site: String, summary: String, alarm: AlarmFacts, transition: TransitionFacts, causes: [Cause],
        labels: [String: String], area: AlarmArea?, runbook: String?, instruction: String?,
        texts: [String: AlarmText], step: StepFacts?
    ) {
        (self.site, self.summary, self.alarm, self.transition) = (site, summary, alarm, transition)
        (self.causes, self.labels, self.area) = (causes, labels, area)
        (self.runbook, self.instruction, self.texts, self.step) = (runbook, instruction, texts, step)
    }

    /// The notice of a transition, without a step.
    package init(_ transition: Transition, site: String) {
        let alarm = transition.alarm
        self.init(
            site: site, summary: alarm.summary,
            alarm: AlarmFacts(
                id: alarm.id, rule: alarm.rule, ruleVersion: transition.ruleVersion, hazard: alarm.hazard,
                group: alarm.group, level: alarm.levelName, isUncertain: alarm.ladder.isUncertain,
                hasNoData: alarm.ladder.hasNoData, isChattering: alarm.chattering != nil, raised: alarm.raised,
                cleared: alarm.cleared, state: alarm.state.kind,
                acknowledgedBy: alarm.state.acknowledgement?.person),
            transition: TransitionFacts(
                sequence: alarm.sequence, kind: transition.kind, from: transition.from, to: transition.to,
                time: transition.time, recorded: transition.recorded, device: transition.device,
                person: transition.person, note: transition.note),
            causes: transition.causes, labels: alarm.labels, area: alarm.area, runbook: transition.runbook,
            instruction: transition.instruction, texts: alarm.texts, step: nil)
    }
}
