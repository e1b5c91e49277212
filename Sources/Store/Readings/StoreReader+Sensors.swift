internal import Foundation
internal import GRDB
package import Telemetry

extension StoreReader {
    /// What is stored of a sensor: its newest reading, and how good the recent ones are.
    package struct SensorRow: Sendable, Equatable {
        package var device: String
        package var quantity: String
        /// The unit of ``value``, in which readings are stored.
        package var unit: String
        /// The newest reading of any quality, by its time; `nil` where there is none among the newest million readings
        /// of the store.
        package var newest: Reading?
        /// The readings since the moment that was asked for, and those of them that a test has flagged.
        package var count = 0
        package var flagged = 0

        package init(device: String, quantity: String, unit: String) {
            (self.device, self.quantity, self.unit) = (device, quantity, unit)
        }
    }

    /// Every sensor that has ever sent, by device and quantity. O(a million readings, and those since `start`).
    package func sensors(since start: Instant) throws -> [SensorRow] {
        try queue.read { db in
            var rows: [Int32: SensorRow] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT id, device, quantity, unit FROM series") {
                guard let id: Int32 = row.value(at: 0), let device: String = row.value(at: 1),
                    let quantity: String = row.value(at: 2)
                else {
                    continue
                }
                rows[id] = SensorRow(device: device, quantity: quantity, unit: row.value(at: 3) ?? "")
            }
            // Not only the last that came: a backlog comes behind what is newer.
            let newest = try Row.fetchCursor(
                db,
                sql: """
                    SELECT series, max(time), value, quality FROM reading
                    WHERE id > (SELECT max(id) FROM reading) - 1000000 GROUP BY series
                    """)
            while let row = try newest.next() {
                if let reading = Reading(row, from: 0) { rows[reading.series.index]?.newest = reading }
            }
            let counts = try Row.fetchCursor(
                db,
                sql: """
                    SELECT series, count(*), sum(quality != 0) FROM reading
                    WHERE id >= (SELECT min(first_reading) FROM batch WHERE arrived >= ?) GROUP BY series
                    """, arguments: [start.nanoseconds])
            while let row = try counts.next() {
                guard let id: Int32 = row.value(at: 0) else { continue }
                rows[id]?.count = row.value(at: 1) ?? 0
                rows[id]?.flagged = row.value(at: 2) ?? 0
            }
            return rows.values.sorted { ($0.device, $0.quantity) < ($1.device, $1.quantity) }
        }
    }

    /// A payload of which a part could not be read, as it came.
    package struct Refusal: Sendable, Codable, Equatable {
        package var device: String
        package var topic: String
        package var arrived: String
        package var reason: String
        /// What is not UTF-8 in it is shown as `U+FFFD`.
        package var payload: String
        package var bytes: Int
    }

    /// The payloads that are kept because a part of them could not be read, oldest first.
    /// - Parameter device: of this one alone.
    package func refusals(of device: String? = nil, limit: Int) throws -> [Refusal] {
        try queue.read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT * FROM refused_payload WHERE ?1 IS NULL OR device = ?1 ORDER BY id DESC LIMIT ?2",
                arguments: [device, limit]
            ).reversed().compactMap { row in
                unreadable.read(row, of: "refused_payload") { row throws(UnreadableValue) in
                    let payload: [UInt8] = Array(try row.optional("payload") as Data? ?? Data())
                    return Refusal(
                        device: try row.value("device"), topic: try row.value("topic"),
                        arrived: Instant(nanoseconds: try row.value("arrived")).description,
                        reason: try row.value("reason"),
                        payload: String(decoding: payload, as: UTF8.self), bytes: payload.count)
                }
            }
        }
    }

    /// How many payloads are kept of each device because a part of them could not be read, since a moment of the
    /// gateway's clock.
    package func refusalCounts(since start: Instant) throws -> [String: Int] {
        try queue.read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT device, count(*) FROM refused_payload WHERE arrived >= ? GROUP BY device",
                arguments: [start.nanoseconds])
            return Dictionary(
                rows.compactMap { row in (row.value(at: 0) as String?).map { ($0, row.value(at: 1) ?? 0) } }
            ) { $1 }
        }
    }
}
