internal import GRDB

enum Migration14 {
    /// Alarms that begin because nothing is known of their group count in a flood under their new word, `no-data`, as
    /// they do under the earlier one, `blind`.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(
            sql: """
                DROP INDEX escalation_raise;
                CREATE INDEX escalation_raise ON escalation (destination, created, alarm) WHERE
                    CASE WHEN json_valid(payload) THEN json_extract(payload, '$.data.transition.kind') END
                        IN ('raised', 'no-data', 'blind');
                """)
    }
}
