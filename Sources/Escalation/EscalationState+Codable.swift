internal import AlarmModel
internal import Telemetry

/// The JSON of the state in the store.
///
/// Version 2 has its own form of a notice. Version 1 had no version number, and contained the JSON of the wire message.
extension EscalationState: Codable {
    static let version = 2

    private enum Key: String, CodingKey {
        case version, notice, severity, escalate, state, reached, unacknowledgedSince, risen, notified, steps
        /// Words of version 1.
        case message, told
    }

    /// - Throws: `DecodingError` for an unknown version, and for anything that is not a state.
    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        let version = try values.decodeIfPresent(Int.self, forKey: .version) ?? 1
        let notifiedKey: Key
        switch version {
        case Self.version:
            notice = try values.decode(AlarmNotice.self, forKey: .notice)
            notifiedKey = .notified
        case 1:
            notice = try values.decode(EarlierMessage.self, forKey: .message).notice
            notifiedKey = .told
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .version, in: values, debugDescription: "version \(version) is not known")
        }
        severity = try values.decode(UInt8.self, forKey: .severity)
        escalate = try values.decodeIfPresent(String.self, forKey: .escalate)
        state = try values.decode(AlarmState.Kind.self, forKey: .state)
        reached = try values.decode([Instant].self, forKey: .reached)
        unacknowledgedSince = try values.decodeIfPresent(Instant.self, forKey: .unacknowledgedSince)
        risen = try values.decodeIfPresent(Instant.self, forKey: .risen)
        notified = try values.decode([String: Notified].self, forKey: notifiedKey)
        steps = try values.decode([String: Progress].self, forKey: .steps)
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(Self.version, forKey: .version)
        try values.encode(notice, forKey: .notice)
        try values.encode(severity, forKey: .severity)
        try values.encodeIfPresent(escalate, forKey: .escalate)
        try values.encode(state, forKey: .state)
        try values.encode(reached, forKey: .reached)
        try values.encodeIfPresent(unacknowledgedSince, forKey: .unacknowledgedSince)
        try values.encodeIfPresent(risen, forKey: .risen)
        try values.encode(notified, forKey: .notified)
        try values.encode(steps, forKey: .steps)
    }
}

/// The message in a state of version 1: the JSON of the wire, with times in RFC 3339.
private struct EarlierMessage: Decodable {
    struct AlarmPart: Decodable {
        var id: String
        var rule: String
        var ruleVersion: String
        var hazard: String
        var group: String
        var level: String
        var uncertain: Bool
        var noData: Bool?
        var chattering: Bool?
        /// The earlier words for both.
        var blind: Bool?
        var flapping: Bool?
        var raised: EarlierTime
        var cleared: EarlierTime?
        var state: AlarmState.Kind
        var acknowledgedBy: String?
    }

    struct TransitionPart: Decodable {
        var sequence: Int
        var kind: Transition.Kind
        var from: String
        var to: String
        var time: EarlierTime
        var recorded: EarlierTime
        var device: String?
        var person: String?
        var note: String?
    }

    var site: String
    var summary: String
    var alarm: AlarmPart
    var transition: TransitionPart
    var causes: [Cause]
    var labels: [String: String]
    var position: Position?
    var radius: Double?
    var area: [Position]?
    var areaParts: [[Position]]?
    var runbook: String?
    var instruction: String?
    var texts: [String: AlarmText]?

    var notice: AlarmNotice {
        AlarmNotice(
            site: site, summary: summary,
            alarm: AlarmNotice.AlarmFacts(
                id: alarm.id, rule: alarm.rule, ruleVersion: alarm.ruleVersion, hazard: alarm.hazard,
                group: alarm.group, level: alarm.level, isUncertain: alarm.uncertain,
                hasNoData: alarm.noData ?? alarm.blind ?? false,
                isChattering: alarm.chattering ?? alarm.flapping ?? false, raised: alarm.raised.time,
                cleared: alarm.cleared?.time, state: alarm.state, acknowledgedBy: alarm.acknowledgedBy),
            transition: AlarmNotice.TransitionFacts(
                sequence: transition.sequence, kind: transition.kind, from: transition.from, to: transition.to,
                time: transition.time.time, recorded: transition.recorded.time, device: transition.device,
                person: transition.person, note: transition.note),
            causes: causes, labels: labels,
            area: position.map {
                AlarmArea(middle: $0, radius: radius ?? 0, polygons: areaParts ?? area.map { [$0] } ?? [])
            },
            runbook: runbook, instruction: instruction, texts: texts ?? [:], step: nil)
    }
}

/// A time in RFC 3339.
private struct EarlierTime: Decodable {
    var time: Instant

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let time = Instant(rfc3339: text.utf8) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not a time")
        }
        self.time = time
    }
}
