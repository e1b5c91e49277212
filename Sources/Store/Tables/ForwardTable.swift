internal import GRDB
package import Telemetry

/// A stored reading, with the names of its series.
package struct NamedReading: Sendable {
    /// The reading's number, which counts from 1 in the order of arrival.
    package var id: Int64
    package var device: String
    package var quantity: String
    package var unit: String
    package var reading: Reading
}

/// The table `forward`: the number of the last reading that was forwarded, by destination.
extension Store {
    /// Returns the number of the last reading that was forwarded to a destination. A new destination
    /// starts after the newest stored reading.
    package func forwarded(to destination: String) async throws -> Int64 {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT INTO forward (destination, reading) VALUES (?, (SELECT coalesce(max(id), 0) FROM reading))
                    ON CONFLICT (destination) DO NOTHING
                    """, arguments: [destination])
            // Retention of earlier versions let the numbers of readings restart: then all stored readings are new.
            try db.execute(
                sql: """
                    UPDATE forward SET reading = (SELECT min(id) - 1 FROM reading)
                    WHERE destination = ? AND reading > (SELECT max(id) FROM reading)
                    """, arguments: [destination])
            return try db.first("SELECT reading FROM forward WHERE destination = ?", [destination]) ?? 0
        }
    }

    /// Lowers the numbers of forwarded readings to that of the newest reading. Call this after a rescue or a repair:
    /// readings beyond it are lost, and new readings get their numbers again.
    func limitForwarded() throws {
        try write {
            try $0.execute(sql: "UPDATE forward SET reading = min(reading, (SELECT coalesce(max(id), 0) FROM reading))")
        }
    }

    /// Stores that readings up to a number were forwarded.
    package func markForwarded(to destination: String, upTo reading: Int64) async throws {
        try await writeWithoutSync { db in
            try db.execute(
                sql: "UPDATE forward SET reading = ? WHERE destination = ?", arguments: [reading, destination])
        }
    }

    /// Returns the readings after a number, in the order of arrival.
    /// - Parameters:
    ///   - arrivedBefore: the end of the batches to return, by the gateway's clock. A batch is returned as a whole.
    ///   - limit: the largest number of returned readings.
    package func readings(after id: Int64, arrivedBefore: Instant, limit: Int) async throws -> [NamedReading] {
        try await looking.read { db in
            let end: Int64? = try db.first(
                "SELECT max(first_reading + count) FROM batch WHERE arrived < ? AND first_reading + count > ?",
                [arrivedBefore.nanoseconds, id])
            guard let end else { return [] }
            let flags = try FlaggedSpans(db, unreadable)
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT reading.id, device, quantity, unit, \(ReadingTable.columns)
                    FROM reading JOIN series ON series.id = series
                    WHERE reading.id > ? AND reading.id < ? ORDER BY reading.id LIMIT ?
                    """, arguments: [id, end, limit]
            ).compactMap { row in
                guard let id: Int64 = row.value(at: 0), let device: String = row.value(at: 1),
                    let quantity: String = row.value(at: 2),
                    let unit: String = row.value(at: 3)
                else { return nil }
                guard var reading = Reading(row, from: 4) else { return nil }
                flags.apply(to: &reading)
                return NamedReading(id: id, device: device, quantity: quantity, unit: unit, reading: reading)
            }
        }
    }
}
