package import Telemetry

/// One step in an alarm's history, with its cause.
package struct Transition: Sendable {
    /// The kind of step. The raw values are the words of the store and of the messages.
    package enum Kind: String, Sendable, CaseIterable {
        /// From normal to a level; the alarm begins.
        case raised
        /// To a higher level; to a lower level.
        case rose, fell
        /// The condition has become unknown and the level stays; the condition is known again.
        case uncertain, certain
        /// One of several sensors has fallen silent or reports again. The level rests on the others.
        case sensors
        /// From normal to the rule's no-data level: nothing has been known about the group for longer than its sensors
        /// may be silent. The alarm begins.
        case noData = "no-data"
        /// The alarm changes too often, and is held at its level until it has been quiet; it was quiet, and its level
        /// is correct.
        case chattering, calm
        /// Back to normal; the alarm ends.
        case cleared
        /// Somebody has acknowledged the alarm.
        case acknowledged
        /// Somebody has shelved the alarm for a time; the shelving has ended, by hand or because the time is over.
        case shelved, unshelved
        /// The rule suppresses the alarm; the rule no longer does.
        case suppressed, released
        /// Somebody has taken the alarm out of service; somebody has put it back.
        case outOfService = "out-of-service"
        case inService = "in-service"
        /// The rule or its devices were removed. The alarm ends although its condition has not cleared.
        case retired

        /// Reads a word of the store or of a message, of this version or an earlier one.
        package init?(word: String) {
            guard let kind = Kind(rawValue: word) ?? Self.allCases.first(where: { $0.words.contains(word) }) else {
                return nil
            }
            self = kind
        }

        /// All words for the kind in rows and messages: the present word first, then those of earlier versions.
        package var words: [String] {
            switch self {
            case .noData: [rawValue, "blind"]
            case .chattering: [rawValue, "flapping"]
            case .raised, .rose, .fell, .uncertain, .certain, .sensors, .calm, .cleared, .acknowledged, .shelved,
                .unshelved, .suppressed, .released, .outOfService, .inService, .retired:
                [rawValue]
            }
        }

        /// The kinds that begin an alarm.
        package static let beginnings: [Kind] = allCases.filter(\.isBeginning)

        /// Set for a kind that begins an alarm.
        package var isBeginning: Bool { self == .raised || self == .noData }
        /// Set for a kind that ends an alarm.
        package var isEnd: Bool { self == .cleared || self == .retired }
        /// Set for a change of the level, or of what is known about it. The other kinds are about who is notified.
        package var isAboutLevel: Bool {
            switch self {
            case .raised, .rose, .fell, .uncertain, .certain, .noData, .chattering, .calm, .cleared, .retired: true
            case .sensors, .acknowledged, .shelved, .unshelved, .suppressed, .released, .outOfService, .inService: false
            }
        }
    }

    /// The alarm after this transition.
    package var alarm: Alarm
    package var kind: Kind
    /// Event time, and the time of the gateway's clock when the transition was found.
    package var time: Instant
    package var recorded: Instant
    package var from: String
    package var to: String
    /// The rank of the higher of both levels, so that everybody who was notified of a raise is notified of its end.
    package var severity: UInt8
    package var causes: [Cause]
    /// The device whose reading caused the transition; `nil` for a timer.
    package var device: String?
    package var ruleVersion: String
    package var runbook: String?
    package var policy: String?
    /// The instruction to the people concerned.
    package var instruction: String?
    /// The person who did it, if any, and their note; or the gateway's own remark.
    package var person: String?
    package var note: String?

    package init(
        alarm: Alarm, kind: Kind, time: Instant, recorded: Instant, from: String, to: String, severity: UInt8,
        causes: [Cause], device: String? = nil, ruleVersion: String, runbook: String? = nil, policy: String? = nil,
        instruction: String? = nil, person: String? = nil, note: String? = nil
    ) {
        self.alarm = alarm
        self.kind = kind
        self.time = time
        self.recorded = recorded
        self.from = from
        self.to = to
        self.severity = severity
        self.causes = causes
        self.device = device
        self.ruleVersion = ruleVersion
        self.runbook = runbook
        self.policy = policy
        self.instruction = instruction
        self.person = person
        self.note = note
    }

    /// The alarm's identity and the number of the transition: `rule/group@time#3`.
    package var identity: String { "\(alarm.id)#\(alarm.sequence)" }
}

extension Transition.Kind: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let word = try container.decode(String.self)
        guard let kind = Self(word: word) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(word)' is not a kind of transition")
        }
        self = kind
    }
}
