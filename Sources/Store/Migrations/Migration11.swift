internal import GRDB

enum Migration11 {
    /// What people have put aside, apart from names, so that it stays aside where rules or groups are renamed.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE aside ADD COLUMN origin TEXT")
    }
}
