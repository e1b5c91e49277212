internal import GRDB

enum Migration10 {
    /// Adds the origin of an alarm, apart from names, so that it continues when rules, groups or levels are renamed.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE alarm ADD COLUMN origin TEXT")
    }
}
