internal import GRDB

enum Migration13 {
    /// Adds a short number for each alarm, for people to type; the facts about the site for commands beside the
    /// gateway; and the sensors that operators have put into maintenance (`quantity` is empty for a whole device).
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE alarm ADD COLUMN number INTEGER;
                UPDATE alarm SET number = numbered.number
                    FROM (SELECT id, row_number() OVER (ORDER BY raised, id) AS number FROM alarm) AS numbered
                    WHERE numbered.id = alarm.id;
                CREATE UNIQUE INDEX alarm_number ON alarm (number);
                CREATE TABLE maintenance (
                    device TEXT NOT NULL,
                    quantity TEXT NOT NULL,
                    person TEXT NOT NULL,
                    since INTEGER NOT NULL,
                    reason TEXT NOT NULL,
                    PRIMARY KEY (device, quantity)
                ) STRICT;
                CREATE TABLE site (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
                """)
    }
}
