internal import Alarms
internal import GRDB
internal import Telemetry

extension StoreReader {
    /// The chain's newest record, and the hash that stands for all before it.
    package struct AuditHead: Sendable, Codable, Equatable {
        package var number: Int64
        package var hash: String

        package init(number: Int64, hash: String) {
            self.number = number
            self.hash = hash
        }
    }

    /// A record or an anchor, by its number and hash; the beginning of all where there is none.
    private static func head(of row: Row?) -> AuditHead {
        AuditHead(number: row?.value(at: 0) ?? 0, hash: row?.value(at: 1) ?? AuditChain.origin)
    }

    package func auditHead() throws -> AuditHead {
        try queue.read { db in
            let row =
                try Row.fetchOne(db, sql: "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")
                ?? Row.fetchOne(db, sql: "SELECT id, hash FROM audit_anchor")
            return Self.head(of: row)
        }
    }

    /// Gives every record, oldest first, with what stands before the first.
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

    /// Verifies the chain, and holds it against the rows of the store, both ways: each row must be as the newest record
    /// says that speaks of it, and each that a record speaks of must be there, unless it was removed by right.
    ///
    /// What it cannot find, without a head that was noted elsewhere: a chain that someone has rewritten whole, and
    /// records that were appended, or taken from the end together with the table's own count (docs/audit.md).
    /// - Parameters:
    ///   - expected: a head that was seen before, which must still stand in the chain.
    ///   - progress: called with the count of records now and then.
    /// - Complexity: one look at each record and each row; about 250 bytes of memory for each row.
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
                // What is no text is no record either.
                let (text, hash): (String, String) = (row.value(at: 0) ?? "", row.value(at: 1) ?? "")
                if let record = verifier.take(text, hash: hash) {
                    if let expected, record.number == expected.number { hasMet = expected.hash == hash }
                    said.take(record, &verifier)
                }
                if verifier.count % 10_000 == 0 { progress(verifier.count) }
            }
            // What the table knows of its highest number stays when the newest rows are taken away.
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
