internal import GRDB

/// The table `subscription`: the MQTT filters that the broker's session may hold, one a row. A persistent session keeps
/// those of earlier runs until they are unsubscribed.
extension Store {
    /// Stores that filters are about to be subscribed to. Call this before subscribing, so that no crash loses one.
    /// - Returns: the filters that were stored before; `nil` if there were none.
    @discardableResult
    package func noteSubscriptions(_ filters: [String]) throws -> Set<String>? {
        let known = try write { db in
            let known = try String.fetchSet(db, sql: "SELECT filter FROM subscription")
            for filter in filters where !known.contains(filter) {
                try db.execute(sql: "INSERT INTO subscription (filter) VALUES (?)", arguments: [filter])
            }
            return known
        }
        return known.isEmpty ? nil : known
    }

    /// Stores that the session holds these filters and no others.
    package func keepSubscriptions(_ filters: [String]) throws {
        try write { db in
            let known = try String.fetchSet(db, sql: "SELECT filter FROM subscription")
            for filter in known.subtracting(filters) {
                try db.execute(sql: "DELETE FROM subscription WHERE filter = ?", arguments: [filter])
            }
        }
    }
}
