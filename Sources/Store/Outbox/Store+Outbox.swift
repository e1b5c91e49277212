package import Alarms
internal import GRDB
package import Telemetry

/// An escalation that waits in the outbox.
package struct WaitingEscalation: Sendable {
    package var id: Int64
    package var escalation: Escalation
    package var attempts: Int
}

extension Store {
    static func post(_ escalation: Escalation, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO escalation (identity, alarm, destination, severity, payload, created) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (identity) DO NOTHING
                """,
            arguments: [
                escalation.identity, escalation.alarm, escalation.destination, escalation.severity, escalation.payload,
                escalation.created.nanoseconds,
            ])
    }

    /// What waits for a destination, oldest first: the order within each alarm.
    package func waiting(for destination: String, limit: Int) async throws -> [WaitingEscalation] {
        try await queue.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM escalation WHERE destination = ? AND delivered IS NULL ORDER BY id LIMIT ?",
                arguments: [destination, limit]
            ).map { row in
                WaitingEscalation(
                    id: row["id"],
                    escalation: Escalation(
                        identity: row["identity"], alarm: row["alarm"], destination: row["destination"],
                        severity: row["severity"], payload: row["payload"], created: Instant(nanoseconds: row["created"])),
                    attempts: row["attempts"])
            }
        }
    }

    package func markDelivered(_ ids: [Int64], at time: Instant) async throws {
        try await queue.write { db in
            for id in ids {
                try db.execute(
                    sql: "UPDATE escalation SET delivered = ?, attempts = attempts + 1, error = NULL WHERE id = ?",
                    arguments: [time.nanoseconds, id])
            }
        }
    }

    package func markFailed(_ id: Int64, error: String) async throws {
        try await queue.write { db in
            try db.execute(
                sql: "UPDATE escalation SET attempts = attempts + 1, error = ? WHERE id = ?", arguments: [error, id])
        }
    }
}
