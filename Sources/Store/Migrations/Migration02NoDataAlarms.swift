internal import GRDB

enum Migration2 {
    /// Marks alarms that were raised because their group has no data. The column's name is an earlier word for "no
    /// data".
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE alarm ADD COLUMN blind INTEGER NOT NULL DEFAULT 0")
    }
}
