internal import GRDB
package import Telemetry

/// A row of the table `series`: one quantity of one device, with the number that readings refer to.
struct SeriesRow: WritableRow {
    enum Column: String, CaseIterable {
        case id, device, quantity, unit

        /// The columns of a new series; SQLite gives it a number.
        static let new: [Column] = [.device, .quantity, .unit]
    }

    static let table = "series"
    static let key = [Column.id]

    /// The number, or `nil` before SQLite has given one.
    var id: SeriesID?
    var name: SeriesName

    init(_ name: SeriesName) { self.name = name }

    init(_ row: StoredRow<SeriesRow>) throws(UnreadableValue) {
        id = SeriesID(index: try row.value(.id))
        name = SeriesName(
            device: try row.value(.device), quantity: try row.value(.quantity), unit: try row.value(.unit))
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .id: id.map { Int64($0.index) }
        case .device: name.device
        case .quantity: name.quantity
        case .unit: name.unit
        }
    }

    fileprivate static let statement = insertion(of: Column.new) + " ON CONFLICT (device, quantity) DO NOTHING"
}

/// A series by its names.
package struct SeriesName: Hashable, Sendable {
    package var device: String
    package var quantity: String
    /// The symbol of the unit in which its readings are stored.
    package var unit: String

    package init(device: String, quantity: String, unit: String) {
        self.device = device
        self.quantity = quantity
        self.unit = unit
    }
}

extension Store {
    /// Returns every series that has ever been numbered.
    package func seriesNames() throws -> [SeriesName] {
        try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT id, device, quantity, unit FROM series").compactMap {
                unreadable.read($0, as: SeriesRow.self)?.name
            }
        }
    }

    /// Returns the number of each series. A new series gets the next number, and keeps it.
    package func series(_ wanted: [SeriesName]) throws -> [SeriesName: SeriesID] {
        try write { db in
            var numbers: [SeriesName: SeriesID] = [:]
            for name in wanted {
                try db.cachedStatement(sql: SeriesRow.statement).execute(
                    arguments: SeriesRow(name).arguments(SeriesRow.Column.new))
                let id = try Int32.fetchOne(
                    db.cachedStatement(sql: "SELECT id FROM series WHERE device = ? AND quantity = ?"),
                    arguments: [name.device, name.quantity])
                if let id { numbers[name] = SeriesID(index: id) }
            }
            return numbers
        }
    }
}
