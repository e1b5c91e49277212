package import Devices
internal import GRDB
internal import Telemetry

/// A row of the table `maintenance`: a sensor that an operator has put into maintenance.
///
/// `quantity` is empty for a whole device. `since` is the gateway's clock, in nanoseconds since 1970 in UTC.
struct MaintenanceRow: WritableRow {
    enum Column: String, CaseIterable { case device, quantity, person, since, reason }

    static let table = "maintenance"
    static let key = [Column.device, .quantity]

    var maintenance: Maintenance

    init(_ maintenance: Maintenance) { self.maintenance = maintenance }

    init(_ row: StoredRow<MaintenanceRow>) throws(UnreadableValue) {
        let quantity: String = try row.value(.quantity)
        maintenance = Maintenance(
            device: try row.value(.device), quantity: quantity.isEmpty ? nil : quantity,
            person: try row.value(.person), since: try row.time(.since), reason: try row.value(.reason))
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .device: maintenance.device
        case .quantity: maintenance.quantity ?? ""
        case .person: maintenance.person
        case .since: maintenance.since.nanoseconds
        case .reason: maintenance.reason
        }
    }

    fileprivate static let statement = insertion("INSERT OR REPLACE INTO", of: Column.allCases)

    /// Returns all rows that can be read, by device and quantity.
    static func all(_ db: Database, _ unreadable: UnreadableRows) throws -> [Maintenance] {
        try Row.fetchAll(db, sql: "SELECT * FROM maintenance ORDER BY device, quantity").compactMap {
            unreadable.read($0, as: MaintenanceRow.self)?.maintenance
        }
    }
}

/// A sensor that is put into maintenance, or back into service.
package struct MaintenanceChange: Equatable, Sendable {
    package var device: String
    /// `nil` for everything that the device measures.
    package var quantity: String?
    /// `nil` if the sensor is back in service.
    package var maintenance: Maintenance?

    package init(device: String, quantity: String?, maintenance: Maintenance?) {
        (self.device, self.quantity, self.maintenance) = (device, quantity, maintenance)
    }
}

/// What an operator has said of a sensor.
package enum SensorChange: Equatable, Sendable {
    case maintenance(MaintenanceChange)
    /// A span is flagged, or its flag is withdrawn.
    case flaggedSpan(FlaggedSpan)
}

extension Store {
    static func keep(_ change: SensorChange, _ db: Database) throws {
        switch change {
        case .maintenance(let change): try keep(change, db)
        case .flaggedSpan(let span): try keep(span, db)
        }
    }

    /// Stores that a sensor is in maintenance, or that it is back in service.
    private static func keep(_ change: MaintenanceChange, _ db: Database) throws {
        guard let maintenance = change.maintenance else {
            return try db.execute(
                sql: "DELETE FROM maintenance WHERE device = ? AND quantity = ?",
                arguments: [change.device, change.quantity ?? ""])
        }
        try MaintenanceRow(maintenance).write(by: MaintenanceRow.statement, db)
    }

    /// Returns the sensors that operators have put into maintenance, by device and quantity.
    package func maintenance() throws -> [Maintenance] {
        try queue.read { try MaintenanceRow.all($0, unreadable) }
    }
}

extension StoreReader {
    /// Returns the sensors that operators have put into maintenance, by device and quantity.
    package func maintenance() throws -> [Maintenance] {
        try queue.read { try MaintenanceRow.all($0, unreadable) }
    }
}
