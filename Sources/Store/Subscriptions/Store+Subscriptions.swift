internal import GRDB

/// Which filters the broker's session may hold: a persistent session keeps those of earlier runs until they are
/// unsubscribed.
extension Store {
    /// Notes that filters are about to be subscribed to. To be called first, so that no crash forgets one.
    /// - Returns: those that were noted before; `nil` if none ever was.
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

    /// Notes that the session holds no filters but these.
    package func keepSubscriptions(_ filters: [String]) throws {
        try write { db in
            let known = try String.fetchSet(db, sql: "SELECT filter FROM subscription")
            for filter in known.subtracting(filters) {
                try db.execute(sql: "DELETE FROM subscription WHERE filter = ?", arguments: [filter])
            }
        }
    }
}
