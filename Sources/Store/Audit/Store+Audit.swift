internal import Alarms
internal import GRDB
package import Telemetry

extension Store {
    /// Appends a record to the chain, with the next number.
    static func append(_ record: AuditRecord, _ db: Database) throws {
        let last =
            try Row.fetchOne(db, sql: "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")
            ?? Row.fetchOne(db, sql: "SELECT id, hash FROM audit_anchor")
        var record = record
        record.number = (last?.value(at: 0) ?? 0) + 1
        let text = CanonicalJSON.text(record)
        try db.execute(
            sql: "INSERT INTO audit (id, record, hash) VALUES (?, ?, ?)",
            arguments: [record.number, text, AuditChain.hash(after: last?.value(at: 1) ?? AuditChain.origin, text)])
    }

    /// Adds something that has happened to the chain.
    package func note(_ note: AuditNote) throws { try write { try Self.append(.note(note), $0) } }

    /// How often in a row, since a time, a gateway has started here and not come to its end.
    package func uncleanStarts(since: Instant) throws -> Int {
        try queue.read { db in
            let kinds = try Row.fetchCursor(
                db,
                sql: """
                    SELECT json_extract(record, '$.kind') AS kind, json_extract(record, '$.time') AS time
                    FROM (SELECT id, CASE WHEN json_valid(record) THEN record END AS record FROM audit ORDER BY id DESC LIMIT 1000)
                    WHERE kind IN ('started', 'stopped') ORDER BY id DESC
                    """)
            var count = 0
            while let row = try kinds.next(), row.value(at: 0) == "started", let text: String = row.value(at: 1),
                let time = Instant(rfc3339: text.utf8), time >= since
            {
                count += 1
            }
            return count
        }
    }

    /// Removes the records from before a time, all but the newest; the hash of the last that goes stays as the anchor
    /// of the rest. Called with the retention of alarms: what has gone can be shown by an export that was made in time.
    static func pruneAudit(before limit: Instant, _ db: Database) throws -> Int {
        func isOld(_ row: Row) -> Bool {
            let text: String? = try? row.value("record")
            let record = text.flatMap { CanonicalJSON.value(AuditRecord.self, $0) }
            return record.flatMap { Instant(rfc3339: $0.time.utf8) }.map { $0 < limit } ?? false
        }
        // Mostly there is nothing to do, and the commit of readings waits for this.
        guard let oldest = try Row.fetchOne(db, sql: "SELECT record FROM audit ORDER BY id LIMIT 1"), isOld(oldest) else { return 0 }
        let end = try Row.fetchAll(db, sql: "SELECT id, hash, record FROM audit ORDER BY id LIMIT 1000").last(where: isOld)
        guard let end, let id: Int64 = end.value(at: 0), let hash: String = end.value(at: 1),
            try Int64.fetchOne(db, sql: "SELECT max(id) FROM audit") != id
        else { return 0 }
        try db.execute(sql: "DELETE FROM audit WHERE id <= ?", arguments: [id])
        let removed = db.changesCount
        try db.execute(sql: "DELETE FROM audit_anchor")
        try db.execute(sql: "INSERT INTO audit_anchor (id, hash) VALUES (?, ?)", arguments: [id, hash])
        return removed
    }
}
