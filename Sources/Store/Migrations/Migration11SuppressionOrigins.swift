internal import GRDB

enum Migration11 {
    /// Adds what operators have suppressed, apart from names, so that it stays suppressed when rules or groups are
    /// renamed.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE aside ADD COLUMN origin TEXT")
    }
}
