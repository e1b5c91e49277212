package import AlarmModel
package import Escalation
package import Telemetry

/// The data of an escalation in a ``CloudEvent``: an ``AlarmNotice`` in the words of
/// `docs/escalation.schema.json`. A test compares one with the other.
package struct EscalationMessage: Codable, Sendable, Equatable {
    package static let schema = "tocsin.escalation/1"

    package struct AlarmPart: Codable, Sendable, Equatable {
        package var id: String
        package var rule: String
        package var ruleVersion: String
        package var hazard: String
        package var group: String
        package var level: String
        package var uncertain: Bool
        package var noData: Bool
        package var chattering: Bool
        package var raised: WireTime
        package var cleared: WireTime?
        package var state: AlarmState.Kind
        package var acknowledgedBy: String?
    }

    package struct TransitionPart: Codable, Sendable, Equatable {
        package var sequence: Int
        package var kind: Transition.Kind
        package var from: String
        package var to: String
        /// Event time and the gateway's time.
        package var time: WireTime
        package var recorded: WireTime
        package var device: String?
        package var person: String?
        package var note: String?
    }

    package var schema: String
    /// The escalation's identity.
    package var id: String
    package var site: String
    package var summary: String
    package var alarm: AlarmPart
    package var transition: TransitionPart
    package var causes: [Cause]
    package var labels: [String: String]
    /// The middle of the group's devices.
    package var position: Position?
    /// The distance from the middle within which all of them are, with a margin, in kilometres; missing if they are
    /// at one place.
    package var radius: Double?
    /// The corners of the area that the group's devices span.
    package var area: [Position]?
    /// The parts of an area that crosses the 180th meridian, one on each side of it. They replace `area`.
    package var areaParts: [[Position]]?
    package var runbook: String?
    package var instruction: String?
    /// The texts in other languages, by language tag.
    package var texts: [String: AlarmText]?
    /// The step of a policy that is due; missing if the message keeps a previously notified destination up to date.
    package var escalation: AlarmNotice.StepFacts?

    /// - Parameter identity: the escalation's.
    package init(_ notice: AlarmNotice, identity: String) {
        let (alarm, transition) = (notice.alarm, notice.transition)
        schema = Self.schema
        id = identity
        site = notice.site
        summary = notice.summary
        self.alarm = AlarmPart(
            id: alarm.id, rule: alarm.rule, ruleVersion: alarm.ruleVersion, hazard: alarm.hazard, group: alarm.group,
            level: alarm.level, uncertain: alarm.isUncertain, noData: alarm.hasNoData, chattering: alarm.isChattering,
            raised: WireTime(alarm.raised), cleared: alarm.cleared.map(WireTime.init), state: alarm.state,
            acknowledgedBy: alarm.acknowledgedBy)
        self.transition = TransitionPart(
            sequence: transition.sequence, kind: transition.kind, from: transition.from, to: transition.to,
            time: WireTime(transition.time), recorded: WireTime(transition.recorded), device: transition.device,
            person: transition.person, note: transition.note)
        causes = notice.causes
        labels = notice.labels
        position = notice.area?.middle
        radius = notice.area.flatMap { $0.radius > 0 ? $0.radius : nil }
        let polygons = notice.area?.polygons ?? []
        area = polygons.count == 1 ? polygons[0] : nil
        areaParts = polygons.count > 1 ? polygons : nil
        runbook = notice.runbook
        instruction = notice.instruction
        texts = notice.texts.isEmpty ? nil : notice.texts
        escalation = notice.step
    }

    /// The content of the message.
    package var notice: AlarmNotice {
        AlarmNotice(
            site: site, summary: summary,
            alarm: AlarmNotice.AlarmFacts(
                id: alarm.id, rule: alarm.rule, ruleVersion: alarm.ruleVersion, hazard: alarm.hazard,
                group: alarm.group, level: alarm.level, isUncertain: alarm.uncertain, hasNoData: alarm.noData,
                isChattering: alarm.chattering, raised: alarm.raised.instant, cleared: alarm.cleared?.instant,
                state: alarm.state, acknowledgedBy: alarm.acknowledgedBy),
            transition: AlarmNotice.TransitionFacts(
                sequence: transition.sequence, kind: transition.kind, from: transition.from, to: transition.to,
                time: transition.time.instant, recorded: transition.recorded.instant, device: transition.device,
                person: transition.person, note: transition.note),
            causes: causes, labels: labels,
            area: position.map {
                AlarmArea(middle: $0, radius: radius ?? 0, polygons: areaParts ?? area.map { [$0] } ?? [])
            },
            runbook: runbook, instruction: instruction, texts: texts ?? [:], step: escalation)
    }
}

extension EscalationMessage.AlarmPart {
    private enum EarlierKey: String, CodingKey { case blind, flapping }

    /// Reads `blind` and `flapping` for `noData` and `chattering`: messages of earlier versions wait in the outbox.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let earlier = try decoder.container(keyedBy: EarlierKey.self)
        id = try values.decode(String.self, forKey: .id)
        rule = try values.decode(String.self, forKey: .rule)
        ruleVersion = try values.decode(String.self, forKey: .ruleVersion)
        hazard = try values.decode(String.self, forKey: .hazard)
        group = try values.decode(String.self, forKey: .group)
        level = try values.decode(String.self, forKey: .level)
        uncertain = try values.decode(Bool.self, forKey: .uncertain)
        noData =
            try values.decodeIfPresent(Bool.self, forKey: .noData)
            ?? earlier.decodeIfPresent(Bool.self, forKey: .blind) ?? false
        chattering =
            try values.decodeIfPresent(Bool.self, forKey: .chattering)
            ?? earlier.decodeIfPresent(Bool.self, forKey: .flapping) ?? false
        raised = try values.decode(WireTime.self, forKey: .raised)
        cleared = try values.decodeIfPresent(WireTime.self, forKey: .cleared)
        state = try values.decode(AlarmState.Kind.self, forKey: .state)
        acknowledgedBy = try values.decodeIfPresent(String.self, forKey: .acknowledgedBy)
    }
}
