internal import GRDB

extension StoreReader {
    /// Returns the number of the newest reading, which counts from 1; 0 if there is none.
    package func newestReadingNumber() throws -> Int {
        try queue.read { try Int.fetchOne($0, sql: "SELECT max(id) FROM reading") ?? 0 }
    }

    /// Returns the identities of all escalations to a destination, in the order in which they became due.
    package func escalationIdentities(to destination: String) throws -> [String] {
        try queue.read {
            try String.fetchAll(
                $0, sql: "SELECT identity FROM escalation WHERE destination = ? ORDER BY id", arguments: [destination])
        }
    }
}
