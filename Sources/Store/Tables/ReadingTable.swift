internal import GRDB
internal import GRDBSQLite
internal import Telemetry

/// The table `reading`: every stored reading, in the order of arrival. Rows are never changed.
///
/// `time` is event time, in nanoseconds since 1970 in UTC. `value` is in the unit of the series, and NULL for a value
/// that is not a number. `quality` is a ``Quality``.
enum ReadingTable {
    /// The columns that ``Reading`` is read from, in the order that it expects.
    static let columns = "series, time, value, quality"
}

extension Reading {
    /// Reads ``ReadingTable/columns``, which begin at the position `first`. This is the only decoder of readings.
    ///
    /// `nil` if a column holds something that was never written: pages of a damaged file may hold anything. A missing
    /// reading shows in the checksum of its batch, so readings are not reported row by row.
    @inline(__always)
    init?(_ row: Row, from first: Int = 0) {
        guard let series = Int64.fromDatabaseValue(row[first]).flatMap({ Int32(exactly: $0) }),
            let time = Int64.fromDatabaseValue(row[first + 1]), let quality = Int64.fromDatabaseValue(row[first + 3])
        else { return nil }
        self.init(
            series: SeriesID(index: series), time: Instant(nanoseconds: time),
            value: Double.fromDatabaseValue(row[first + 2]) ?? .nan,
            quality: Quality(rawValue: UInt32(truncatingIfNeeded: quality)))
    }
}

extension Store {
    /// Appends readings, and the batch that they are.
    ///
    /// This is the hot path of the store: the statement is kept, values are bound without boxes, and nothing is
    /// allocated per reading.
    static func append(_ readings: [Reading], arrived: Instant, _ db: Database) throws {
        guard !readings.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: "INSERT INTO reading (series, time, value, quality) VALUES (?, ?, ?, ?)")
        let handle = statement.sqliteStatement
        var oldest = Int64.max
        var newest = Int64.min
        var checksum = ReadingChecksum()
        for reading in readings {
            checksum.add(reading)
            oldest = min(oldest, reading.time.nanoseconds)
            newest = max(newest, reading.time.nanoseconds)
            sqlite3_bind_int64(handle, 1, Int64(reading.series.index))
            sqlite3_bind_int64(handle, 2, reading.time.nanoseconds)
            sqlite3_bind_double(handle, 3, reading.value)
            sqlite3_bind_int64(handle, 4, Int64(reading.quality.rawValue))
            let code = sqlite3_step(handle)
            sqlite3_reset(handle)
            guard code == SQLITE_DONE else {
                throw DatabaseError(
                    resultCode: ResultCode(rawValue: code),
                    message: String(cString: sqlite3_errmsg(db.sqliteConnection)))
            }
        }
        let batch = BatchRow(
            first: db.lastInsertedRowID - Int64(readings.count) + 1, count: readings.count, arrived: arrived,
            oldest: Instant(nanoseconds: oldest), newest: Instant(nanoseconds: newest), checksum: checksum.value)
        try batch.append(db)
    }
}
