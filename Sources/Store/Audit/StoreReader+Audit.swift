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

    package func auditHead() throws -> AuditHead {
        try queue.read { db in
            let row =
                try Row.fetchOne(db, sql: "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")
                ?? Row.fetchOne(db, sql: "SELECT id, hash FROM audit_anchor")
            return AuditHead(number: row?.value(at: 0) ?? 0, hash: row?.value(at: 1) ?? AuditChain.origin)
        }
    }

    /// Gives every record, oldest first, with what stands before the first.
    package func forEachAuditRecord(
        from start: (AuditHead) throws -> Void, _ body: (_ record: String, _ hash: String) throws -> Void
    ) throws {
        try queue.read { db in
            let anchor = try Row.fetchOne(db, sql: "SELECT id, hash FROM audit_anchor")
            try start(AuditHead(number: anchor?.value(at: 0) ?? 0, hash: anchor?.value(at: 1) ?? AuditChain.origin))
            let rows = try Row.fetchCursor(db, sql: "SELECT record, hash FROM audit ORDER BY id")
            while let row = try rows.next() { try body(row.value(at: 0) ?? "", row.value(at: 1) ?? "") }
        }
    }

    /// Verifies the chain, and holds it against the transitions that it is about.
    /// - Parameters:
    ///   - expected: a head that was seen before, which must still stand in the chain.
    ///   - progress: called with the count of records now and then.
    package func verifyAudit(expecting expected: AuditHead? = nil, progress: (Int) -> Void = { _ in }) throws -> AuditVerifier {
        var verifier = AuditVerifier(after: (0, AuditChain.origin))
        var hasMet = expected == nil || expected?.number == 0
        try queue.read { db in
            let anchor = try Row.fetchOne(db, sql: "SELECT id, hash FROM audit_anchor")
            if let number: Int64 = anchor?.value(at: 0), let hash: String = anchor?.value(at: 1) {
                verifier = AuditVerifier(after: (number, hash))
                if expected?.number == number { hasMet = expected?.hash == hash }
            }
            let rows = try Row.fetchCursor(db, sql: "SELECT record, hash FROM audit ORDER BY id")
            while let row = try rows.next() {
                // What is no text is no record either.
                let (text, hash): (String, String) = (row.value(at: 0) ?? "", row.value(at: 1) ?? "")
                let record = verifier.take(text, hash: hash)
                if let expected, record?.number == expected.number { hasMet = expected.hash == hash }
                if let record, record.sequence != nil { try compare(record, db, &verifier) }
                if verifier.count % 10_000 == 0 { progress(verifier.count) }
            }
            // What the table knows of its highest number stays when the newest rows are taken away.
            let highest = try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'audit'") ?? 0
            if highest > verifier.head.number {
                verifier.fault(
                    verifier.head.number + 1, "the chain's end was removed: records \(verifier.head.number + 1) to \(highest) are missing")
            }
        }
        if !hasMet, let expected {
            verifier.fault(
                expected.number,
                "the chain has been rewritten: it does not hold the head that was seen, \(expected.number):\(expected.hash)")
        }
        return verifier
    }

    /// A transition that was changed behind the chain's back; those that retention has removed are not missed.
    private func compare(_ record: AuditRecord, _ db: Database, _ verifier: inout AuditVerifier) throws {
        guard
            let row = try Row.fetchOne(
                db, sql: "SELECT * FROM transition WHERE alarm = ? AND sequence = ?", arguments: [record.alarm, record.sequence])
        else {
            let isKept = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM alarm WHERE id = ?)", arguments: [record.alarm]) ?? false
            if isKept {
                verifier.fault(record.number, "the transition \(record.alarm ?? "")#\(record.sequence ?? 0) was removed from the history")
            }
            return
        }
        func text(_ column: String) -> String { (try? row.optional(column)) ?? "" }
        func time(_ column: String) -> String? { (try? row.value(column)).map { Instant(nanoseconds: $0).description } }
        let event = (text("kind"), text("from_level"), text("to_level"), text("summary"), text("causes"), text("person"))
        let own = (record.kind, record.from ?? "", record.to ?? "", record.text ?? "", record.causes ?? "", record.person ?? "")
        let isSameMoment = time("recorded") == record.time && time("time") == record.eventTime
        if event != own || !isSameMoment || text("note") != record.note ?? "" {
            verifier.fault(record.number, "the transition \(record.alarm ?? "")#\(record.sequence ?? 0) was altered in the history")
        }
    }
}
