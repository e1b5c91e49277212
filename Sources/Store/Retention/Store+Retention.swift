internal import GRDB
package import Telemetry

/// The limits of retention: the ages of readings and alarms, and the size of the store.
package struct RetentionLimits: Sendable, Equatable {
    /// The time for which readings are kept after they have arrived.
    package var readings: TimeSpan
    /// The time for which alarms are kept after they have ended; also delivered escalations, and records of the audit
    /// chain.
    package var alarms: TimeSpan
    /// The used size of the file, in bytes, above which the oldest readings are removed.
    package var bytesMax: Int64

    package init(readings: TimeSpan, alarms: TimeSpan, bytesMax: Int64) {
        self.readings = readings
        self.alarms = alarms
        self.bytesMax = bytesMax
    }
}

/// The number of rows that one pass of retention has removed.
package struct RetentionReport: Sendable, Equatable {
    /// Readings that were too old.
    package var readings = 0
    /// Readings that were removed because the store was too large.
    package var readingsForSize = 0
    /// Alarms, with their transitions.
    package var alarms = 0
    package var escalations = 0
    package var auditRecords = 0

    package init() {}
}

extension Store {
    /// Removes rows that are older than the limits, then the oldest readings until the store fits its size.
    ///
    /// Escalations that wait and alarms that are active are never removed. Free pages are used again, so that the
    /// file stays at its limit. The newest batch and the newest transition always stay: SQLite numbers rows from the
    /// highest that exists. If numbers restarted, a reader that continues after a higher one would read nothing. Each
    /// step is a short transaction, so that the pipeline never waits for long.
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
            // Records first: their fingerprints of rows that are removed below are carried over until then.
            let records = try Self.pruneAudit(before: Instant(nanoseconds: limit), now: now, db)
            let alarms = try Self.remove(
                .alarm, at: now, db,
                where: """
                    cleared < ? AND NOT EXISTS (SELECT 1 FROM escalation WHERE escalation.alarm = alarm.id AND delivered IS NULL)
                        AND id IS NOT (SELECT alarm FROM transition ORDER BY id DESC LIMIT 1)
                        AND number IS NOT (SELECT max(number) FROM alarm)
                    """, limit)
            // Messages about an active alarm are kept, however old they are: the message of its end refers to them.
            let escalations = try Self.remove(
                .escalation, at: now, db,
                where:
                    "delivered < ? AND NOT EXISTS (SELECT 1 FROM alarm WHERE alarm.id = escalation.alarm AND cleared IS NULL)",
                limit)
            return (alarms, escalations, records)
        }
        return report
    }

    /// Returns the bytes of the file that are in use.
    package func usedBytes() async throws -> Int64 {
        try await queue.read { db in
            let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            let free = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            return (pages - free) * (try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 4096)
        }
    }

    /// Removes some of the oldest batches, and never the newest.
    /// - Returns: the number of readings that were removed; `nil` if there is no batch to remove.
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

    /// Removes rows of an audited table, and records that in the audit chain.
    /// - Returns: how many rows were removed.
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
