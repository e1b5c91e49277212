internal import Alarms
internal import GRDB
package import Telemetry

extension Store {
    /// Event time of the newest stored reading that is usable as a clock, or `nil` for an empty store.
    package func newestReading() throws -> Instant? {
        try queue.read { db in
            try Int64.fetchOne(db, sql: "SELECT max(newest) FROM batch").map { Instant(nanoseconds: $0) }
        }
    }

    /// Gives the readings with event times after `start` to `body`, in the order in which they arrived.
    package func replay(after start: Instant, _ body: (Reading) -> Void) throws {
        try queue.read { db in
            let first = try Int64.fetchOne(
                db, sql: "SELECT min(first_reading) FROM batch WHERE newest > ?", arguments: [start.nanoseconds])
            guard let first else { return }
            let rows = try Row.fetchCursor(
                db, sql: "SELECT series, time, value, quality FROM reading WHERE id >= ? AND time > ? ORDER BY id",
                arguments: [first, start.nanoseconds])
            while let row = try rows.next() {
                body(
                    Reading(
                        series: SeriesID(index: row[0]), time: Instant(nanoseconds: row[1]), value: row[2] ?? .nan,
                        quality: Quality(rawValue: UInt16(truncatingIfNeeded: row[3] as Int64))))
            }
        }
    }
}
