package import Telemetry

/// One step in an alarm's history, with what caused it.
package struct Transition: Sendable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// From normal to a level; the alarm begins.
        case raised
        /// To a higher level, to a lower one.
        case rose, fell
        /// The level stays although its condition has become unknown; the condition is known again.
        case uncertain, certain
        /// One of several sensors has fallen silent, or is heard again; the level rests on the others.
        case sensors
        /// From normal to the rule's blind level: for longer than its sensors may be silent nothing has been known
        /// of the group. The alarm begins.
        case noData = "no-data"
        /// It changes too often, and is held at its level until it has been quiet; it has been, and the level was
        /// right.
        case chattering, calm
        /// Back to normal; the alarm ends.
        case cleared
        /// Someone has taken it on.
        case acknowledged
        /// Someone has put it aside for a time; it is back, by hand or because the time is over.
        case shelved, unshelved
        /// Its rule says that nobody is to be told for now; it no longer does.
        case suppressed, released
        /// Someone has taken it out of service; put it back.
        case outOfService = "out-of-service"
        case inService = "in-service"
        /// The rule or its devices were taken away; the alarm ends without its condition having cleared.
        case retired

        /// The alarm ends with it.
        package var isEnd: Bool { self == .cleared || self == .retired }
        /// The level, or what is known of it, has changed; the others are about who is told.
        package var isAboutLevel: Bool {
            switch self {
            case .raised, .rose, .fell, .uncertain, .certain, .noData, .chattering, .calm, .cleared, .retired: true
            case .sensors, .acknowledged, .shelved, .unshelved, .suppressed, .released, .outOfService, .inService: false
            }
        }
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
    /// What the people concerned should do.
    package var instruction: String?
    /// Who did it, where a person did, and what they wrote; or what the gateway has to add.
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

    package var identity: String { "\(alarm.id)#\(alarm.sequence)" }
}
