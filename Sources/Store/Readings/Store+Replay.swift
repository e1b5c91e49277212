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

    /// The newest stored value of a series, if it is among the newest million readings.
    package func newestValue(of series: SeriesID) throws -> Double? {
        try queue.read { db in
            try Double.fetchOne(
                db,
                sql: "SELECT value FROM reading WHERE id > (SELECT max(id) FROM reading) - 1000000 AND series = ? ORDER BY id DESC LIMIT 1",
                arguments: [series.index])
        }
    }

    /// The gateway's clock when the newest readings came, as far as is known the last that it did.
    package func newestArrival() throws -> Instant? {
        try queue.read { db in
            try Int64.fetchOne(db, sql: "SELECT arrived FROM batch ORDER BY first_reading DESC LIMIT 1").map { Instant(nanoseconds: $0) }
        }
    }

    /// Gives the readings with event times after `start` and before `end` to `body`, in the order in which they arrived, with
    /// the gateway's clock when the first of those arrived that were stored together.
    ///
    /// Of a series with readings at or after `end` (the clock was ahead when they came) only those are given that arrived
    /// after the last of them: what it was before them is not what it is now.
    package func replay(
        after start: Instant, before end: Instant = .distantFuture, _ body: (_ reading: Reading, _ arrived: Instant) -> Void
    ) throws {
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
            let batches = try Row.fetchCursor(
                db, sql: "SELECT first_reading + count, arrived FROM batch WHERE first_reading >= ? ORDER BY first_reading",
                arguments: [first])
            var batch: (end: Int64, arrived: Instant) = (.min, .distantPast)
            while let row = try rows.next() {
                let (series, id): (Int32, Int64) = (row[0], row[4])
                while id >= batch.end, let next = try batches.next() {
                    batch = (end: next[0], arrived: Instant(nanoseconds: next[1]))
                }
                if let last = lastAhead[series], id < last { continue }
                body(
                    Reading(row), batch.arrived)
            }
        }
    }
}
