internal import GRDB
package import Telemetry

/// How long things are kept, and how large the store may become.
package struct RetentionLimits: Sendable, Equatable {
    package var readings: TimeSpan
    package var alarms: TimeSpan
    package var bytesMax: Int64

    package init(readings: TimeSpan, alarms: TimeSpan, bytesMax: Int64) {
        self.readings = readings
        self.alarms = alarms
        self.bytesMax = bytesMax
    }
}

/// What one pass of retention removed.
package struct RetentionReport: Sendable, Equatable {
    package var readings = 0
    package var readingsForSize = 0
    package var alarms = 0
    package var escalations = 0
    package var auditRecords = 0

    package init() {}
}

extension Store {
    /// Removes what is older than the limits, then the oldest readings until the store fits its size.
    ///
    /// Readings go first; an escalation that waits, and an alarm that is active, never. Pages that become free are used
    /// again, so that the file stays at its limit. The newest batch and the newest transition always stay: SQLite
    /// numbers rows from the highest that is there, and numbers that began anew would stop whoever has read up to a
    /// higher one. Each step is a short transaction, so that the pipeline is never held up for long.
    package func enforce(_ limits: RetentionLimits, now: Instant) async throws -> RetentionReport {
        var report = RetentionReport()
        while let removed = try await removeOldest(arrivedBefore: now - limits.readings), removed > 0 {
            report.readings += removed
        }
        while try await usedBytes() > limits.bytesMax,
            let removed = try await removeOldest(arrivedBefore: .distantFuture),
            removed > 0
        {
            report.readingsForSize += removed
        }
        let limit = (now - limits.alarms).nanoseconds
        (report.alarms, report.escalations, report.auditRecords) = try await write { db in
            // Records first: what the old ones say of rows that are removed below is carried on until then.
            let records = try Self.pruneAudit(before: Instant(nanoseconds: limit), now: now, db)
            let alarms = try Self.remove(
                .alarm, at: now, db,
                where: """
                    cleared < ? AND NOT EXISTS (SELECT 1 FROM escalation WHERE escalation.alarm = alarm.id AND delivered IS NULL)
                        AND id IS NOT (SELECT alarm FROM transition ORDER BY id DESC LIMIT 1)
                        AND number IS NOT (SELECT max(number) FROM alarm)
                    """, limit)
            // Of an alarm that is active it is known what was sent, however old it is: its end has to refer to it.
            let escalations = try Self.remove(
                .escalation, at: now, db,
                where:
                    "delivered < ? AND NOT EXISTS (SELECT 1 FROM alarm WHERE alarm.id = escalation.alarm AND cleared IS NULL)",
                limit)
            return (alarms, escalations, records)
        }
        return report
    }

    /// The bytes of the file that hold something.
    package func usedBytes() async throws -> Int64 {
        try await queue.read { db in
            let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            let free = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            return (pages - free) * (try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 4096)
        }
    }

    /// Removes some of the oldest batches, and never the newest; returns the number of readings, `nil` where there is
    /// none to remove.
    private func removeOldest(arrivedBefore limit: Instant) async throws -> Int? {
        try await write { db in
            let end = try Int64.fetchOne(
                db,
                sql: """
                    SELECT max(first_reading + count) FROM
                        (SELECT first_reading, count, arrived FROM batch
                            WHERE first_reading < (SELECT max(first_reading) FROM batch) ORDER BY first_reading LIMIT 64)
                    WHERE arrived < ?
                    """, arguments: [limit.nanoseconds])
            guard let end else { return nil }
            try db.execute(sql: "DELETE FROM reading WHERE id < ?", arguments: [end])
            let removed = db.changesCount
            try db.execute(sql: "DELETE FROM batch WHERE first_reading < ?", arguments: [end])
            return removed
        }
    }

    /// Removes rows of an audited table, and says so in the chain.
    /// - Returns: how many.
    private static func remove(
        _ table: AuditedTable, at now: Instant, _ db: Database, where isOld: String, _ limit: Int64
    ) throws -> Int {
        let keys = try String.fetchAll(
            db, sql: "SELECT \(table.key) FROM \(table.rawValue) WHERE \(isOld)", arguments: [limit])
        guard !keys.isEmpty else { return 0 }
        let rows = Set(keys.map { AuditedRow(table: table, key: $0) })
        let before = try fingerprints(of: rows, db)
        try db.execute(sql: "DELETE FROM \(table.rawValue) WHERE \(isOld)", arguments: [limit])
        try attest(rows, before: before, at: now, db)
        return keys.count
    }
}
