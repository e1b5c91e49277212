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

    /// Gives the readings that make up the present to `body`, in the order in which they arrived: all that were stored from the
    /// first batch on with event times after `start`, and of each series some of the newest from before that.
    ///
    /// Of a series with readings at or after `end` (the clock was ahead when they came) only those are given that arrived
    /// after the last of them: what it was before them is not what it is now.
    ///
    /// - Parameters:
    ///   - wanted: how many usable readings from before `start` each series needs, by its number. They are looked for among the
    ///     ``lookback`` readings before.
    ///   - listened: gets, before the readings that were stored together, the gateway's clock when the first of them arrived;
    ///     also where none of them is given.
    package func replay(
        after start: Instant, before end: Instant = .distantFuture, leadingUp wanted: [Int] = [], listened: (Instant) -> Void = { _ in },
        _ body: (Reading) -> Void
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
            let before = try Self.readings(before: first, wanted, db)
            let rows = try Row.fetchCursor(
                db, sql: "SELECT series, time, value, quality, id FROM reading WHERE id >= ? AND time < ? ORDER BY id",
                arguments: [first, end.nanoseconds])
            let batches = try Row.fetchCursor(
                db, sql: "SELECT first_reading + count, arrived FROM batch WHERE first_reading + count > ? ORDER BY first_reading",
                arguments: [before.first?.id ?? first])
            var batchEnd = Int64.min
            func give(_ reading: Reading, _ id: Int64) throws {
                while id >= batchEnd, let next = try batches.next() {
                    batchEnd = next[0]
                    listened(Instant(nanoseconds: next[1]))
                }
                if let last = lastAhead[reading.series.index], id < last { return }
                body(reading)
            }
            for (id, reading) in before where reading.time < end { try give(reading, id) }
            while let row = try rows.next() {
                if let reading = Reading(row) { try give(reading, row[4]) }
            }
        }
    }

    /// Among how many readings those are looked for that came before: about a second's work.
    private static let lookback: Int64 = 500_000

    /// Of each series so many of the newest usable readings that were stored before one, in the order in which they came.
    private static func readings(before first: Int64, _ wanted: [Int], _ db: Database) throws -> [(id: Int64, reading: Reading)] {
        var wanted = wanted
        var missing = wanted.count { $0 > 0 }
        guard missing > 0 else { return [] }
        var found: [(id: Int64, reading: Reading)] = []
        let rows = try Row.fetchCursor(
            db, sql: "SELECT series, time, value, quality, id FROM reading WHERE id < ? AND id >= ? ORDER BY id DESC",
            arguments: [first, first - lookback])
        while missing > 0, let row = try rows.next() {
            guard let reading = Reading(row), case let series = Int(reading.series.index), wanted.indices.contains(series),
                wanted[series] > 0
            else { continue }
            found.append((row[4], reading))
            guard reading.quality.isUsable else { continue }
            wanted[series] -= 1
            if wanted[series] == 0 { missing -= 1 }
        }
        return found.reversed()
    }
}
