internal import GRDB

enum Migration5 {
    /// Adds a checksum over the readings that were committed together, which is NULL for earlier ones; and an index
    /// that finds the newest escalations of a destination.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE batch ADD COLUMN checksum INTEGER;
                CREATE INDEX escalation_created ON escalation (destination, created);
                """)
    }
}
