internal import GRDB

enum Migration14 {
    /// Adds the words of this version to the index of alarms' beginnings. An alarm that begins because its group has
    /// no data counts in a flood as `no-data`, as under the earlier word, `blind`.
    ///
    /// A query uses the index only if it has the same text (``EscalationRow/isRaise``), and this migration never
    /// changes: new words need another one.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(
            sql: """
                DROP INDEX IF EXISTS escalation_raise;
                CREATE INDEX escalation_raise ON escalation (destination, created, alarm)
                    WHERE CASE WHEN json_valid(payload) THEN json_extract(payload, '$.data.transition.kind') END
                        IN ('raised', 'no-data', 'blind');
                """)
    }
}
