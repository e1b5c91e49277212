internal import GRDB

enum Migration3 {
    /// Adds the person who acknowledged an alarm, the actions of people, and shelves.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE alarm ADD COLUMN acknowledged INTEGER;
                ALTER TABLE alarm ADD COLUMN acknowledged_by TEXT;
                ALTER TABLE alarm ADD COLUMN acknowledged_note TEXT;
                ALTER TABLE transition ADD COLUMN person TEXT;
                ALTER TABLE transition ADD COLUMN note TEXT;
                -- What is shelved, until when, by whom and why.
                CREATE TABLE shelf (
                    rule TEXT NOT NULL,
                    group_name TEXT NOT NULL,
                    since INTEGER NOT NULL,
                    until INTEGER NOT NULL,
                    person TEXT NOT NULL,
                    reason TEXT NOT NULL,
                    PRIMARY KEY (rule, group_name)
                ) STRICT;
                CREATE INDEX alarm_returned ON alarm (raised) WHERE cleared IS NOT NULL AND acknowledged IS NULL;
                -- Alarms that ended before they could be acknowledged count as acknowledged.
                UPDATE alarm SET acknowledged = cleared, acknowledged_by = 'migration', acknowledged_note = ''
                    WHERE cleared IS NOT NULL;
                """)
    }
}
