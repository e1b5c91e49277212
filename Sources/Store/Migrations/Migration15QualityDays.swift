internal import GRDB

enum Migration15 {
    /// Adds the daily records of the quality of each sensor's data. They outlive the readings.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE quality_day (
                    day TEXT NOT NULL,
                    device TEXT NOT NULL,
                    quantity TEXT NOT NULL,
                    expected INTEGER,
                    received INTEGER NOT NULL,
                    failed INTEGER NOT NULL,
                    suspect INTEGER NOT NULL,
                    not_evaluated INTEGER NOT NULL,
                    late INTEGER NOT NULL,
                    clock_replaced INTEGER NOT NULL,
                    contradicted INTEGER,
                    missing_messages INTEGER,
                    in_time REAL,
                    delay_median REAL,
                    delay_p95 REAL,
                    PRIMARY KEY (day, device, quantity)
                ) STRICT, WITHOUT ROWID;
                """)
    }
}
