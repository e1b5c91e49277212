internal import GRDB
internal import Telemetry

extension Reading {
    /// The four columns from `first` on: series, time, value, quality. SQLite keeps what is not a number as NULL.
    @inline(__always)
    init(_ row: Row, from first: Int = 0) {
        self.init(
            series: SeriesID(index: row[first]), time: Instant(nanoseconds: row[first + 1]), value: row[first + 2] ?? .nan,
            quality: Quality(rawValue: UInt16(truncatingIfNeeded: row[first + 3] as Int64)))
    }
}
