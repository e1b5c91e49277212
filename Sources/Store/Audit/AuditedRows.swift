internal import GRDB

/// What an audit chain says of the rows of its store: gathered record by record, then held against the rows, both ways.
struct AuditedRows {
    /// The newest word on each row, with the number of the record that has it.
    private var said: [String: (number: Int64, fingerprint: String)] = [:]
    /// Alarms that were removed by right, and their transitions with them.
    private var removedAlarms: Set<String> = []
    /// What the chain itself says stands before its first record.
    private var anchor: (number: Int64, value: String)?

    /// Takes the next record of the chain.
    mutating func take(_ record: AuditRecord) {
        if record.kind == AuditRecord.Kind.baseline {
            said.removeAll()
            removedAlarms.removeAll()
        }
        if let value = record.facts?[AuditRecord.anchorFact] { anchor = (record.number, value) }
        for (name, fingerprint) in record.rows ?? [:] {
            if fingerprint == AuditedRow.removed {
                said[name] = nil
                if let row = AuditedRow(name: name), row.table == .alarm { removedAlarms.insert(row.key) }
            } else {
                said[name] = (record.number, fingerprint)
            }
        }
    }

    /// Names each row that no record speaks of, that is not as the newest record says, or that should be there and is not.
    /// Complexity: one look at each row.
    mutating func compare(with db: Database, _ verifier: inout AuditVerifier) throws {
        for table in AuditedTable.allCases {
            let rows = try Row.fetchCursor(db, sql: table.query)
            while let row = try rows.next() {
                let name = AuditedRow(table: table, key: row.value(at: 0) ?? "").name
                guard let (number, fingerprint) = said.removeValue(forKey: name) else {
                    verifier.fault(verifier.head.number, "the \(name) was added to the store: no record speaks of it")
                    continue
                }
                if fingerprint != AuditedRow.fingerprint(of: row) { verifier.fault(number, "the \(name) was altered in the store") }
            }
        }
        for (name, (number, _)) in said.sorted(by: { ($0.value.number, $0.key) < ($1.value.number, $1.key) }) {
            if let alarm = AuditedRow(name: name)?.alarmOfTransition, removedAlarms.contains(alarm) { continue }
            verifier.fault(number, "the \(name) was removed from the store")
        }
    }

    /// An anchor that no record tells of would let records be taken away from the chain's beginning.
    func compare(anchor found: String?, _ verifier: inout AuditVerifier) {
        guard found != anchor?.value else { return }
        verifier.fault(
            anchor?.number ?? verifier.head.number,
            "the chain's beginning is false: \(found ?? "nothing") is said to stand before its first record, and "
                + (anchor.map { "record \($0.number) tells of \($0.value)" } ?? "no record tells of it"))
    }
}
