internal import Foundation
internal import GRDB
package import Telemetry

extension Store {
    /// Makes a new store of everything that can be read of a damaged one, with those batches of readings whose
    /// checksums agree. The damaged store is renamed and stays as it is. No gateway can start on the path until this
    /// is done.
    /// - Parameter progress: called with the share that is done, from 0 to 1; an error that it throws ends the
    ///   repair.
    /// - Throws: ``StoreError`` if the file is not a store, or the repair fails: then the damaged store is at its old
    ///   path. ``StoreError/inUse(_:by:)`` if a gateway runs on it.
    package static func repair(
        path: String, because reason: String, at now: Instant, progress: (Double) throws -> Void = { _ in }
    ) throws -> StoreRescue {
        try refuseForeign(path)
        let lock = try StoreLock(of: path)
        defer { withExtendedLifetime(lock) {} }
        let setAside = try setAside(path, because: reason, at: now)
        do {
            let store = try Store(path: path)
            // Everything is committed by then, and the process ends soon.
            defer { try? store.close() }
            var rescue = StoreRescue(reason: reason, setAside: setAside, saved: [:], incomplete: [])
            store.takeOver(
                essentials.map { ($0.name, "1") } + [("refused_payload", "1")] + positions, from: setAside, &rescue)
            try store.takeOverReadings(from: setAside, &rescue, progress)
            try store.limitForwarded()
            try store.note(AuditNote("repaired", at: now, text: rescue.description))
            try store.write { [rescue] in
                try attestAll(
                    because: "the store was repaired", isIncomplete: rescue.incomplete.contains("audit"), at: now, $0)
            }
            return rescue
        } catch {
            do {
                try putBack(setAside, to: path)
            } catch let second {
                throw StoreError.cannotOpen(
                    setAside, "it cannot be repaired (\(error)), nor put back to \(path) (\(second))")
            }
            throw StoreError.cannotOpen(path, "it cannot be repaired: \(error)")
        }
    }

    /// The number of batches copied in one transaction.
    private static var batchesAtOnce: Int { 1000 }

    private func takeOverReadings(from path: String, _ rescue: inout StoreRescue, _ progress: (Double) throws -> Void)
        throws
    {
        var (saved, lost) = (0, 0)
        defer { (rescue.saved["reading"], rescue.lostBatches) = (saved, lost) }
        func giveUp() {
            rescue.incomplete.append("batch")
            rescue.isBatchTableBroken = true
        }
        // A file that cannot be opened has no readings to copy, which the rescue reports.
        guard let damaged = try? Self.openToLook(path) else { return giveUp() }
        // Closing a connection that only reads cannot lose anything.
        defer { try? damaged.close() }
        // The total is only for the progress. Counting stops at a broken page that the copying may not reach.
        let total = (try? damaged.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM batch") }) ?? nil
        var done = 0
        var last = Int64.min
        while true {
            // A page that cannot be read ends the copying, which the rescue reports.
            let page = try? damaged.read { [last] db in
                try Row.fetchAll(
                    db,
                    sql:
                        "SELECT * FROM batch WHERE first_reading > ? ORDER BY first_reading LIMIT \(Self.batchesAtOnce)",
                    arguments: [last])
            }
            guard let page else { return giveUp() }
            guard let end = page.last else { return }
            guard let first = Int64.fromDatabaseValue(end["first_reading"] ?? .null) else { return giveUp() }
            last = first
            try write { db in
                for batch in page {
                    // A batch that differs from what was written counts as lost, whatever the reason.
                    guard let rows = try? Self.wholeReadings(of: batch, in: damaged) else {
                        lost += 1
                        continue
                    }
                    for row in rows { try Self.insert(row, into: "reading", db) }
                    try Self.insert(batch, into: "batch", db)
                    saved += rows.count
                }
            }
            done += page.count
            if let total { try progress(Double(done) / Double(max(total, 1))) }
        }
    }

    /// Returns the rows of a batch's readings.
    /// - Throws: an error if they cannot be read, or differ from what was written.
    private static func wholeReadings(of batch: Row, in damaged: DatabaseQueue) throws -> [Row] {
        let batch = try BatchRow(StoredRow(row: batch, unreadable: UnreadableRows()))
        let rows = try damaged.read { db in
            try Row.fetchAll(
                db, sql: "SELECT \(ReadingTable.columns), id FROM reading WHERE id >= ? AND id < ? ORDER BY id",
                arguments: [batch.first, batch.end])
        }
        var sum = ReadingChecksum()
        let readings = rows.compactMap { Reading($0) }
        for reading in readings { sum.add(reading) }
        guard readings.count == batch.count, batch.checksum == nil || batch.checksum == sum.value else {
            throw DatabaseError(message: "the readings from \(batch.first) on are not as they were written")
        }
        return rows
    }
}
