internal import GRDB

enum Migration10 {
    /// What an alarm was raised by, apart from names, so that it goes on where rules, groups or levels are renamed.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE alarm ADD COLUMN origin TEXT")
    }
}
