internal import AlarmModel
internal import Alarms
internal import GRDB
internal import Telemetry

/// A row of the table `transition`: one step in the history of an alarm. Rows are only ever appended.
///
/// `time` is event time and `recorded` the gateway's clock, in nanoseconds since 1970 in UTC. `causes` is JSON.
struct TransitionRow: WritableRow {
    enum Column: String, CaseIterable {
        case alarm, sequence, kind, time, recorded
        case from = "from_level"
        case to = "to_level"
        case severity, uncertain, summary, causes, device
        case ruleVersion = "rule_version"
        case person, note
    }

    static let table = "transition"
    static let key = [Column.alarm, .sequence]

    /// The alarm's identity.
    var alarm: String
    var sequence: Int
    var kind: Transition.Kind
    var time: Instant
    var recorded: Instant
    /// The names of the levels before and after.
    var from: String
    var to: String
    /// The rank of the higher of the two levels.
    var severity: UInt8
    var isUncertain: Bool
    var summary: String
    var causes: [Cause]
    var device: String?
    var ruleVersion: String
    var person: String?
    var note: String?

    init(_ transition: Transition) {
        (alarm, sequence) = (transition.alarm.id, transition.alarm.sequence)
        kind = transition.kind
        (time, recorded) = (transition.time, transition.recorded)
        (from, to, severity) = (transition.from, transition.to, transition.severity)
        (isUncertain, summary) = (transition.alarm.ladder.isUncertain, transition.alarm.summary)
        (causes, device, ruleVersion) = (transition.causes, transition.device, transition.ruleVersion)
        (person, note) = (transition.person, transition.note)
    }

    init(_ row: StoredRow<TransitionRow>) throws(UnreadableValue) {
        alarm = try row.value(.alarm)
        sequence = try row.value(.sequence)
        kind = try row.word(.kind) { Transition.Kind(word: $0) }
        time = try row.time(.time)
        recorded = try row.time(.recorded)
        from = try row.value(.from)
        to = try row.value(.to)
        severity = try row.value(.severity)
        isUncertain = try row.value(.uncertain)
        summary = try row.value(.summary)
        causes = row.reporting([]) { row throws(UnreadableValue) in try row.json(.causes) }
        device = try row.optional(.device)
        ruleVersion = try row.value(.ruleVersion)
        person = try row.optional(.person)
        note = try row.optional(.note)
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .alarm: alarm
        case .sequence: sequence
        case .kind: kind.rawValue
        case .time: time.nanoseconds
        case .recorded: recorded.nanoseconds
        case .from: from
        case .to: to
        case .severity: severity
        case .uncertain: isUncertain
        case .summary: summary
        case .causes: CanonicalJSON.text(causes)
        case .device: device
        case .ruleVersion: ruleVersion
        case .person: person
        case .note: note
        }
    }
}

// MARK: - Statements

extension TransitionRow {
    private static let statement = insertion(of: Column.allCases) + " ON CONFLICT (alarm, sequence) DO NOTHING"

    /// Appends the row.
    /// - Returns: false if the alarm's history already has a transition with this number.
    func append(_ db: Database) throws -> Bool {
        try write(by: Self.statement, db)
        return db.changesCount > 0
    }
}

extension Store {
    /// Stores a transition's alarm, and adds the transition to the alarm's history and to the audit chain.
    static func record(_ transition: Transition, _ db: Database) throws {
        try AlarmRow(transition.alarm).store(db)
        if try TransitionRow(transition).append(db) {
            try append(.transition(transition), db)
        } else {
            // This cannot happen; but a batch that can never be committed would stop the gateway.
            let text =
                "another \(transition.identity) is in the history already; this one: \(transition.kind.rawValue), "
                + transition.alarm.summary
            try append(.note(AuditNote("conflict", at: transition.recorded, text: text)), db)
        }
    }
}
