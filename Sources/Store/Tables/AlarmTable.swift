package import AlarmModel
internal import GRDB
internal import Telemetry

/// A row of the table `alarm`: an alarm as its newest transition left it.
///
/// Times are nanoseconds since 1970 in UTC. `labels`, `position`, `area`, `flapping` and `origin` are JSON. The columns
/// `blind` and `flapping` keep the names that they were created with; they mean "no data" and "chattering".
struct AlarmRow: WritableRow {
    enum Column: String, CaseIterable {
        case id, rule
        case group = "group_name"
        case hazard, labels
        /// The middle of the alarm's area, and the rest of the area.
        case position, area
        /// The level's rank and name.
        case level
        case levelName = "level_name"
        /// The remaining parts of a ``LadderState``.
        case held, uncertain
        case noData = "blind"
        case suppressed
        case state
        case chattering = "flapping"
        case raised, cleared, sequence, summary
        case acknowledged
        case acknowledgedBy = "acknowledged_by"
        case acknowledgedNote = "acknowledged_note"
        case origin
    }

    static let table = "alarm"
    static let key = [Column.id]

    /// The alarm. Its state lacks the suppression in the table `aside`, see ``alarm(_:)``.
    private var alarm: Alarm
    private let life: AlarmLife

    init(_ alarm: Alarm) { (self.alarm, life) = (alarm, AlarmLife(alarm.state)) }

    /// Returns the alarm, with its suppression if its state needs one.
    /// - Parameter suppressed: the suppressions that operators have set.
    func alarm(_ suppressed: [AlarmKey: Suppression]) -> Alarm {
        var alarm = alarm
        alarm.state = life.state(suppressed[alarm.key])
        return alarm
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .id: alarm.id
        case .rule: alarm.rule
        case .group: alarm.group
        case .hazard: alarm.hazard
        case .labels: CanonicalJSON.text(alarm.labels)
        case .position: alarm.area.map { CanonicalJSON.text($0.middle) }
        case .area: alarm.area.map { CanonicalJSON.text(StoredArea($0)) }
        case .level: alarm.level.rank
        case .levelName: alarm.levelName
        case .held: alarm.ladder.held
        case .uncertain: alarm.ladder.isUncertain
        case .noData: alarm.ladder.hasNoData
        case .suppressed: alarm.ladder.isSuppressed
        case .state: life.kind.rawValue
        case .chattering: alarm.chattering.map { CanonicalJSON.text($0) }
        case .raised: alarm.raised.nanoseconds
        case .cleared: alarm.cleared?.nanoseconds
        case .sequence: alarm.sequence
        case .summary: alarm.summary
        case .acknowledged: life.acknowledgement?.time.nanoseconds
        case .acknowledgedBy: life.acknowledgement?.person
        case .acknowledgedNote: life.acknowledgement?.note
        case .origin: alarm.origin.map { CanonicalJSON.text($0) }
        }
    }

    /// Keeps an alarm even if its state, labels, ladder, area, origin or chattering cannot be read. It then has the
    /// values of an alarm that has just been raised, which is better than no alarm.
    init(_ row: StoredRow<AlarmRow>) throws(UnreadableValue) {
        let ladder = LadderState(
            level: Level(rank: row.reporting(0) { row throws(UnreadableValue) in try row.value(.level) }),
            held: row.reporting(0) { row throws(UnreadableValue) in try row.value(.held) },
            isUncertain: row.reporting(false) { row throws(UnreadableValue) in try row.value(.uncertain) },
            hasNoData: row.reporting(false) { row throws(UnreadableValue) in try row.value(.noData) },
            isSuppressed: row.reporting(false) { row throws(UnreadableValue) in try row.value(.suppressed) })
        life = AlarmLife(row)
        alarm = Alarm(
            id: try row.value(.id), rule: try row.value(.rule), group: try row.value(.group),
            hazard: try row.value(.hazard),
            labels: row.reporting([:]) { row throws(UnreadableValue) in try row.json(.labels) },
            area: row.reporting(nil) { row throws(UnreadableValue) in try StoredArea.read(row) },
            ladder: ladder, levelName: try row.value(.levelName), raised: try row.time(.raised),
            cleared: try row.optionalTime(.cleared), sequence: try row.value(.sequence),
            summary: try row.value(.summary))
        alarm.chattering = row.reporting(nil) { row throws(UnreadableValue) in try row.optionalJSON(.chattering) }
        alarm.origin = row.reporting(nil) { row throws(UnreadableValue) in try row.optionalJSON(.origin) }
    }
}

/// The stored form of an alarm's state and acknowledgement: a word, and three columns that are NULL without an
/// acknowledgement. An operator's suppression is in the table `aside`.
private struct AlarmLife {
    let kind: AlarmState.Kind
    let acknowledgement: Acknowledgement?

    init(_ state: AlarmState) { (kind, acknowledgement) = (state.kind, state.acknowledgement) }

    init(_ row: StoredRow<AlarmRow>) {
        kind = row.reporting(.unacknowledged) { row throws(UnreadableValue) in
            try row.word(.state) { AlarmState.Kind(rawValue: $0) }
        }
        let time = row.reporting(nil) { row throws(UnreadableValue) in try row.optionalTime(.acknowledged) }
        guard let time else {
            acknowledgement = nil
            return
        }
        acknowledgement = Acknowledgement(
            person: row.reporting("") { row throws(UnreadableValue) in try row.value(.acknowledgedBy) }, time: time,
            note: row.reporting(nil) { row throws(UnreadableValue) in try row.optional(.acknowledgedNote) } ?? "")
    }

    /// The state with its data. An alarm whose data is missing is unacknowledged: people are then notified.
    /// - Parameter suppression: the operator's suppression of the alarm's key.
    func state(_ suppression: Suppression?) -> AlarmState {
        AlarmState(kind, acknowledgement: acknowledgement, suppression: suppression) ?? .unacknowledged
    }
}

/// An alarm's area as the column `area` has it, beside its middle in `position`.
private struct StoredArea: Codable {
    /// The radius in kilometres.
    var radius: Double
    var polygons: [[Position]]

    init(_ area: AlarmArea) { (radius, polygons) = (area.radius, area.polygons) }

    static func read(_ row: StoredRow<AlarmRow>) throws(UnreadableValue) -> AlarmArea? {
        let middle: Position? = try row.optionalJSON(.position)
        let text: String? = try row.optional(.area)
        guard let middle else { return nil }
        guard let text else { return AlarmArea(middle: middle, radius: 0, polygons: []) }
        if let stored = CanonicalJSON.value(StoredArea.self, text) {
            return AlarmArea(middle: middle, radius: stored.radius, polygons: stored.polygons)
        }
        // Earlier versions stored the corners alone.
        let corners: [Position] = try row.json(.area)
        return AlarmArea(of: corners) ?? AlarmArea(middle: middle, radius: 0, polygons: [])
    }
}

// MARK: - Statements

extension AlarmRow {
    /// The columns of a stored alarm that a transition changes. Only ``rename(_:_:)`` changes names and location.
    private static let moving: [Column] = [
        .level, .levelName, .held, .uncertain, .noData, .suppressed, .state, .chattering, .cleared, .sequence,
        .summary, .acknowledged, .acknowledgedBy, .acknowledgedNote, .origin,
    ]

    private static let names: [Column] = [.rule, .group, .hazard, .labels, .levelName, .origin]

    /// A new alarm also gets a short number: the next one.
    private static let upsert: String = {
        let names = Column.allCases.map(\.rawValue)
        let updates = moving.map { "\($0.rawValue) = excluded.\($0.rawValue)" }.joined(separator: ", ")
        return """
            INSERT INTO alarm (\(names.joined(separator: ", ")), number)
            VALUES (\(names.map { ":\($0)" }.joined(separator: ", ")),
                (SELECT coalesce(max(number), 0) + 1 FROM alarm))
            ON CONFLICT (id) DO UPDATE SET \(updates)
            """
    }()

    /// Stores an alarm as a transition left it.
    func store(_ db: Database) throws {
        try write(by: Self.upsert, db)
    }

    private static let renaming =
        "UPDATE alarm SET \(names.map { "\($0.rawValue) = :\($0.rawValue)" }.joined(separator: ", ")) WHERE id = :id"

    /// Stores the names that an alarm has now, and its origin.
    func rename(_ db: Database) throws {
        try db.execute(sql: Self.renaming, arguments: arguments(Self.names + [.id]))
    }

    /// Stores the state of an alarm's escalation. The text is an ``EscalationState``, in the column `course`.
    static func keepEscalation(_ state: String?, of alarm: String, _ db: Database) throws {
        try db.execute(sql: "UPDATE alarm SET course = ? WHERE id = ?", arguments: [state, alarm])
    }
}

extension Store {
    /// Returns the alarms that have not ended, oldest first.
    package func activeAlarms() throws -> [Alarm] {
        try queue.read { db in
            let kinds = Transition.Kind.allCases.filter(\.isAboutLevel).sqlWords
            let suppressed = try StoredSuppression.byKey(db, unreadable)
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT alarm.*, (SELECT max(time) FROM transition
                        WHERE alarm = alarm.id AND kind IN (\(kinds))) AS moved
                    FROM alarm WHERE cleared IS NULL ORDER BY raised, id
                    """
            ).compactMap { row in
                guard var alarm = unreadable.read(row, as: AlarmRow.self)?.alarm(suppressed) else { return nil }
                let moved: Int64? = Int64.fromDatabaseValue(row["moved"] ?? .null)
                alarm.moved = moved.map { Instant(nanoseconds: $0) } ?? alarm.raised
                return alarm
            }
        }
    }

    /// The word of alarms that returned unacknowledged, as SQL. It is not an argument, since an index of those alarms
    /// has the same text.
    static let returned = "'\(AlarmState.Kind.returnedUnacknowledged.rawValue)'"

    /// Returns the newest alarms that returned to normal unacknowledged.
    package func returnedAlarms(limit: Int) throws -> [Alarm] {
        try queue.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM alarm WHERE state = \(Self.returned) ORDER BY raised DESC LIMIT ?",
                arguments: [limit]
            )
            .compactMap { unreadable.read($0, as: AlarmRow.self)?.alarm([:]) }
        }
    }

    /// Returns the state of an alarm's escalation, as the planner gave it, and the notified destinations, each with
    /// the highest number of a repeat. Both are returned, because the first may be missing or unreadable.
    package func escalationState(of alarm: String) throws -> (state: String?, notified: [String: Int]) {
        try queue.read { db in
            let state: String? = try db.first("SELECT course FROM alarm WHERE id = ?", [alarm])
            var notified: [String: Int] = [:]
            let rows = try Row.fetchCursor(
                db, sql: "SELECT destination, identity FROM escalation WHERE alarm = ?", arguments: [alarm])
            while let row = try rows.next() {
                guard let destination: String = row.value(at: 0) else { continue }
                let identity: String = row.value(at: 1) ?? ""
                let number = identity.split(separator: "/").last.flatMap { $0.split(separator: "~").dropFirst().last }
                    .flatMap { Int($0) }
                notified[destination] = max(notified[destination] ?? 0, number ?? 0)
            }
            return (state, notified)
        }
    }
}
