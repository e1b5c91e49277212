internal import GRDB

enum Migration1 {
    /// Creates the tables of readings, alarms and the outbox. Times are nanoseconds since 1970 in UTC; `recorded`,
    /// `arrived` and `created` are the gateway's clock.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE series (
                    id INTEGER PRIMARY KEY,
                    device TEXT NOT NULL,
                    quantity TEXT NOT NULL,
                    unit TEXT NOT NULL,
                    UNIQUE (device, quantity)
                ) STRICT;

                -- In the order of arrival, and never changed: an append touches the last page only.
                CREATE TABLE reading (
                    id INTEGER PRIMARY KEY,
                    series INTEGER NOT NULL,
                    time INTEGER NOT NULL,
                    value REAL,
                    quality INTEGER NOT NULL
                ) STRICT;

                -- Readings that were committed together: finds readings by time without an index on them.
                CREATE TABLE batch (
                    first_reading INTEGER PRIMARY KEY,
                    count INTEGER NOT NULL,
                    arrived INTEGER NOT NULL,
                    oldest INTEGER NOT NULL,
                    newest INTEGER NOT NULL
                ) STRICT;

                CREATE TABLE alarm (
                    id TEXT PRIMARY KEY,
                    rule TEXT NOT NULL,
                    group_name TEXT NOT NULL,
                    hazard TEXT NOT NULL,
                    labels TEXT NOT NULL,
                    position TEXT,
                    level INTEGER NOT NULL,
                    level_name TEXT NOT NULL,
                    held INTEGER NOT NULL,
                    uncertain INTEGER NOT NULL,
                    raised INTEGER NOT NULL,
                    cleared INTEGER,
                    sequence INTEGER NOT NULL,
                    summary TEXT NOT NULL
                ) STRICT;
                CREATE INDEX alarm_active ON alarm (rule, group_name) WHERE cleared IS NULL;

                CREATE TABLE transition (
                    id INTEGER PRIMARY KEY,
                    alarm TEXT NOT NULL REFERENCES alarm (id) ON DELETE CASCADE,
                    sequence INTEGER NOT NULL,
                    kind TEXT NOT NULL,
                    time INTEGER NOT NULL,
                    recorded INTEGER NOT NULL,
                    from_level TEXT NOT NULL,
                    to_level TEXT NOT NULL,
                    severity INTEGER NOT NULL,
                    uncertain INTEGER NOT NULL,
                    summary TEXT NOT NULL,
                    causes TEXT NOT NULL,
                    device TEXT,
                    rule_version TEXT NOT NULL,
                    UNIQUE (alarm, sequence)
                ) STRICT;

                CREATE TABLE escalation (
                    id INTEGER PRIMARY KEY,
                    identity TEXT NOT NULL UNIQUE,
                    alarm TEXT NOT NULL,
                    destination TEXT NOT NULL,
                    severity INTEGER NOT NULL,
                    payload TEXT NOT NULL,
                    created INTEGER NOT NULL,
                    attempts INTEGER NOT NULL DEFAULT 0,
                    error TEXT,
                    delivered INTEGER
                ) STRICT;
                CREATE INDEX escalation_waiting ON escalation (destination, id) WHERE delivered IS NULL;

                -- Payloads that did not fit, as they arrived; the oldest are removed when there are too many.
                CREATE TABLE refused_payload (
                    id INTEGER PRIMARY KEY,
                    device TEXT NOT NULL,
                    topic TEXT NOT NULL,
                    payload BLOB NOT NULL,
                    reason TEXT NOT NULL,
                    arrived INTEGER NOT NULL
                ) STRICT;
                """)
    }
}
