internal import Alarms
internal import GRDB
package import Telemetry

extension Store {
    /// Returns the event time of the newest stored reading before a moment; `nil` if there is none.
    package func newestReading(before end: Instant = .distantFuture) throws -> Instant? {
        try queue.read { db in
            let newest = try db.first("SELECT max(newest) FROM batch WHERE typeof(newest) = 'integer'") as Int64?
            guard let newest, newest >= end.nanoseconds else { return newest.map { Instant(nanoseconds: $0) } }
            // The clock was ahead once, so the readings themselves have to be searched.
            let time: Int64? = try db.first("SELECT max(time) FROM reading WHERE time < ?", [end.nanoseconds])
            return time.map { Instant(nanoseconds: $0) }
        }
    }

    /// Returns the newest stored value of a series, if it is among the newest million readings.
    package func newestValue(of series: SeriesID) throws -> Double? {
        try queue.read { db in
            try db.first(
                """
                SELECT value FROM reading WHERE id > (SELECT max(id) FROM reading) - 1000000 AND series = ?
                ORDER BY id DESC LIMIT 1
                """,
                [series.index])
        }
    }

    /// Returns the gateway's clock when the newest readings arrived: the last moment at which it certainly ran.
    package func newestArrival() throws -> Instant? {
        try queue.read { db in
            let arrived: Int64? = try db.first(
                "SELECT arrived FROM batch WHERE typeof(arrived) = 'integer' ORDER BY first_reading DESC LIMIT 1")
            return arrived.map { Instant(nanoseconds: $0) }
        }
    }

    /// Passes the readings that determine the present to `body`, in the order of arrival: all readings from the first
    /// batch that has event times after `start`, and before them some of the newest of each series.
    ///
    /// If a series has readings stamped at or after `end`, the clock was ahead; everything that arrived up to the
    /// last of them is skipped.
    ///
    /// - Parameters:
    ///   - wanted: how many usable readings from before `start` each series needs, by its number. They are searched
    ///     among the ``lookback`` readings before.
    ///   - flags: a reading that a person has flagged counts as usable, or not, by that flag.
    ///   - listened: called before the readings of each batch, with the gateway's clock when the first of them arrived;
    ///     also if none of the batch's readings is passed on.
    package func replay(
        after start: Instant, before end: Instant = .distantFuture, leadingUp wanted: [Int] = [],
        flags: FlaggedSpans = FlaggedSpans(), listened: (Instant) -> Void = { _ in },
        _ body: (Reading) -> Void
    ) throws {
        try queue.read { db in
            let first: Int64? = try db.first(
                "SELECT min(first_reading) FROM batch WHERE newest > ?", [start.nanoseconds])
            guard let first else { return }
            let ahead: Int64? = try db.first(
                "SELECT min(first_reading) FROM batch WHERE newest >= ?", [end.nanoseconds])
            var lastAhead: [Int32: Int64] = [:]
            if let ahead {
                let rows = try Row.fetchAll(
                    db, sql: "SELECT series, max(id) FROM reading WHERE id >= ? AND time >= ? GROUP BY series",
                    arguments: [ahead, end.nanoseconds])
                for row in rows { if let series: Int32 = row.value(at: 0) { lastAhead[series] = row.value(at: 1) } }
            }
            let before = try Self.readings(before: first, wanted, flags, db)
            let rows = try Row.fetchCursor(
                db, sql: "SELECT \(ReadingTable.columns), id FROM reading WHERE id >= ? AND time < ? ORDER BY id",
                arguments: [first, end.nanoseconds])
            let batches = try Row.fetchCursor(
                db,
                sql: """
                    SELECT first_reading + count, arrived FROM batch WHERE first_reading + count > ?
                    ORDER BY first_reading
                    """,
                arguments: [before.first?.id ?? first])
            var batchEnd = Int64.min
            func give(_ reading: Reading, _ id: Int64) throws {
                while id >= batchEnd, let next = try batches.next() {
                    // A batch that cannot be read is treated as part of the next.
                    guard let end: Int64 = next.value(at: 0), let arrived: Int64 = next.value(at: 1) else { continue }
                    batchEnd = end
                    listened(Instant(nanoseconds: arrived))
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

    /// The number of readings searched before the first batch: about a second's work.
    private static let lookback: Int64 = 500_000

    /// Returns the newest usable readings of each series that were stored before one, in the order of arrival.
    /// - Parameter wanted: how many usable readings each series needs, by its number.
    private static func readings(before first: Int64, _ wanted: [Int], _ flags: FlaggedSpans, _ db: Database)
        throws -> [(id: Int64, reading: Reading)]
    {
        var wanted = wanted
        var missing = wanted.count { $0 > 0 }
        guard missing > 0 else { return [] }
        var found: [(id: Int64, reading: Reading)] = []
        let rows = try Row.fetchCursor(
            db, sql: "SELECT \(ReadingTable.columns), id FROM reading WHERE id < ? AND id >= ? ORDER BY id DESC",
            arguments: [first, first - lookback])
        while missing > 0, let row = try rows.next() {
            guard let reading = Reading(row), case let series = Int(reading.series.index),
                wanted.indices.contains(series),
                wanted[series] > 0
            else { continue }
            found.append((row[4], reading))
            let flag = flags.flag(of: reading.series, at: reading.time)
            guard flag.map(reading.quality.flagged)?.isUsable ?? reading.quality.isUsable else { continue }
            wanted[series] -= 1
            if wanted[series] == 0 { missing -= 1 }
        }
        return found.reversed()
    }
}
