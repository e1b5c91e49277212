internal import GRDB

enum Migration5 {
    /// A checksum over the readings that were committed together, missing for those from before; a way to the newest
    /// escalations of a destination.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE batch ADD COLUMN checksum INTEGER;
                CREATE INDEX escalation_created ON escalation (destination, created);
                """)
    }
}
