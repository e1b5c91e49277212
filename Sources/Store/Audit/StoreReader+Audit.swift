internal import Alarms
internal import GRDB
internal import Telemetry

extension StoreReader {
    /// The number of the chain's newest record, and its hash, which covers all records before it.
    package struct AuditHead: Sendable, Codable, Equatable {
        package var number: Int64
        package var hash: String

        package init(number: Int64, hash: String) {
            self.number = number
            self.hash = hash
        }
    }

    /// Reads the number and the hash of a record or an anchor; those before the first record if there is none.
    private static func head(of row: Row?) -> AuditHead {
        AuditHead(number: row?.value(at: 0) ?? 0, hash: row?.value(at: 1) ?? AuditChain.origin)
    }

    /// Returns the number and the hash of the newest record.
    package func auditHead() throws -> AuditHead {
        try queue.read { db in
            let row =
                try Row.fetchOne(db, sql: "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")
                ?? Row.fetchOne(db, sql: "SELECT id, hash FROM audit_anchor")
            return Self.head(of: row)
        }
    }

    /// Passes every record and its hash to `body`, oldest first, after passing the record before the first to `start`.
    package func forEachAuditRecord(
        from start: (AuditHead) throws -> Void, _ body: (_ record: String, _ hash: String) throws -> Void
    ) throws {
        try queue.read { db in
            let anchor = try Row.fetchOne(db, sql: "SELECT id, hash FROM audit_anchor")
            try start(Self.head(of: anchor))
            let rows = try Row.fetchCursor(db, sql: "SELECT record, hash FROM audit ORDER BY id")
            while let row = try rows.next() { try body(row.value(at: 0) ?? "", row.value(at: 1) ?? "") }
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
        var verifier = AuditVerifier(after: (0, AuditChain.origin))
        var said = AuditedRows()
        var hasMet = expected == nil || expected?.number == 0
        try queue.read { db in
            let anchor = try Row.fetchOne(db, sql: "SELECT id, hash FROM audit_anchor")
            let start = Self.head(of: anchor)
            verifier = AuditVerifier(after: (start.number, start.hash))
            if expected?.number == start.number { hasMet = expected == start }
            let rows = try Row.fetchCursor(db, sql: "SELECT record, hash FROM audit ORDER BY id")
            while let row = try rows.next() {
                // A value that is not text is not a record either.
                let (text, hash): (String, String) = (row.value(at: 0) ?? "", row.value(at: 1) ?? "")
                if let record = verifier.take(text, hash: hash) {
                    if let expected, record.number == expected.number { hasMet = expected.hash == hash }
                    said.take(record, &verifier)
                }
                if verifier.count % 10_000 == 0 { progress(verifier.count) }
            }
            // SQLite keeps the table's highest number when the newest rows are removed.
            let highest = try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'audit'") ?? 0
            if highest > verifier.head.number {
                verifier.fault(
                    verifier.head.number + 1,
                    "the chain's end was removed: records \(verifier.head.number + 1) to \(highest) are missing")
            }
            said.compare(anchor: try Store.anchor(db), &verifier)
            try said.compare(with: db, &verifier)
        }
        if !hasMet, let expected {
            verifier.fault(
                expected.number,
                "the chain has been rewritten: it does not hold the head that was seen, \(expected.number):\(expected.hash)"
            )
        }
        return verifier
    }
}
