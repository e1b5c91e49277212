internal import GRDB

/// The statements of an audit chain about the rows of its store. They are collected record by record, then compared
/// with the rows in both directions.
struct AuditedRows {
    /// The newest fingerprint of each row, with the number of the record that has it.
    private var said: [String: (number: Int64, fingerprint: String)] = [:]
    /// Alarms that the gateway has removed, and their transitions with them.
    private var removedAlarms: Set<String> = []
    /// The fingerprints from before the newest baseline, while its parts are taken.
    private var saidBefore: [String: (number: Int64, fingerprint: String)]?
    /// The record before the first one, as the chain itself names it.
    private var anchor: (number: Int64, value: String)?

    /// Takes the next record of the chain, and names the rows that the gateway found to be other than the chain had
    /// said.
    mutating func take(_ record: AuditRecord, _ verifier: inout AuditVerifier) {
        switch record.kind {
        case AuditRecord.Kind.baseline:
            if record.facts?[AuditRecord.partFact] == nil { begin(record) }
            for (name, fingerprint) in record.rows ?? [:] {
                if let saidBefore { compare(name, fingerprint, with: saidBefore[name], at: record.number, &verifier) }
                said[name] = (record.number, fingerprint)
            }
        case AuditRecord.Kind.retention:
            take(anchorOf: record, &verifier)
            // The newest fingerprints in the removed records, unless a newer record is known.
            for (name, fingerprint) in record.rows ?? [:] where said[name] == nil {
                said[name] = (record.number, fingerprint)
            }
        default:
            for (name, fingerprint) in record.before ?? [:] {
                compare(name, fingerprint, with: said[name], at: record.number, &verifier)
            }
            for (name, fingerprint) in record.rows ?? [:] { note(name, fingerprint, record.number) }
        }
    }

    private mutating func begin(_ record: AuditRecord) {
        // A chain without records of rows, or one that could not be read to its end, cannot show the correct rows.
        saidBefore = said.isEmpty || record.facts?[AuditRecord.incompleteFact] != nil ? nil : said
        said.removeAll()
        removedAlarms.removeAll()
        if let value = record.facts?[AuditRecord.anchorFact] { anchor = (record.number, value) }
    }

    private mutating func take(anchorOf record: AuditRecord, _ verifier: inout AuditVerifier) {
        guard let value = record.facts?[AuditRecord.anchorFact] else { return }
        if let before = record.facts?[AuditRecord.anchorBeforeFact], let anchor, anchor.value != before {
            verifier.fault(
                record.number,
                "the chain's beginning had been altered: it was \(before), and record \(anchor.number) tells of \(anchor.value)"
            )
        }
        anchor = (record.number, value)
    }

    private mutating func note(_ name: String, _ fingerprint: String, _ number: Int64) {
        guard fingerprint == AuditedRow.removed else { return said[name] = (number, fingerprint) }
        said[name] = nil
        if let row = AuditedRow(name: name), row.table == .alarm { removedAlarms.insert(row.key) }
    }

    private func compare(
        _ name: String, _ fingerprint: String, with word: (number: Int64, fingerprint: String)?, at number: Int64,
        _ verifier: inout AuditVerifier
    ) {
        guard word?.fingerprint != fingerprint else { return }
        verifier.fault(
            number,
            word.map { "the \(name) had been altered in the store since record \($0.number)" }
                ?? "the \(name) had been added to the store: no record spoke of it")
    }

    /// Names each row that no record is about, that differs from the newest record, or that is missing.
    /// Complexity: O(rows).
    mutating func compare(with db: Database, _ verifier: inout AuditVerifier) throws {
        for table in AuditedTable.allCases {
            let rows = try Row.fetchCursor(db, sql: table.query)
            while let row = try rows.next() {
                let name = AuditedRow(table: table, key: row.value(at: 0) ?? "").name
                guard let (number, fingerprint) = said.removeValue(forKey: name) else {
                    verifier.fault(verifier.head.number, "the \(name) was added to the store: no record speaks of it")
                    continue
                }
                if fingerprint != AuditedRow.fingerprint(of: row) {
                    verifier.fault(number, "the \(name) was altered in the store")
                }
            }
        }
        for (name, (number, _)) in said.sorted(by: { ($0.value.number, $0.key) < ($1.value.number, $1.key) }) {
            if let alarm = AuditedRow(name: name)?.alarmOfTransition, removedAlarms.contains(alarm) { continue }
            verifier.fault(number, "the \(name) was removed from the store")
        }
    }

    /// Compares the stored anchor with the chain's. An anchor that no record names would allow somebody to remove
    /// records from the chain's beginning.
    func compare(anchor found: String?, _ verifier: inout AuditVerifier) {
        guard found != anchor?.value else { return }
        verifier.fault(
            anchor?.number ?? verifier.head.number,
            "the chain's beginning is false: \(found ?? "nothing") is said to stand before its first record, and "
                + (anchor.map { "record \($0.number) tells of \($0.value)" } ?? "no record tells of it"))
    }
}
