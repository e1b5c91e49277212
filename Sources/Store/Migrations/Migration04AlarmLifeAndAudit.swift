internal import GRDB

enum Migration4 {
    /// Adds an alarm's state in words, chattering and the state of its escalation. Also adds suppressions, parked
    /// escalations, the audit chain, and the number of the last forwarded reading.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE alarm ADD COLUMN state TEXT NOT NULL DEFAULT 'normal';
                ALTER TABLE alarm ADD COLUMN suppressed INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE alarm ADD COLUMN flapping TEXT;
                ALTER TABLE alarm ADD COLUMN area TEXT;
                ALTER TABLE alarm ADD COLUMN course TEXT;
                UPDATE alarm SET state = CASE
                    WHEN cleared IS NULL AND EXISTS (SELECT 1 FROM shelf
                        WHERE shelf.rule = alarm.rule AND shelf.group_name = alarm.group_name) THEN 'shelved'
                    WHEN cleared IS NULL AND acknowledged IS NULL THEN 'unacknowledged'
                    WHEN cleared IS NULL THEN 'acknowledged'
                    WHEN acknowledged IS NULL THEN 'returned'
                    ELSE 'normal' END;
                DROP INDEX alarm_returned;
                CREATE INDEX alarm_returned ON alarm (raised) WHERE state = 'returned';

                -- What operators have suppressed, by whom and why; `until` is NULL for what is out of service.
                CREATE TABLE aside (
                    rule TEXT NOT NULL,
                    group_name TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    since INTEGER NOT NULL,
                    until INTEGER,
                    person TEXT NOT NULL,
                    reason TEXT NOT NULL,
                    PRIMARY KEY (rule, group_name)
                ) STRICT;
                INSERT INTO aside SELECT rule, group_name, 'shelved', since, until, person, reason FROM shelf;
                DROP TABLE shelf;

                -- What a destination has refused waits for a person, and delays nothing else.
                ALTER TABLE escalation ADD COLUMN parked INTEGER;
                DROP INDEX escalation_waiting;
                CREATE INDEX escalation_waiting ON escalation (destination, id)
                    WHERE delivered IS NULL AND parked IS NULL;
                CREATE INDEX escalation_alarm ON escalation (alarm, destination);

                -- Rows are only ever appended. The hash is SHA-256 over the hash before and the record, both as UTF-8.
                -- AUTOINCREMENT keeps the highest number even if the last records are removed.
                CREATE TABLE audit (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    record TEXT NOT NULL,
                    hash TEXT NOT NULL
                ) STRICT;
                -- The hash before the first record that is still kept.
                CREATE TABLE audit_anchor (id INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;

                -- How far readings have been forwarded upstream, by destination.
                CREATE TABLE forward (destination TEXT PRIMARY KEY, reading INTEGER NOT NULL) STRICT;
                """)
    }
}
