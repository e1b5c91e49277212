package import Alarms
internal import Devices
internal import GRDB
internal import RuleEngine
internal import RulePlan
internal import Telemetry

extension Store {
    static func record(_ transition: Transition, _ db: Database) throws {
        let alarm = transition.alarm
        try db.execute(
            sql: """
                INSERT INTO alarm (id, rule, group_name, hazard, labels, position, level, level_name, held, uncertain,
                    blind, raised, cleared, sequence, summary, acknowledged, acknowledged_by, acknowledged_note)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET level = excluded.level, level_name = excluded.level_name,
                    held = excluded.held, uncertain = excluded.uncertain, blind = excluded.blind, cleared = excluded.cleared,
                    sequence = excluded.sequence, summary = excluded.summary, acknowledged = excluded.acknowledged,
                    acknowledged_by = excluded.acknowledged_by, acknowledged_note = excluded.acknowledged_note
                """,
            arguments: [
                alarm.id, alarm.rule, alarm.group, alarm.hazard, CanonicalJSON.text(alarm.labels),
                alarm.position.map { CanonicalJSON.text($0) }, alarm.ladder.level.rank, alarm.levelName, alarm.ladder.held,
                alarm.ladder.isUncertain, alarm.ladder.isBlind, alarm.raised.nanoseconds, alarm.cleared?.nanoseconds, alarm.sequence,
                alarm.summary, alarm.acknowledgement?.time.nanoseconds, alarm.acknowledgement?.person, alarm.acknowledgement?.note,
            ])
        try db.execute(
            sql: """
                INSERT INTO transition (alarm, sequence, kind, time, recorded, from_level, to_level, severity, uncertain,
                    summary, causes, device, rule_version, person, note)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                alarm.id, alarm.sequence, transition.kind.rawValue, transition.time.nanoseconds,
                transition.recorded.nanoseconds, transition.from, transition.to, transition.severity,
                alarm.ladder.isUncertain, alarm.summary, CanonicalJSON.text(transition.causes), transition.device,
                transition.ruleVersion, transition.person, transition.note,
            ])
    }

    /// Keeps the shelf of a transition's alarm with it.
    static func keepShelf(of transition: Transition, _ db: Database) throws {
        let alarm = transition.alarm
        if transition.kind == .shelved, let shelf = alarm.shelf {
            try db.execute(
                sql: "INSERT OR REPLACE INTO shelf (rule, group_name, since, until, person, reason) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [alarm.rule, alarm.group, shelf.since.nanoseconds, shelf.until.nanoseconds, shelf.person, shelf.reason])
        } else if transition.kind == .unshelved {
            try endShelf(rule: alarm.rule, group: alarm.group, db)
        }
    }

    static func endShelf(rule: String, group: String, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM shelf WHERE rule = ? AND group_name = ?", arguments: [rule, group])
    }

    /// What is put aside.
    package func shelves() throws -> [StoredShelf] {
        try queue.read { db in try Row.fetchAll(db, sql: "SELECT * FROM shelf").map(Self.shelf) }
    }

    static func shelf(_ row: Row) -> StoredShelf {
        StoredShelf(
            rule: row["rule"], group: row["group_name"],
            shelf: Shelf(
                person: row["person"], since: Instant(nanoseconds: row["since"]), until: Instant(nanoseconds: row["until"]),
                reason: row["reason"]))
    }

    /// The alarms that have not ended.
    package func activeAlarms() throws -> [Alarm] {
        try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM alarm WHERE cleared IS NULL ORDER BY raised, id").map(Self.alarm)
        }
    }

    /// The newest alarms that ended before anyone had taken them on.
    package func returnedAlarms(limit: Int) throws -> [Alarm] {
        try queue.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM alarm WHERE cleared IS NOT NULL AND acknowledged IS NULL ORDER BY raised DESC LIMIT ?",
                arguments: [limit]
            ).map(Self.alarm)
        }
    }

    static func alarm(_ row: Row) -> Alarm {
        let labels: String = row["labels"]
        let position: String? = row["position"]
        var alarm = Alarm(
            id: row["id"], rule: row["rule"], group: row["group_name"], hazard: row["hazard"],
            labels: CanonicalJSON.value([String: String].self, labels) ?? [:],
            position: position.flatMap { CanonicalJSON.value(Position.self, $0) },
            ladder: LadderState(
                level: Level(rank: row["level"]), held: row["held"], isUncertain: row["uncertain"], isBlind: row["blind"]),
            levelName: row["level_name"], raised: Instant(nanoseconds: row["raised"]),
            cleared: (row["cleared"] as Int64?).map { Instant(nanoseconds: $0) }, sequence: row["sequence"],
            summary: row["summary"])
        if let time = row["acknowledged"] as Int64? {
            alarm.acknowledgement = Acknowledgement(
                person: row["acknowledged_by"] ?? "", time: Instant(nanoseconds: time), note: row["acknowledged_note"] ?? "")
        }
        return alarm
    }
}
