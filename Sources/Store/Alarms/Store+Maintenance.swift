package import Devices
internal import GRDB
internal import Telemetry

/// A sensor that is put into maintenance, or back.
package struct MaintenanceChange: Sendable {
    package var device: String
    package var quantity: String?
    /// `nil`: it is back in service.
    package var maintenance: Maintenance?

    package init(device: String, quantity: String?, maintenance: Maintenance?) {
        (self.device, self.quantity, self.maintenance) = (device, quantity, maintenance)
    }
}

extension Store {
    static func keep(_ change: MaintenanceChange, _ db: Database) throws {
        guard let maintenance = change.maintenance else {
            return try db.execute(
                sql: "DELETE FROM maintenance WHERE device = ? AND quantity = ?",
                arguments: [change.device, change.quantity ?? ""])
        }
        try db.execute(
            sql: "INSERT OR REPLACE INTO maintenance (device, quantity, person, since, reason) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                maintenance.device, maintenance.quantity ?? "", maintenance.person, maintenance.since.nanoseconds,
                maintenance.reason,
            ])
    }

    static func maintenance(_ row: Row) throws(UnreadableValue) -> Maintenance {
        let quantity: String = try row.value("quantity")
        return Maintenance(
            device: try row.value("device"), quantity: quantity.isEmpty ? nil : quantity,
            person: try row.value("person"),
            since: Instant(nanoseconds: try row.value("since")), reason: try row.value("reason"))
    }

    /// The sensors that operators have put into maintenance.
    package func maintenance() throws -> [Maintenance] {
        try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM maintenance ORDER BY device, quantity").compactMap {
                unreadable.read($0, of: "maintenance", Self.maintenance)
            }
        }
    }
}

extension StoreReader {
    /// The sensors that operators have put into maintenance.
    package func maintenance() throws -> [Maintenance] {
        try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM maintenance ORDER BY device, quantity").compactMap {
                unreadable.read($0, of: "maintenance", Store.maintenance)
            }
        }
    }
}
