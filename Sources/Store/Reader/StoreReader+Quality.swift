internal import GRDB
package import Telemetry

extension StoreReader {
    /// Counts what came of each series in a span of time, by event time.
    ///
    /// Arrivals are known by batch, so delays may be up to a commit's delay too short.
    /// - Complexity: the readings of the batches that have readings of the span.
    package func qualityTallies(from start: Instant, until end: Instant) throws -> [SeriesID: QualityTally] {
        try queue.read { db in
            try QualityTally.all(from: start, until: end, FlaggedSpans(db, unreadable), db)
        }
    }

    /// Returns the number of each series, by its device and quantity, joined by a zero byte.
    package func seriesNumbers() throws -> [String: SeriesID] {
        try queue.read { db in
            var numbers: [String: SeriesID] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT id, device, quantity FROM series") {
                guard let id: Int32 = row.value(at: 0), let device: String = row.value(at: 1),
                    let quantity: String = row.value(at: 2)
                else { continue }
                numbers["\(device)\u{0}\(quantity)"] = SeriesID(index: id)
            }
            return numbers
        }
    }

    /// Returns the gateway's clock when the oldest readings arrived that are kept; `nil` if there are none.
    package func firstArrival() throws -> Instant? {
        try queue.read { try Int64.fetchOne($0, sql: "SELECT min(arrived) FROM batch") }.map {
            Instant(nanoseconds: $0)
        }
    }

    /// Returns the daily records of quality from one day to another, by day and sensor.
    /// - Parameter day: `2018-06-03`
    package func qualityDays(since day: String, upTo last: String = "9999") throws -> [QualityDay] {
        try queue.read { try QualityDay.all(since: day, upTo: last, $0) }
    }
}

extension Store {
    /// Returns the newest day with records up to a day; `nil` if there is none. A clock that was ahead may have left
    /// records of later ones.
    package func newestQualityDay(upTo day: String) throws -> String? {
        try queue.read { db in
            try String.fetchOne(
                db, sql: "SELECT max(day) FROM quality_day WHERE day <= ?", arguments: [day])
        }
    }

    /// Stores the records of a day. Removes those of the oldest days beyond a number of days, so that a clock that is
    /// far ahead does not remove them all.
    package func keep(_ records: [QualityDay], daysMax: Int) async throws {
        try await write { db in
            for record in records { try record.write(db) }
            try db.execute(
                sql: """
                    DELETE FROM quality_day WHERE day < (
                        SELECT day FROM quality_day GROUP BY day ORDER BY day DESC LIMIT 1 OFFSET ?)
                    """, arguments: [daysMax - 1])
        }
    }
}

extension QualityTally {
    fileprivate static func all(from start: Instant, until end: Instant, _ flags: FlaggedSpans, _ db: Database) throws
        -> [SeriesID: QualityTally]
    {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT reading.series, reading.time, reading.value, reading.quality, batch.arrived
                FROM batch CROSS JOIN reading
                    ON reading.id >= batch.first_reading AND reading.id < batch.first_reading + batch.count
                WHERE batch.newest >= ? AND batch.oldest < ?
                """, arguments: [start.nanoseconds, end.nanoseconds])
        var tallies: [QualityTally?] = []
        while let row = try rows.next() {
            guard var reading = Reading(row), reading.time >= start, reading.time < end,
                let arrived: Int64 = row.value(at: 4), case let index = Int(reading.series.index),
                (0..<1_000_000).contains(index)
            else { continue }
            flags.apply(to: &reading)
            while tallies.count <= index { tallies.append(nil) }
            tallies[index].add(
                reading, delay: (Instant(nanoseconds: arrived) - reading.time).seconds)
        }
        var bySeries: [SeriesID: QualityTally] = [:]
        for (index, tally) in tallies.enumerated() {
            if let tally { bySeries[SeriesID(index: Int32(index))] = tally }
        }
        return bySeries
    }
}

extension Optional<QualityTally> {
    fileprivate mutating func add(_ reading: Reading, delay: Double) {
        if self == nil { self = QualityTally() }
        self?.add(reading, delay: delay)
    }
}
