internal import GRDB
internal import Telemetry

extension Reading {
    /// The four columns from `first` on: series, time, value, quality. SQLite keeps what is not a number as NULL.
    ///
    /// `nil` where they hold something that was never written: pages of a damaged file may say anything.
    @inline(__always)
    init?(_ row: Row, from first: Int = 0) {
        guard let series = Int64.fromDatabaseValue(row[first]).flatMap({ Int32(exactly: $0) }),
            let time = Int64.fromDatabaseValue(row[first + 1]), let quality = Int64.fromDatabaseValue(row[first + 3])
        else { return nil }
        self.init(
            series: SeriesID(index: series), time: Instant(nanoseconds: time),
            value: Double.fromDatabaseValue(row[first + 2]) ?? .nan,
            quality: Quality(rawValue: UInt16(truncatingIfNeeded: quality)))
    }
}
