internal import GRDB

enum Migration2 {
    /// Alarms that stand for a group of which nothing is known.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE alarm ADD COLUMN blind INTEGER NOT NULL DEFAULT 0")
    }
}
