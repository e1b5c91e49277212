package import AlarmModel
internal import Alarms
internal import Devices
internal import GRDB
internal import Telemetry

extension Store {
    /// Adds a transition to the history of its alarm, and to the audit chain.
    static func record(_ transition: Transition, _ db: Database) throws {
        let alarm = transition.alarm
        try db.cachedStatement(
            sql: """
                INSERT INTO alarm (id, rule, group_name, hazard, labels, position, area, level, level_name, held, uncertain,
                    blind, suppressed, state, flapping, raised, cleared, sequence, summary,
                    acknowledged, acknowledged_by, acknowledged_note, origin, number)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                    (SELECT coalesce(max(number), 0) + 1 FROM alarm))
                ON CONFLICT (id) DO UPDATE SET level = excluded.level, level_name = excluded.level_name,
                    held = excluded.held, uncertain = excluded.uncertain, blind = excluded.blind, suppressed = excluded.suppressed,
                    state = excluded.state, flapping = excluded.flapping, cleared = excluded.cleared,
                    sequence = excluded.sequence, summary = excluded.summary, acknowledged = excluded.acknowledged,
                    acknowledged_by = excluded.acknowledged_by, acknowledged_note = excluded.acknowledged_note,
                    origin = excluded.origin
                """
        ).execute(
            arguments: [
                alarm.id, alarm.rule, alarm.group, alarm.hazard, CanonicalJSON.text(alarm.labels),
                alarm.area.map { CanonicalJSON.text($0.middle) }, alarm.area.map { CanonicalJSON.text(StoredArea($0)) },
                alarm.level.rank, alarm.levelName, alarm.ladder.held,
                alarm.ladder.isUncertain, alarm.ladder.hasNoData, alarm.ladder.isSuppressed, alarm.state.kind.rawValue,
                alarm.chattering.map { CanonicalJSON.text($0) }, alarm.raised.nanoseconds, alarm.cleared?.nanoseconds,
                alarm.sequence,
                alarm.summary, alarm.state.acknowledgement?.time.nanoseconds, alarm.state.acknowledgement?.person,
                alarm.state.acknowledgement?.note,
                alarm.origin.map { CanonicalJSON.text($0) },
            ])
        try db.cachedStatement(
            sql: """
                INSERT INTO transition (alarm, sequence, kind, time, recorded, from_level, to_level, severity, uncertain,
                    summary, causes, device, rule_version, person, note)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (alarm, sequence) DO NOTHING
                """
        ).execute(
            arguments: [
                alarm.id, alarm.sequence, transition.kind.rawValue, transition.time.nanoseconds,
                transition.recorded.nanoseconds, transition.from, transition.to, transition.severity,
                alarm.ladder.isUncertain, alarm.summary, CanonicalJSON.text(transition.causes), transition.device,
                transition.ruleVersion, transition.person, transition.note,
            ])
        if db.changesCount > 0 {
            try append(.transition(transition), db)
        } else {
            // It cannot be; but a batch that could never be committed would be the end of all.
            let text =
                "another \(transition.identity) is in the history already; this one: \(transition.kind.rawValue), \(alarm.summary)"
            try append(.note(AuditNote("conflict", at: transition.recorded, text: text)), db)
        }
    }

    /// Keeps what is put aside, or that it no longer is; where an alarm is active its transition says so as well.
    static func keep(_ place: SuppressionRecord, _ db: Database) throws {
        if let suppression = place.suppression {
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO aside (rule, group_name, kind, since, until, person, reason, origin)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    place.rule, place.group, suppression.kind.rawValue, suppression.since.nanoseconds,
                    suppression.until?.nanoseconds,
                    suppression.person,
                    suppression.reason, place.origin.map { CanonicalJSON.text($0) },
                ])
        } else {
            try db.execute(
                sql: "DELETE FROM aside WHERE rule = ? AND group_name = ?", arguments: [place.rule, place.group])
        }
    }

    /// Writes what an alarm is called now, and what it rests on.
    static func rename(_ alarm: Alarm, _ db: Database) throws {
        try db.execute(
            sql:
                "UPDATE alarm SET rule = ?, group_name = ?, hazard = ?, labels = ?, level_name = ?, origin = ? WHERE id = ?",
            arguments: [
                alarm.rule, alarm.group, alarm.hazard, CanonicalJSON.text(alarm.labels), alarm.levelName,
                alarm.origin.map { CanonicalJSON.text($0) }, alarm.id,
            ])
    }

    /// What is put aside.
    package func suppressions() throws -> [SuppressionRecord] {
        try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM aside ORDER BY rule, group_name").compactMap {
                unreadable.read($0, of: "aside", Self.place)
            }
        }
    }

    /// What is suppressed, by alarm key.
    private func suppressions(_ db: Database) throws -> [AlarmKey: Suppression] {
        let records = try Row.fetchAll(db, sql: "SELECT * FROM aside").compactMap {
            unreadable.read($0, of: "aside", Self.place)
        }
        return Dictionary(records.compactMap { record in record.suppression.map { (record.key, $0) } }) { $1 }
    }

    static func place(_ row: Row) throws(UnreadableValue) -> SuppressionRecord {
        let until: Int64? = try row.optional("until")
        let origin: String? = try row.optional("origin")
        let suppression = Suppression(
            Suppression.Kind(rawValue: try row.value("kind")) ?? .outOfService, person: try row.value("person"),
            since: Instant(nanoseconds: try row.value("since")), until: until.map { Instant(nanoseconds: $0) },
            reason: try row.value("reason"))
        return SuppressionRecord(
            rule: try row.value("rule"), group: try row.value("group_name"), suppression: suppression,
            origin: origin.flatMap { CanonicalJSON.value(AlarmOrigin.self, $0) })
    }

    /// The alarms that have not ended.
    package func activeAlarms() throws -> [Alarm] {
        try queue.read { db in
            let kinds = Transition.Kind.allCases.filter(\.isAboutLevel).sqlWords
            let suppressed = try suppressions(db)
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT alarm.*, (SELECT max(time) FROM transition WHERE alarm = alarm.id AND kind IN (\(kinds))) AS moved
                    FROM alarm WHERE cleared IS NULL ORDER BY raised, id
                    """
            ).compactMap { row in
                unreadable.read(row, of: "alarm") { row throws(UnreadableValue) in
                    var alarm = try Self.alarm(row, suppressed)
                    let moved: Int64? = try row.optional("moved")
                    alarm.moved = moved.map { Instant(nanoseconds: $0) } ?? alarm.raised
                    return alarm
                }
            }
        }
    }

    /// The word of that state as SQL. It is no argument, since an index of those alarms has the same text.
    static let returned = "'\(AlarmState.Kind.returnedUnacknowledged.rawValue)'"

    /// The newest alarms that ended before anybody acknowledged them.
    package func returnedAlarms(limit: Int) throws -> [Alarm] {
        try queue.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM alarm WHERE state = \(Self.returned) ORDER BY raised DESC LIMIT ?",
                arguments: [limit]
            )
            .compactMap { unreadable.read($0, of: "alarm", Self.alarm) }
        }
    }

    /// The state of an alarm's escalation, as the planner gave it; and, in case that cannot be read, who has been
    /// notified, each with the highest number of a repeat.
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

    static func alarm(_ row: Row) throws(UnreadableValue) -> Alarm { try alarm(row, [:]) }

    /// Numbers and flags that cannot be read have the values of an alarm that has just been raised: better that than no
    /// alarm.
    /// - Throws: where it cannot be told which alarm it is.
    /// - Parameter suppressed: what operators have suppressed; a suppressed state without it is read as unacknowledged.
    static func alarm(
        _ row: Row, _ suppressed: [AlarmKey: Suppression]
    ) throws(UnreadableValue) -> Alarm {
        func text(_ column: String) throws(UnreadableValue) -> String? { try row.optional(column) }
        func number(_ column: String) -> UInt8 { (try? row.value(column)) ?? 0 }
        func flag(_ column: String) -> Bool { (try? row.value(column)) ?? false }
        let (position, area, cleared): (String?, String?, Int64?) = (
            try text("position"), try text("area"), try row.optional("cleared")
        )
        var alarm = Alarm(
            id: try row.value("id"), rule: try row.value("rule"), group: try row.value("group_name"),
            hazard: try row.value("hazard"),
            labels: try text("labels").flatMap { CanonicalJSON.value([String: String].self, $0) } ?? [:],
            area: position.flatMap { CanonicalJSON.value(Position.self, $0) }.map { StoredArea.read(area, middle: $0) },
            ladder: LadderState(
                level: Level(rank: number("level")), held: number("held"), isUncertain: flag("uncertain"),
                hasNoData: flag("blind"),
                isSuppressed: flag("suppressed")),
            levelName: try row.value("level_name"), raised: Instant(nanoseconds: try row.value("raised")),
            cleared: cleared.map { Instant(nanoseconds: $0) }, sequence: try row.value("sequence"),
            summary: try row.value("summary"))
        alarm.chattering = try text("flapping").flatMap { CanonicalJSON.value(Chattering.self, $0) }
        alarm.origin = try text("origin").flatMap { CanonicalJSON.value(AlarmOrigin.self, $0) }
        var acknowledgement: Acknowledgement?
        if let time: Int64 = try row.optional("acknowledged") {
            acknowledgement = Acknowledgement(
                person: try text("acknowledged_by") ?? "", time: Instant(nanoseconds: time),
                note: try text("acknowledged_note") ?? "")
        }
        alarm.state =
            AlarmState(
                word: try row.value("state"), acknowledgement: acknowledgement, suppression: suppressed[alarm.key])
            ?? .unacknowledged
        return alarm
    }
}

/// An alarm's area as the column `area` has it, beside its middle in `position`.
private struct StoredArea: Codable {
    var radius: Double
    var polygons: [[Position]]

    init(_ area: AlarmArea) { (radius, polygons) = (area.radius, area.polygons) }

    static func read(_ text: String?, middle: Position) -> AlarmArea {
        if let text, let stored = CanonicalJSON.value(StoredArea.self, text) {
            return AlarmArea(middle: middle, radius: stored.radius, polygons: stored.polygons)
        }
        // Earlier versions kept the corners alone.
        let corners = text.flatMap { CanonicalJSON.value([Position].self, $0) } ?? []
        return AlarmArea(of: corners) ?? AlarmArea(middle: middle, radius: 0, polygons: [])
    }
}
