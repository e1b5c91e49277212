internal import GRDB

enum Migration8 {
    /// Adds the memory of a device's message numbers and of its clock, packed, by series.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(sql: "CREATE TABLE device_state (series INTEGER PRIMARY KEY, words BLOB NOT NULL)")
    }
}
