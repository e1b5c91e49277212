internal import GRDB

enum Migration8 {
    /// What is remembered of a device's message numbers and of its clock, packed, by the series that it belongs to.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(sql: "CREATE TABLE device_state (series INTEGER PRIMARY KEY, words BLOB NOT NULL)")
    }
}
