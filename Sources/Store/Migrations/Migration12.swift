internal import GRDB
internal import Telemetry

enum Migration12 {
    /// What makes a flood is found by an index. The audit chain knows every row of what happened, who was told and what
    /// is put aside, from here on. Nothing is said in a store in which nothing has happened yet.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE INDEX escalation_raise ON escalation (destination, created, alarm)
                    WHERE CASE WHEN json_valid(payload) THEN json_extract(payload, '$.data.transition.kind') END
                        IN ('raised', 'blind')
                """)
        // Those that there were then.
        let tables: [AuditedTable] = [.alarm, .transition, .escalation, .suppression]
        let hasRows = try tables.contains { try Bool.fetchOne(db, sql: "SELECT EXISTS (\($0.query))") ?? false }
        guard try hasRows || Store.anchor(db) != nil else { return }
        let recorded: Int64? = try db.first("SELECT max(recorded) FROM transition")
        let time = try Store.newestAuditTime(db) ?? Instant(nanoseconds: recorded ?? 0)
        try Store.attestAll(tables, because: "a newer version records each row from here on", at: time, db)
    }
}
