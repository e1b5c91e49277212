package import AlarmModel
internal import Foundation
package import Telemetry

/// The data of an escalation: an alarm as it stands, and what has just happened to it. It travels in a ``CloudEvent``;
/// the schema of both is published in `docs/escalation.schema.json`, and a test holds one against the other.
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
        package var raised: String
        package var cleared: String?
        /// An ``AlarmState``.
        package var state: String
        package var acknowledgedBy: String?
    }

    package struct TransitionPart: Codable, Sendable, Equatable {
        package var sequence: Int
        package var kind: String
        package var from: String
        package var to: String
        /// Event time and the gateway's, RFC 3339 in UTC.
        package var time: String
        package var recorded: String
        /// The device whose reading caused it; missing where a timer did.
        package var device: String?
        /// Who did it, where a person did, and what they wrote; or what the gateway has to add.
        package var person: String?
        package var note: String?
    }

    /// Why this destination is told now.
    package struct StepPart: Codable, Sendable, Equatable {
        package var policy: String
        /// Counted from 1.
        package var step: Int
        /// `immediately`, `after 5m unacknowledged`, `after 15m active`
        package var reason: String
        /// 0 for the first time.
        package var repetition: Int
    }

    package var schema: String
    package var id: String
    package var site: String
    package var summary: String
    package var alarm: AlarmPart
    package var transition: TransitionPart
    package var causes: [Cause]
    package var labels: [String: String]
    /// The middle of the group's devices.
    package var position: Position?
    /// How far from the middle all of them lie, with a margin, in kilometres; missing where they are at one place.
    package var radius: Double?
    /// The corners of the area that the group's devices span.
    package var area: [Position]?
    /// The same where that area crosses the 180th meridian: a part on each side of it, and no `area`.
    package var areaParts: [[Position]]?
    package var runbook: String?
    package var instruction: String?
    /// The texts in other languages, by language tag.
    package var texts: [String: AlarmText]?
    /// The step of a policy that it is due to; missing where a destination that was told before is kept up to date.
    package var escalation: StepPart?

    /// The message without an identity, which depends on whom it goes to.
    package init(_ transition: Transition, site: String) {
        let alarm = transition.alarm
        schema = Self.schema
        id = transition.identity
        self.site = site
        summary = alarm.summary
        self.alarm = AlarmPart(
            id: alarm.id, rule: alarm.rule, ruleVersion: transition.ruleVersion, hazard: alarm.hazard,
            group: alarm.group,
            level: alarm.levelName, uncertain: alarm.ladder.isUncertain,
            noData: alarm.ladder.hasNoData, chattering: alarm.chattering != nil, raised: alarm.raised.description,
            cleared: alarm.cleared?.description, state: alarm.state.rawValue,
            acknowledgedBy: alarm.acknowledgement?.person)
        self.transition = TransitionPart(
            sequence: alarm.sequence, kind: transition.kind.rawValue, from: transition.from, to: transition.to,
            time: transition.time.description, recorded: transition.recorded.description, device: transition.device,
            person: transition.person, note: transition.note)
        causes = transition.causes
        labels = alarm.labels
        position = alarm.area?.middle
        radius = alarm.area.flatMap { $0.radius > 0 ? $0.radius : nil }
        let polygons = alarm.area?.polygons ?? []
        area = polygons.count == 1 ? polygons[0] : nil
        areaParts = polygons.count > 1 ? polygons : nil
        runbook = transition.runbook
        instruction = transition.instruction
        texts = alarm.texts.isEmpty ? nil : alarm.texts
    }
}

/// JSON with sorted keys: the same value is always the same text.
package enum CanonicalJSON {
    /// No character in it steers a terminal. Numbers that JSON does not have are the strings `inf`, `-inf` and `nan`.
    ///
    /// A value that cannot be written is not lost: `{"reason":…,"unwritable":…}` says what it was, for a person to
    /// read. None of the gateway's own values is such a one.
    package static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            return ControlCharacters.escapedJSON(String(decoding: try encoder.encode(value), as: UTF8.self))
        } catch {
            let words = ["unwritable": String(reflecting: value), "reason": "\(error)"]
            return (try? encoder.encode(words)).map { String(decoding: $0, as: UTF8.self) } ?? "\"unwritable\""
        }
    }

    package static func value<T: Decodable>(_ type: T.Type, _ text: String) -> T? {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try? decoder.decode(type, from: Data(text.utf8))
    }
}
