internal import GRDB

enum Migration7 {
    /// Adds the MQTT filters that the broker's session may hold.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(sql: "CREATE TABLE subscription (filter TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID")
    }
}
