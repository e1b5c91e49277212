internal import Alarms
internal import GRDB
internal import Telemetry

extension StoreReader {
    /// Returns the number and the hash of the newest record.
    package func auditHead() throws -> AuditHead {
        try queue.read { try StoredAuditRecord.head($0) ?? AuditAnchor.stored($0) ?? .origin }
    }

    /// Passes every record and its hash to `body`, oldest first, after passing the record before the first to `start`.
    package func forEachAuditRecord(
        from start: (AuditHead) throws -> Void, _ body: (_ record: String, _ hash: String) throws -> Void
    ) throws {
        try queue.read { db in
            try start(AuditAnchor.stored(db) ?? .origin)
            try StoredAuditRecord.forEach(db) { row in
                try body(row.record, row.hash)
                return true
            }
        }
    }

    /// Verifies the chain, and compares it with the rows of the store in both directions: each row must be as the
    /// newest record about it says, and each row that a record is about must exist, unless the gateway has removed it.
    ///
    /// Without a head that was noted elsewhere, it cannot find a chain that somebody has rewritten as a whole. Nor
    /// can it find records that were appended, or removed from the end together with the table's own count
    /// (docs/audit.md).
    /// - Parameters:
    ///   - expected: a head that was seen before, and must still be in the chain.
    ///   - progress: called with the number of records, now and then.
    /// - Complexity: O(records + rows); about 250 bytes of memory for each row.
    package func verifyAudit(expecting expected: AuditHead? = nil, progress: (Int) -> Void = { _ in }) throws
        -> AuditVerifier
    {
        var verifier = AuditVerifier(after: .origin)
        var said = AuditedRows()
        var hasMet = expected == nil || expected?.number == 0
        try queue.read { db in
            let anchor = try AuditAnchor.stored(db)
            let start = anchor ?? .origin
            verifier = AuditVerifier(after: start)
            if expected?.number == start.number { hasMet = expected == start }
            try StoredAuditRecord.forEach(db) { row in
                if let record = verifier.take(row.record, hash: row.hash) {
                    if let expected, record.number == expected.number { hasMet = expected.hash == row.hash }
                    said.take(record, &verifier)
                }
                if verifier.count % 10_000 == 0 { progress(verifier.count) }
                return true
            }
            // SQLite keeps the table's highest number when the newest rows are removed.
            let highest = try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'audit'") ?? 0
            if highest > verifier.head.number {
                verifier.fault(
                    verifier.head.number + 1,
                    "the chain's end was removed: records \(verifier.head.number + 1) to \(highest) are missing")
            }
            said.compare(anchor: anchor?.text, &verifier)
            try said.compare(with: db, &verifier)
        }
        if !hasMet, let expected {
            verifier.fault(
                expected.number,
                "the chain has been rewritten: it does not hold the head that was seen, \(expected.text)"
            )
        }
        return verifier
    }
}
