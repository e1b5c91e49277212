internal import Alarms
internal import Foundation
internal import GRDB
internal import GRDBSQLite
internal import Telemetry

extension Store {
    /// Commits a batch in one transaction: all of it is on disk when this returns, or none of it.
    ///
    /// - Parameter refusedMax: how many refused payloads are kept.
    /// - Throws: SQLite's error; the batch is as it was, and may be committed again on a reopened store.
    package func commit(_ batch: StoreBatch, refusedMax: Int = 1000) throws {
        guard !batch.isEmpty else { return }
        try write { db in
            let audited = batch.auditedRows
            let before = try Self.fingerprints(of: audited, db)
            try Self.append(batch.readings, arrived: batch.arrived, db)
            try Self.keep(batch.deviceStates, db)
            try Self.keep(batch.received, db)
            for alarm in batch.renamed { try Self.rename(alarm, db) }
            for transition in batch.transitions { try Self.record(transition, db) }
            for place in batch.suppressions { try Self.keep(place, db) }
            for change in batch.maintenance { try Self.keep(change, db) }
            for (alarm, state) in batch.escalationStates {
                try db.execute(sql: "UPDATE alarm SET course = ? WHERE id = ?", arguments: [state, alarm])
            }
            for escalation in batch.escalations { try Self.post(escalation, db) }
            for note in batch.notes { try Self.append(.note(note), db) }
            try Self.attest(audited, before: before, at: batch.newestTime, db)
            for refusal in batch.refusals { try Self.keep(refusal, atMost: refusedMax, db) }
        }
    }

    /// The hot path of the store: the statement is kept, values are bound without boxes, and nothing is
    /// allocated per reading.
    private static func append(_ readings: [Reading], arrived: Instant, _ db: Database) throws {
        guard !readings.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: "INSERT INTO reading (series, time, value, quality) VALUES (?, ?, ?, ?)")
        let handle = statement.sqliteStatement
        var oldest = Int64.max
        var newest = Int64.min
        var checksum = ReadingChecksum()
        for reading in readings {
            checksum.add(reading)
            oldest = min(oldest, reading.time.nanoseconds)
            newest = max(newest, reading.time.nanoseconds)
            sqlite3_bind_int64(handle, 1, Int64(reading.series.index))
            sqlite3_bind_int64(handle, 2, reading.time.nanoseconds)
            sqlite3_bind_double(handle, 3, reading.value)
            sqlite3_bind_int64(handle, 4, Int64(reading.quality.rawValue))
            let code = sqlite3_step(handle)
            sqlite3_reset(handle)
            guard code == SQLITE_DONE else {
                throw DatabaseError(
                    resultCode: ResultCode(rawValue: code),
                    message: String(cString: sqlite3_errmsg(db.sqliteConnection)))
            }
        }
        let last = db.lastInsertedRowID
        try db.execute(
            sql:
                "INSERT INTO batch (first_reading, count, arrived, oldest, newest, checksum) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                last - Int64(readings.count) + 1, readings.count, arrived.nanoseconds, oldest, newest, checksum.value,
            ])
    }

    private static func keep(_ refusal: RefusedPayload, atMost limit: Int, _ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO refused_payload (device, topic, payload, reason, arrived) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                refusal.device, refusal.topic, Data(refusal.payload), refusal.reason, refusal.arrived.nanoseconds,
            ])
        try db.execute(
            sql: "DELETE FROM refused_payload WHERE id <= (SELECT max(id) FROM refused_payload) - ?", arguments: [limit]
        )
    }
}
