internal import GRDB
internal import Telemetry

enum Migration12 {
    /// Adds an index that finds the beginnings of alarms, which make up a flood. From here on the audit chain knows
    /// every row of alarms, transitions, escalations and suppressions. A store without such rows gets no record.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE INDEX escalation_raise ON escalation (destination, created, alarm) WHERE
                    CASE WHEN json_valid(payload) THEN json_extract(payload, '$.data.transition.kind') END
                        IN ('raised', 'blind')
                """)
        // The audited tables of that version.
        let tables: [AuditedTable] = [.alarm, .transition, .escalation, .suppression]
        let hasRows = try tables.contains { try Bool.fetchOne(db, sql: "SELECT EXISTS (\($0.query))") ?? false }
        guard try hasRows || AuditAnchor.stored(db) != nil else { return }
        let recorded: Int64? = try db.first("SELECT max(recorded) FROM transition")
        let time = try Store.newestAuditTime(db) ?? Instant(nanoseconds: recorded ?? 0)
        try Store.attestAll(tables, because: "a newer version records each row from here on", at: time, db)
    }
}
