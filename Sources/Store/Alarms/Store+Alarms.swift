package import Alarms
internal import Devices
internal import GRDB
internal import RuleEngine
internal import RulePlan
internal import Telemetry

extension Store {
    /// Adds a transition to the history of its alarm, and to the audit chain.
    static func record(_ transition: Transition, _ db: Database) throws {
        let alarm = transition.alarm
        try db.execute(
            sql: """
                INSERT INTO alarm (id, rule, group_name, hazard, labels, position, area, level, level_name, held, uncertain,
                    blind, suppressed, state, flapping, raised, cleared, sequence, summary,
                    acknowledged, acknowledged_by, acknowledged_note, origin)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET level = excluded.level, level_name = excluded.level_name,
                    held = excluded.held, uncertain = excluded.uncertain, blind = excluded.blind, suppressed = excluded.suppressed,
                    state = excluded.state, flapping = excluded.flapping, cleared = excluded.cleared,
                    sequence = excluded.sequence, summary = excluded.summary, acknowledged = excluded.acknowledged,
                    acknowledged_by = excluded.acknowledged_by, acknowledged_note = excluded.acknowledged_note,
                    origin = excluded.origin
                """,
            arguments: [
                alarm.id, alarm.rule, alarm.group, alarm.hazard, CanonicalJSON.text(alarm.labels),
                alarm.area.map { CanonicalJSON.text($0.middle) }, alarm.area.map { CanonicalJSON.text(StoredArea($0)) },
                alarm.level.rank, alarm.levelName, alarm.ladder.held,
                alarm.ladder.isUncertain, alarm.ladder.isBlind, alarm.ladder.isSuppressed, alarm.state.rawValue,
                alarm.flapping.map { CanonicalJSON.text($0) }, alarm.raised.nanoseconds, alarm.cleared?.nanoseconds, alarm.sequence,
                alarm.summary, alarm.acknowledgement?.time.nanoseconds, alarm.acknowledgement?.person, alarm.acknowledgement?.note,
                alarm.origin.map { CanonicalJSON.text($0) },
            ])
        try db.execute(
            sql: """
                INSERT INTO transition (alarm, sequence, kind, time, recorded, from_level, to_level, severity, uncertain,
                    summary, causes, device, rule_version, person, note)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (alarm, sequence) DO NOTHING
                """,
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
            let text = "another \(transition.identity) is in the history already; this one: \(transition.kind.rawValue), \(alarm.summary)"
            try append(.note(AuditNote("conflict", at: transition.recorded, text: text)), db)
        }
    }

    /// Keeps what is put aside, or that it no longer is; where an alarm is active its transition says so as well.
    static func keep(_ place: PlaceAside, _ db: Database) throws {
        if let aside = place.aside {
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO aside (rule, group_name, kind, since, until, person, reason, origin)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    place.rule, place.group, aside.kind.rawValue, aside.since.nanoseconds, aside.until?.nanoseconds, aside.person,
                    aside.reason, place.origin.map { CanonicalJSON.text($0) },
                ])
        } else {
            try db.execute(sql: "DELETE FROM aside WHERE rule = ? AND group_name = ?", arguments: [place.rule, place.group])
        }
    }

    /// Writes what an alarm is called now, and what it rests on.
    static func rename(_ alarm: Alarm, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE alarm SET rule = ?, group_name = ?, hazard = ?, labels = ?, level_name = ?, origin = ? WHERE id = ?",
            arguments: [
                alarm.rule, alarm.group, alarm.hazard, CanonicalJSON.text(alarm.labels), alarm.levelName,
                alarm.origin.map { CanonicalJSON.text($0) }, alarm.id,
            ])
    }

    /// What is put aside.
    package func asides() throws -> [PlaceAside] {
        try queue.read { db in try Row.fetchAll(db, sql: "SELECT * FROM aside ORDER BY rule, group_name").map(Self.place) }
    }

    static func place(_ row: Row) -> PlaceAside {
        let kind: String = row["kind"]
        return PlaceAside(
            rule: row["rule"], group: row["group_name"],
            aside: Aside(
                Aside.Kind(rawValue: kind) ?? .outOfService, person: row["person"], since: Instant(nanoseconds: row["since"]),
                until: (row["until"] as Int64?).map { Instant(nanoseconds: $0) }, reason: row["reason"]),
            origin: (row["origin"] as String?).flatMap { CanonicalJSON.value(AlarmOrigin.self, $0) })
    }

    /// The alarms that have not ended.
    package func activeAlarms() throws -> [Alarm] {
        try queue.read { db in
            let kinds = Transition.Kind.allCases.filter(\.isAboutLevel).map { "'\($0.rawValue)'" }.joined(separator: ", ")
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT alarm.*, (SELECT max(time) FROM transition WHERE alarm = alarm.id AND kind IN (\(kinds))) AS moved
                    FROM alarm WHERE cleared IS NULL ORDER BY raised, id
                    """
            ).map { row in
                var alarm = Self.alarm(row)
                alarm.moved = (row["moved"] as Int64?).map { Instant(nanoseconds: $0) } ?? alarm.raised
                return alarm
            }
        }
    }

    /// The newest alarms that ended before anyone had taken them on.
    package func returnedAlarms(limit: Int) throws -> [Alarm] {
        try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM alarm WHERE state = 'returned' ORDER BY raised DESC LIMIT ?", arguments: [limit])
                .map(Self.alarm)
        }
    }

    /// How far an alarm's escalation has come; and who has been told, for where that was not kept or cannot be read.
    package func course(of alarm: String) throws -> (course: String?, told: [String]) {
        try queue.read { db in
            (
                try String.fetchOne(db, sql: "SELECT course FROM alarm WHERE id = ?", arguments: [alarm]),
                try String.fetchAll(
                    db, sql: "SELECT DISTINCT destination FROM escalation WHERE alarm = ? ORDER BY destination", arguments: [alarm])
            )
        }
    }

    static func alarm(_ row: Row) -> Alarm {
        let labels: String = row["labels"]
        let position: String? = row["position"]
        let area: String? = row["area"]
        let flapping: String? = row["flapping"]
        let state: String = row["state"]
        var alarm = Alarm(
            id: row["id"], rule: row["rule"], group: row["group_name"], hazard: row["hazard"],
            labels: CanonicalJSON.value([String: String].self, labels) ?? [:],
            area: position.flatMap { CanonicalJSON.value(Position.self, $0) }.map { StoredArea.read(area, middle: $0) },
            ladder: LadderState(
                level: Level(rank: row["level"]), held: row["held"], isUncertain: row["uncertain"], isBlind: row["blind"],
                isSuppressed: row["suppressed"]),
            levelName: row["level_name"], raised: Instant(nanoseconds: row["raised"]),
            cleared: (row["cleared"] as Int64?).map { Instant(nanoseconds: $0) }, sequence: row["sequence"],
            summary: row["summary"])
        alarm.flapping = flapping.flatMap { CanonicalJSON.value(Flapping.self, $0) }
        alarm.origin = (row["origin"] as String?).flatMap { CanonicalJSON.value(AlarmOrigin.self, $0) }
        alarm.state = AlarmState(rawValue: state) ?? .unacknowledged
        if let time = row["acknowledged"] as Int64? {
            alarm.acknowledgement = Acknowledgement(
                person: row["acknowledged_by"] ?? "", time: Instant(nanoseconds: time), note: row["acknowledged_note"] ?? "")
        }
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
