internal import AlarmModel
internal import GRDB
package import Telemetry
package import Wire

/// An escalation that waits in the outbox.
package struct WaitingEscalation: Sendable {
    package var id: Int64
    package var escalation: OutboxItem
    package var attempts: Int
}

/// How much waits in the outbox.
package struct OutboxState: Sendable {
    package var waiting: Int
    package var parked: Int
    /// How long the oldest has waited that is not parked; `nil` where nothing waits.
    package var oldest: TimeSpan?

    package init(waiting: Int, parked: Int, oldest: TimeSpan?) {
        self.waiting = waiting
        self.parked = parked
        self.oldest = oldest
    }
}

extension Store {
    package func outboxState(at now: Instant) async throws -> OutboxState {
        try await looking.read { db in
            let row = try Row.fetchOne(
                db,
                sql:
                    "SELECT count(*) AS n, min(created) AS oldest FROM escalation WHERE delivered IS NULL AND parked IS NULL"
            )
            let parked =
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM escalation WHERE delivered IS NULL AND parked IS NOT NULL") ?? 0
            let (waiting, created): (Int?, Int64?) = (row?.value(at: 0), row?.value(at: 1))
            let oldest = created.map { max(now - Instant(nanoseconds: $0), .zero) }
            return OutboxState(waiting: waiting ?? 0, parked: parked, oldest: oldest)
        }
    }

    static func post(_ escalation: OutboxItem, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO escalation (identity, alarm, destination, severity, payload, created) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (identity) DO NOTHING
                """
        ).execute(
            arguments: [
                escalation.identity, escalation.alarm, escalation.destination, escalation.severity, escalation.payload,
                escalation.created.nanoseconds,
            ])
    }

    private static let isOfPlace =
        "SELECT 1 FROM json_each(?) WHERE alarm = value OR substr(alarm, 1, length(value) + 1) = value || '@'"

    /// What waits for a destination, oldest first: the order within each alarm.
    /// - Parameters:
    ///   - places: those that are left out: what alarms' identities begin with, before the last `@`.
    ///   - ids: escalations that are left out.
    package func waiting(
        for destination: String, except places: [String] = [], and ids: [Int64] = [], limit: Int
    ) async throws -> [WaitingEscalation] {
        try await looking.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM escalation WHERE destination = ? AND delivered IS NULL AND parked IS NULL
                        \(places.isEmpty ? "" : "AND NOT EXISTS (\(Self.isOfPlace))")
                        \(ids.isEmpty ? "" : "AND id NOT IN (SELECT value FROM json_each(?))") ORDER BY id LIMIT ?
                    """,
                arguments: [destination] + (places.isEmpty ? [] : [CanonicalJSON.text(places)])
                    + (ids.isEmpty ? [] : [CanonicalJSON.text(ids)]) + [limit]
            ).compactMap { row in
                unreadable.read(row, of: "escalation") { row throws(UnreadableValue) in
                    WaitingEscalation(
                        id: try row.value("id"), escalation: try Self.escalation(row),
                        attempts: try row.value("attempts"))
                }
            }
        }
    }

    static func escalation(_ row: Row) throws(UnreadableValue) -> OutboxItem {
        OutboxItem(
            identity: try row.value("identity"), alarm: try row.value("alarm"),
            destination: try row.value("destination"),
            severity: try row.value("severity"), payload: try row.value("payload"),
            created: Instant(nanoseconds: try row.value("created")))
    }

    /// What the same destination was told of the same alarm before, oldest first; what it refused for good left out.
    /// - Parameter id: the number of the escalation in the outbox, or `nil` for one that is not stored.
    package func earlier(than escalation: OutboxItem, id: Int64?) async throws -> [OutboxItem] {
        try await looking.read { db in
            try Row.fetchAll(
                db,
                sql:
                    "SELECT * FROM escalation WHERE alarm = ? AND destination = ? AND id < ? AND parked IS NULL ORDER BY id",
                arguments: [escalation.alarm, escalation.destination, id ?? .max]
            ).compactMap { unreadable.read($0, of: "escalation", Self.escalation) }
        }
    }

    /// Whether an escalation is of an alarm's beginning, as SQL. An index has the same text (Migration14): without it a
    /// flood would read every payload in every turn.
    static let isRaise = """
        CASE WHEN json_valid(payload) THEN json_extract(payload, '$.data.transition.kind') END
            IN (\(Transition.Kind.beginnings.sqlWords))
        """

    /// Whether a destination has been due the beginnings of more alarms than `limit` since a moment: what makes a
    /// flood.
    package func isFlooded(_ destination: String, since: Instant, over limit: Int) async throws -> Bool {
        try await looking.read { db in
            let alarms = try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM
                        (SELECT DISTINCT alarm FROM escalation WHERE destination = ? AND created >= ? AND \(Self.isRaise) LIMIT ?)
                    """, arguments: [destination, since.nanoseconds, limit + 1])
            return (alarms ?? 0) > limit
        }
    }

    /// Whether an escalation waits at a destination where nothing has failed: what is of less weight lets it go first.
    /// One behind another that is tried again and again does not count, or a dead destination would hold up everything.
    package func hasUntriedEscalations() async throws -> Bool {
        try await looking.read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM escalation AS e WHERE delivered IS NULL AND parked IS NULL AND attempts = 0
                        AND NOT EXISTS (SELECT 1 FROM escalation WHERE destination = e.destination
                            AND delivered IS NULL AND parked IS NULL AND attempts > 0))
                    """) ?? false
        }
    }

    /// A power cut may take it back: then it is delivered again, with the same identity.
    /// - Parameter waiting: what was delivered, in this order.
    package func markDelivered(_ waiting: [WaitingEscalation], at time: Instant) async throws {
        try await writeWithoutSync { db in
            for item in waiting {
                let before = try Self.fingerprints(of: [.escalation(item.escalation.identity)], db)
                try db.cachedStatement(
                    sql: "UPDATE escalation SET delivered = ?, attempts = attempts + 1, error = NULL WHERE id = ?"
                )
                .execute(arguments: [time.nanoseconds, item.id])
                try Self.append(
                    .delivery(item.escalation, kind: "delivered", attempts: item.attempts + 1, at: time), about: item,
                    before: before, db)
            }
        }
    }

    /// Takes an escalation out of the way that its destination has refused for good; it is kept, and shown.
    package func park(_ waiting: WaitingEscalation, error: String, at time: Instant) async throws {
        try await write { db in
            let before = try Self.fingerprints(of: [.escalation(waiting.escalation.identity)], db)
            try db.execute(
                sql: "UPDATE escalation SET parked = ?, attempts = attempts + 1, error = ? WHERE id = ?",
                arguments: [time.nanoseconds, error, waiting.id])
            try Self.append(
                .delivery(waiting.escalation, kind: "parked", attempts: waiting.attempts + 1, error: error, at: time),
                about: waiting,
                before: before, db)
        }
    }

    /// Lets what is parked be tried again, for one destination or all.
    /// - Returns: how many escalations now wait there.
    package func unpark(_ destination: String?, person: String, at time: Instant) async throws -> Int {
        try await write { db in
            let isMeant = "parked IS NOT NULL AND delivered IS NULL AND destination = coalesce(?, destination)"
            let parked = try String.fetchAll(
                db, sql: "SELECT identity FROM escalation WHERE \(isMeant)", arguments: [destination])
            if !parked.isEmpty {
                let rows = Set(parked.map { AuditedRow.escalation($0) })
                let before = try Self.fingerprints(of: rows, db)
                try db.execute(sql: "UPDATE escalation SET parked = NULL WHERE \(isMeant)", arguments: [destination])
                let text = "\(parked.count) parked escalations are tried again"
                try Self.append(.note(AuditNote("retried", at: time, person: person, text: text)), db)
                try Self.attest(rows, before: before, at: time, db)
            }
            return try Int.fetchOne(
                db,
                sql:
                    "SELECT count(*) FROM escalation WHERE delivered IS NULL AND destination = coalesce(?, destination)",
                arguments: [destination]) ?? 0
        }
    }

    /// Records what became of an escalation, and what its row is now.
    /// - Parameter before: what the row was, see ``fingerprints(of:_:)``.
    private static func append(
        _ record: AuditRecord, about waiting: WaitingEscalation, before: [String: String], _ db: Database
    ) throws {
        let row = AuditedRow.escalation(waiting.escalation.identity)
        var record = record
        (record.rows, record.before) = ([row.name: try row.fingerprint(db)], before)
        try append(record, db)
    }

    package func markFailed(_ id: Int64, error: String) async throws {
        try await writeWithoutSync { db in
            try db.execute(
                sql: "UPDATE escalation SET attempts = attempts + 1, error = ? WHERE id = ?", arguments: [error, id])
        }
    }
}
