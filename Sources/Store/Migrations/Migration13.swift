internal import GRDB

enum Migration13 {
    /// A short number for each alarm, to be typed; and what commands beside the gateway have to know of its site.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE alarm ADD COLUMN number INTEGER;
                UPDATE alarm SET number = numbered.number
                    FROM (SELECT id, row_number() OVER (ORDER BY raised, id) AS number FROM alarm) AS numbered WHERE numbered.id = alarm.id;
                CREATE UNIQUE INDEX alarm_number ON alarm (number);
                CREATE TABLE site (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
                """)
    }
}
