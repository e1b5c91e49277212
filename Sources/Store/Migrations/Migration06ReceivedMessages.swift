internal import GRDB

enum Migration6 {
    /// Adds the messages of the last commits, by which a message that the broker sends again is recognised.
    @Sendable static func apply(_ db: Database) throws {
        try db.execute(
            sql: """
                -- A row for each commit. `last` is the number of its last message, counted over all commits. `marks`
                -- holds 10 bytes for each message: its packet identifier and the digest of its topic and payload, in
                -- little-endian order.
                CREATE TABLE received_message (last INTEGER PRIMARY KEY, marks BLOB NOT NULL) STRICT;
                """)
    }
}
