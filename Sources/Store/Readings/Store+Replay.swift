internal import Alarms
internal import GRDB
package import Telemetry

extension Store {
    /// Event time of the newest stored reading, of those from before a moment; `nil` where there is none.
    package func newestReading(before end: Instant = .distantFuture) throws -> Instant? {
        try queue.read { db in
            let newest = try Int64.fetchOne(db, sql: "SELECT max(newest) FROM batch")
            guard let newest, newest >= end.nanoseconds else { return newest.map { Instant(nanoseconds: $0) } }
            // The clock was ahead once: then the readings themselves have to be asked.
            return try Int64.fetchOne(db, sql: "SELECT max(time) FROM reading WHERE time < ?", arguments: [end.nanoseconds])
                .map { Instant(nanoseconds: $0) }
        }
    }

    /// Gives the readings with event times after `start` and before `end` to `body`, in the order in which they arrived.
    ///
    /// Of a series with readings at or after `end` (the clock was ahead when they came) only those are given that arrived
    /// after the last of them: what it was before them is not what it is now.
    package func replay(after start: Instant, before end: Instant = .distantFuture, _ body: (Reading) -> Void) throws {
        try queue.read { db in
            let first = try Int64.fetchOne(
                db, sql: "SELECT min(first_reading) FROM batch WHERE newest > ?", arguments: [start.nanoseconds])
            guard let first else { return }
            let ahead = try Int64.fetchOne(db, sql: "SELECT min(first_reading) FROM batch WHERE newest >= ?", arguments: [end.nanoseconds])
            var lastAhead: [Int32: Int64] = [:]
            if let ahead {
                let rows = try Row.fetchAll(
                    db, sql: "SELECT series, max(id) FROM reading WHERE id >= ? AND time >= ? GROUP BY series",
                    arguments: [ahead, end.nanoseconds])
                for row in rows { lastAhead[row[0]] = row[1] }
            }
            let rows = try Row.fetchCursor(
                db, sql: "SELECT series, time, value, quality, id FROM reading WHERE id >= ? AND time > ? AND time < ? ORDER BY id",
                arguments: [first, start.nanoseconds, end.nanoseconds])
            while let row = try rows.next() {
                let series: Int32 = row[0]
                if !lastAhead.isEmpty, let last = lastAhead[series], case let id:Int64 = row[4], id < last { continue }
                body(
                    Reading(
                        series: SeriesID(index: series), time: Instant(nanoseconds: row[1]), value: row[2] ?? .nan,
                        quality: Quality(rawValue: UInt16(truncatingIfNeeded: row[3] as Int64))))
            }
        }
    }
}
