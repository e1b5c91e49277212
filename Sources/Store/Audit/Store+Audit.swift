internal import AlarmModel
internal import Alarms
internal import GRDB
package import Telemetry

extension Store {
    /// The largest number of rows in a record, so that a flood makes many records of a bounded size.
    private static let rowsMax = 1000
    /// The largest number of rows in the records that retention removes at once.
    private static let prunedRowsMax = 10_000
    /// The largest number of records that retention removes at once.
    private static let prunedRecordsMax = 1000

    /// Returns the fingerprints of those rows that exist. They are recorded beside the fingerprints after a write, so
    /// that the gateway never confirms changes that somebody else has made.
    static func fingerprints(of rows: some Sequence<AuditedRow>, _ db: Database) throws -> [String: String] {
        var found: [String: String] = [:]
        for row in rows {
            let fingerprint = try row.fingerprint(db)
            if fingerprint != AuditedRow.removed { found[row.name] = fingerprint }
        }
        return found
    }

    /// Records in the chain the fingerprints of rows, in the transaction that wrote or removed them.
    /// - Parameters:
    ///   - before: their fingerprints before the transaction, see ``fingerprints(of:_:)``.
    ///   - time: the gateway's clock, or `nil` for the time of the newest record.
    static func attest(_ rows: Set<AuditedRow>, before: [String: String], at time: Instant?, _ db: Database) throws {
        guard !rows.isEmpty else { return }
        let fingerprints = try rows.map { ($0.name, try $0.fingerprint(db)) }.sorted { $0.0 < $1.0 }
        let time = try time ?? newestAuditTime(db) ?? Instant(nanoseconds: 0)
        try append(AuditRecord(AuditRecord.Kind.rows, at: time), speakingOf: fingerprints, before: before, db)
    }

    /// Appends a record, and further ones of its kind if it has too many rows.
    private static func append(
        _ record: AuditRecord, speakingOf rows: [(String, String)], before: [String: String] = [:], _ db: Database
    ) throws {
        var record = record
        for start in stride(from: 0, to: max(rows.count, 1), by: rowsMax) {
            let part = rows[start..<min(start + rowsMax, rows.count)]
            record.rows = part.isEmpty ? nil : Dictionary(part) { first, _ in first }
            let known = part.compactMap { row in before[row.0].map { (row.0, $0) } }
            record.before = known.isEmpty ? nil : Dictionary(known) { first, _ in first }
            if start > 0 { (record.text, record.facts) = (nil, [AuditRecord.partFact: String(start / rowsMax + 1)]) }
            try append(record, db)
        }
    }

    /// Records the fingerprints of all rows. From this record on, exactly these rows exist. For stores of versions
    /// that did not record rows, and for rows that were saved from a damaged store.
    /// - Parameter isIncomplete: set if the chain itself could not be read to its end, so that rows may differ from
    ///   its records.
    static func attestAll(
        _ tables: [AuditedTable] = AuditedTable.allCases, because reason: String, isIncomplete: Bool = false,
        at time: Instant,
        _ db: Database
    ) throws {
        var rows: [(String, String)] = []
        for table in tables {
            let found = try Row.fetchCursor(db, sql: table.query)
            while let row = try found.next() {
                guard let key: String = row.value(at: 0) else { continue }
                rows.append((AuditedRow(table: table, key: key).name, AuditedRow.fingerprint(of: row)))
            }
        }
        var record = AuditRecord(AuditRecord.Kind.baseline, at: time)
        record.text = reason
        var facts: [String: String] = [:]
        facts[AuditRecord.anchorFact] = try AuditAnchor.stored(db)?.text
        if isIncomplete { facts[AuditRecord.incompleteFact] = "yes" }
        record.facts = facts.isEmpty ? nil : facts
        try append(record, speakingOf: rows, db)
    }

    static func newestAuditTime(_ db: Database) throws -> Instant? {
        try StoredAuditRecord.newest(db)?.content.flatMap { Instant(rfc3339: $0.time.utf8) }
    }

    /// Appends a record to the chain, with the next number.
    static func append(_ record: AuditRecord, _ db: Database) throws {
        let last = try StoredAuditRecord.head(db) ?? AuditAnchor.stored(db) ?? .origin
        var record = record
        record.number = last.number + 1
        let text = CanonicalJSON.text(record)
        try StoredAuditRecord(id: record.number, record: text, hash: AuditChain.hash(after: last.hash, text)).write(db)
    }

    /// Appends an event to the chain.
    package func note(_ note: AuditNote) throws { try write { try Self.append(.note(note), $0) } }

    /// Returns how often in a row, since a time, a gateway has started on this store and has not stopped cleanly.
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

    /// Removes the records from before a time, except for the newest. The hash of the last removed record stays as
    /// the anchor of the rest. Called with the retention of alarms: an export that was made in time shows the removed
    /// records.
    ///
    /// Appends a record that names the anchor. It repeats the removed records' fingerprints of rows that still exist.
    static func pruneAudit(before limit: Instant, now: Instant, _ db: Database) throws -> Int {
        func isOld(_ record: AuditRecord?) -> Bool {
            (record.flatMap { Instant(rfc3339: $0.time.utf8) }).map { $0 < limit } ?? false
        }
        // Usually there is nothing to do, and the commit of readings waits for this.
        guard isOld(try StoredAuditRecord.oldest(db)?.content), let newest = try StoredAuditRecord.head(db) else {
            return 0
        }
        var (end, count, said): (AuditHead?, Int, [String: String]) = (nil, 0, [:])
        try StoredAuditRecord.forEach(db) { row in
            let record = row.content
            guard row.id != newest.number, isOld(record), !row.hash.isEmpty else { return false }
            end = row.head
            count += 1
            said.merge(record?.rows ?? [:]) { $1 }
            // Commits wait for this, so the rest is removed the next time.
            return count < prunedRecordsMax && said.count < prunedRowsMax
        }
        guard let end else { return 0 }
        // A row that differs from the removed records has a later record, or was altered. An altered row then has no
        // record, which the verification finds. A row that does not exist is no longer missed.
        let kept = try said.filter { name, fingerprint in
            guard fingerprint != AuditedRow.removed, let row = AuditedRow(name: name) else { return false }
            return try row.fingerprint(db) == fingerprint
        }
        let before = try AuditAnchor.stored(db)?.text ?? AuditRecord.noAnchor
        let removed = try StoredAuditRecord.remove(upTo: end, db)
        var note = AuditRecord(AuditRecord.Kind.retention, at: now)
        note.text = "records up to number \(end.number) were removed, as they are from before \(limit)"
        note.facts = [AuditRecord.anchorFact: end.text, AuditRecord.anchorBeforeFact: before]
        try append(note, speakingOf: kept.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, db)
        return removed
    }
}
