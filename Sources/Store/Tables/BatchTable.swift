internal import GRDB
internal import Telemetry

/// A row of the table `batch`: readings that were committed together. It finds readings by time without an index on
/// them.
///
/// Times are nanoseconds since 1970 in UTC.
struct BatchRow: WritableRow {
    enum Column: String, CaseIterable {
        case first = "first_reading"
        case count, arrived, oldest, newest, checksum
    }

    static let table = "batch"
    static let key = [Column.first]

    /// The number of the first reading.
    var first: Int64
    var count: Int
    /// The gateway's clock when the first of the readings arrived.
    var arrived: Instant
    /// The lowest and the highest event time.
    var oldest: Instant
    var newest: Instant
    /// A ``ReadingChecksum`` over the readings; `nil` in rows from before there were checksums.
    var checksum: Int64?

    /// The number after that of the last reading.
    var end: Int64 { first + Int64(count) }

    init(first: Int64, count: Int, arrived: Instant, oldest: Instant, newest: Instant, checksum: Int64?) {
        (self.first, self.count, self.arrived) = (first, count, arrived)
        (self.oldest, self.newest, self.checksum) = (oldest, newest, checksum)
    }

    init(_ row: StoredRow<BatchRow>) throws(UnreadableValue) {
        first = try row.value(.first)
        count = try row.value(.count)
        arrived = try row.time(.arrived)
        oldest = try row.time(.oldest)
        newest = try row.time(.newest)
        checksum = try row.optional(.checksum)
        if count < 0 || first.addingReportingOverflow(Int64(count)).overflow {
            throw row.fault(.count, "holds \(count), which cannot be")
        }
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .first: first
        case .count: count
        case .arrived: arrived.nanoseconds
        case .oldest: oldest.nanoseconds
        case .newest: newest.nanoseconds
        case .checksum: checksum
        }
    }

    private static let statement = insertion(of: Column.allCases)

    func append(_ db: Database) throws {
        try write(by: Self.statement, db)
    }
}
