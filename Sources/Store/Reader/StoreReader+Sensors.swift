internal import GRDB
package import Telemetry

extension StoreReader {
    /// A sensor with its newest reading, and the quality of its recent readings.
    package struct SensorRow: Sendable, Equatable {
        package var device: String
        package var quantity: String
        /// The unit of ``value``, in which readings are stored.
        package var unit: String
        /// The newest reading by event time, of any quality; `nil` if there is none among the newest million readings
        /// of the store.
        package var newest: Reading?
        /// The number of readings since the requested start, and the number of those that a test has flagged.
        package var count = 0
        package var flagged = 0

        package init(device: String, quantity: String, unit: String) {
            (self.device, self.quantity, self.unit) = (device, quantity, unit)
        }
    }

    /// Returns every sensor that has ever sent, by device and quantity.
    /// - Parameter start: the gateway's clock from which readings are counted.
    /// - Complexity: a million readings, and those since `start`.
    package func sensors(since start: Instant) throws -> [SensorRow] {
        try queue.read { db in
            var rows: [Int32: SensorRow] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT id, device, quantity, unit FROM series") {
                guard let series = unreadable.read(row, as: SeriesRow.self), let id = series.id else { continue }
                rows[id.index] = SensorRow(
                    device: series.name.device, quantity: series.name.quantity, unit: series.name.unit)
            }
            // Search by event time, because a backlog arrives after newer readings.
            let newest = try Row.fetchCursor(
                db,
                sql: """
                    SELECT series, max(time), value, quality FROM reading
                    WHERE id > (SELECT max(id) FROM reading) - 1000000 GROUP BY series
                    """)
            let flags = try FlaggedSpans(db, unreadable)
            while let row = try newest.next() {
                guard var reading = Reading(row, from: 0) else { continue }
                flags.apply(to: &reading)
                rows[reading.series.index]?.newest = reading
            }
            let counts = try Row.fetchCursor(
                db,
                sql: """
                    SELECT \(ReadingTable.columns) FROM reading
                    WHERE id >= (SELECT min(first_reading) FROM batch WHERE arrived >= ?)
                    """, arguments: [start.nanoseconds])
            while let row = try counts.next() {
                guard var reading = Reading(row) else { continue }
                flags.apply(to: &reading)
                rows[reading.series.index]?.count += 1
                if reading.quality.hasFinding { rows[reading.series.index]?.flagged += 1 }
            }
            return rows.values.sorted { ($0.device, $0.quantity) < ($1.device, $1.quantity) }
        }
    }
}
