internal import GRDB

enum Migration5 {
    /// A checksum over the readings that were committed together; missing for those from before.
    @Sendable static func apply(_ db: Database) throws { try db.execute(sql: "ALTER TABLE batch ADD COLUMN checksum INTEGER") }
}
