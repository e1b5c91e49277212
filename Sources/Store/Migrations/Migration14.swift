internal import GRDB

enum Migration14 {
    /// What makes a flood is found by an index, in the words of this version and of earlier ones. A query uses the
    /// index only if it has the same text (``Store/isRaise``), and this migration never changes: new words need another
    /// one.
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
