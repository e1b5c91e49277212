internal import GRDB

enum Migration11 {
    /// Adds the origin of a suppressed alarm, apart from names, so that it stays suppressed when rules or groups are
    /// renamed.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE aside ADD COLUMN origin TEXT")
    }
}
