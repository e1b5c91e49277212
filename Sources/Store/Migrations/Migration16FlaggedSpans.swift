internal import GRDB

enum Migration16 {
    /// Adds the spans of readings that persons have flagged. `quantity` is empty for a whole device. `is_recorded` says
    /// whether the daily records of quality follow the span.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE flagged_span (
                    number INTEGER PRIMARY KEY,
                    device TEXT NOT NULL,
                    quantity TEXT NOT NULL,
                    start_time INTEGER NOT NULL,
                    end_time INTEGER NOT NULL,
                    flag INTEGER NOT NULL,
                    person TEXT NOT NULL,
                    flagged INTEGER NOT NULL,
                    reason TEXT NOT NULL,
                    withdrawn INTEGER,
                    withdrawn_by TEXT,
                    withdrawn_reason TEXT,
                    is_recorded INTEGER NOT NULL DEFAULT 0
                ) STRICT;
                """)
    }
}
