internal import GRDB
internal import Telemetry

/// The result of a check of a whole store.
package struct StoreFindings: Sendable, Codable, Equatable {
    package var readings = 0
    package var batches = 0
    /// The number of batches without a checksum, because an earlier version wrote them.
    package var uncheckedBatches = 0
    package var transitions = 0
    package var auditRecords = 0
    /// The faults and their locations, one sentence each.
    package var faults: [String] = []

    /// The largest number of reported faults of each kind.
    static let reportedMax = 20
}

extension StoreReader {
    /// Checks everything: SQLite's own structures, the checksum of every batch of readings, gaps between batches, the
    /// alarms' histories, and the audit chain.
    /// - Parameter progress: called with the share that is done, from 0 to 1.
    package func check(progress: (Double) -> Void = { _ in }) throws -> StoreFindings {
        var findings = StoreFindings()
        try queue.read { db in
            for fault in try String.fetchAll(db, sql: "PRAGMA integrity_check(20)") where fault != "ok" {
                findings.faults.append("SQLite: \(fault)")
            }
            if let mark = HighWaterMark.read(besides: path), let loss = try mark.loss(db) {
                findings.faults.append(loss)
            }
            try checkReadings(db, &findings, progress)
            findings.transitions = try Int.fetchOne(db, sql: "SELECT count(*) FROM transition") ?? 0
            let gaps = try Row.fetchAll(
                db,
                sql:
                    "SELECT alarm, count(*) AS n, max(sequence) AS m FROM transition GROUP BY alarm HAVING n <> m LIMIT 20"
            )
            for row in gaps {
                let (alarm, count, newest): (String?, Int?, Int?) = (
                    row.value(at: 0), row.value(at: 1), row.value(at: 2)
                )
                findings.faults.append(
                    "of \(alarm ?? "an alarm") there are \(count ?? 0) transitions, and the newest is number \(newest ?? 0)"
                )
            }
            try checkRows(db)
            findings.faults += takeUnreadable().prefix(StoreFindings.reportedMax)
        }
        let audit = try verifyAudit()
        findings.auditRecords = audit.count
        findings.faults += audit.faults.prefix(StoreFindings.reportedMax).map {
            "audit record \($0.number): \($0.what)"
        }
        return findings
    }

    /// Notes the rows that cannot be read, in the tables that the gateway reads row by row.
    private func checkRows(_ db: Database) throws {
        let alarms = try Row.fetchCursor(db, sql: "SELECT * FROM alarm")
        while let row = try alarms.next() { _ = unreadable.read(row, as: AlarmRow.self) }
        let transitions = try Row.fetchCursor(db, sql: "SELECT * FROM transition")
        while let row = try transitions.next() { _ = unreadable.read(row, as: TransitionRow.self) }
        let escalations = try Row.fetchCursor(db, sql: "SELECT * FROM escalation")
        while let row = try escalations.next() { _ = unreadable.read(row, as: EscalationRow.self) }
        _ = try StoredSuppression.all(db, unreadable)
        _ = try MaintenanceRow.all(db, unreadable)
    }

    private func checkReadings(_ db: Database, _ findings: inout StoreFindings, _ progress: (Double) -> Void) throws {
        let total = max(1, try Int.fetchOne(db, sql: "SELECT count(*) FROM batch") ?? 1)
        let batches = try Row.fetchCursor(
            db, sql: "SELECT * FROM batch ORDER BY first_reading")
        let statement = try db.makeStatement(
            sql: "SELECT \(ReadingTable.columns) FROM reading WHERE id >= ? AND id < ? ORDER BY id")
        var next: Int64?
        var reported = 0
        func report(_ fault: String) {
            reported += 1
            if reported <= StoreFindings.reportedMax { findings.faults.append(fault) }
        }
        while let row = try batches.next() {
            let batch: BatchRow
            do {
                batch = try BatchRow(StoredRow(row: row, unreadable: unreadable))
            } catch {
                report("a batch of readings cannot be read: \(error)")
                next = nil
                continue
            }
            let place = "the batch of \(batch.arrived) (readings \(batch.first) to \(batch.end - 1))"
            if let next, batch.first != next {
                report("between two batches readings \(next) to \(batch.first - 1) are missing, before \(place)")
            }
            next = batch.end
            findings.batches += 1
            if findings.batches % 1000 == 0 { progress(Double(findings.batches) / Double(total)) }
            var sum = ReadingChecksum()
            var found = 0
            let rows = try Row.fetchCursor(statement, arguments: [batch.first, batch.end])
            while let row = try rows.next() {
                guard let reading = Reading(row) else { continue }
                found += 1
                sum.add(reading)
            }
            findings.readings += found
            if found != batch.count {
                report("\(place) had \(batch.count) readings, and has \(found)")
            } else if let checksum = batch.checksum, checksum != sum.value {
                report("\(place) is not what was written: its checksum differs")
            } else if batch.checksum == nil {
                findings.uncheckedBatches += 1
            }
        }
        if reported > StoreFindings.reportedMax {
            findings.faults.append("and \(reported - StoreFindings.reportedMax) more batches")
        }
    }
}
