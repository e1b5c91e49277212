internal import AlarmModel
internal import GRDB
package import Telemetry
package import Wire

extension Store {
    /// Returns the numbers of messages in the outbox.
    /// - Parameter now: the gateway's clock.
    package func outboxState(at now: Instant) async throws -> OutboxState {
        try await looking.read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT count(*), min(created) FROM escalation WHERE \(EscalationRow.isWaiting)")
            let parked =
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM escalation WHERE delivered IS NULL AND parked IS NOT NULL") ?? 0
            let (waiting, created): (Int?, Int64?) = (row?.value(at: 0), row?.value(at: 1))
            let oldest = created.map { max(now - Instant(nanoseconds: $0), .zero) }
            return OutboxState(waiting: waiting ?? 0, parked: parked, oldest: oldest)
        }
    }

    /// SQL for "belongs to an alarm key of the list": the alarm's identity is the key, `@` and a time.
    private static let isOfKey =
        "SELECT 1 FROM json_each(?) WHERE alarm = value OR substr(alarm, 1, length(value) + 1) = value || '@'"

    /// Returns the messages that wait for a destination, oldest first. This keeps the order within each alarm.
    /// - Parameters:
    ///   - keys: alarm keys that are left out: the parts of alarms' identities before the last `@`.
    ///   - ids: the numbers of escalations that are left out.
    ///   - limit: the largest number of returned messages.
    package func waiting(
        for destination: String, except keys: [String] = [], and ids: [Int64] = [], limit: Int
    ) async throws -> [WaitingEscalation] {
        try await looking.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM escalation WHERE destination = ? AND \(EscalationRow.isWaiting)
                        \(keys.isEmpty ? "" : "AND NOT EXISTS (\(Self.isOfKey))")
                        \(ids.isEmpty ? "" : "AND id NOT IN (SELECT value FROM json_each(?))") ORDER BY id LIMIT ?
                    """,
                arguments: [destination] + (keys.isEmpty ? [] : [CanonicalJSON.text(keys)])
                    + (ids.isEmpty ? [] : [CanonicalJSON.text(ids)]) + [limit]
            ).compactMap { row in
                unreadable.read(row, as: EscalationRow.self).flatMap { row in
                    row.id.map { WaitingEscalation(id: $0, escalation: row.escalation, attempts: row.attempts) }
                }
            }
        }
    }

    /// Returns the earlier escalations of the same alarm to the same destination, oldest first, without those that it
    /// refused.
    /// - Parameter id: the number of the escalation in the outbox, or `nil` for one that is not stored.
    package func earlier(than escalation: OutboxItem, id: Int64?) async throws -> [OutboxItem] {
        try await looking.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM escalation
                    WHERE alarm = ? AND destination = ? AND id < ? AND parked IS NULL ORDER BY id
                    """,
                arguments: [escalation.alarm, escalation.destination, id ?? .max]
            ).compactMap { unreadable.read($0, as: EscalationRow.self)?.escalation }
        }
    }

    /// Returns whether there is an alarm flood at a destination: since `since`, more than `limit` alarms have begun
    /// that it should be notified of.
    package func isFlooded(_ destination: String, since: Instant, over limit: Int) async throws -> Bool {
        try await looking.read { db in
            let alarms = try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM
                        (SELECT DISTINCT alarm FROM escalation INDEXED BY escalation_raise
                            WHERE destination = ? AND created >= ? AND \(EscalationRow.isRaise) LIMIT ?)
                    """, arguments: [destination, since.nanoseconds, limit + 1])
            return (alarms ?? 0) > limit
        }
    }

    /// Returns whether an escalation waits at a destination where nothing has failed; lower-priority traffic waits for
    /// it. An escalation behind one that is being retried does not count, because a dead destination would then hold up
    /// everything.
    package func hasUntriedEscalations() async throws -> Bool {
        try await looking.read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM escalation AS e WHERE \(EscalationRow.isWaiting) AND attempts = 0
                        AND NOT EXISTS (SELECT 1 FROM escalation
                            WHERE destination = e.destination AND \(EscalationRow.isWaiting) AND attempts > 0))
                    """) ?? false
        }
    }

    /// Stores that escalations were delivered. A power cut may undo this: then they are delivered again, with the
    /// same identities.
    /// - Parameter waiting: the delivered escalations, in this order.
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

    /// Parks an escalation that its destination has refused: it is kept and shown, and no longer delays others.
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

    /// Makes parked escalations wait for delivery again.
    /// - Parameter destination: the destination whose escalations are meant, or `nil` for all.
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
                sql: """
                    SELECT count(*) FROM escalation
                    WHERE delivered IS NULL AND destination = coalesce(?, destination)
                    """,
                arguments: [destination]) ?? 0
        }
    }

    /// Records an event of an escalation in the audit chain, with the present fingerprint of its row.
    /// - Parameter before: the fingerprint of the row before, see ``fingerprints(of:_:)``.
    private static func append(
        _ record: AuditRecord, about waiting: WaitingEscalation, before: [String: String], _ db: Database
    ) throws {
        let row = AuditedRow.escalation(waiting.escalation.identity)
        var record = record
        (record.rows, record.before) = ([row.name: try row.fingerprint(db)], before)
        try append(record, db)
    }

    /// Stores that an attempt to deliver an escalation has failed.
    package func markFailed(_ id: Int64, error: String) async throws {
        try await writeWithoutSync { db in
            try db.execute(
                sql: "UPDATE escalation SET attempts = attempts + 1, error = ? WHERE id = ?", arguments: [error, id])
        }
    }
}
