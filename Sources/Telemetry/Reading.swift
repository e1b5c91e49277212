/// A series: the readings of one quantity from one device.
///
/// Its number is dense and stays the same for the life of the store. So per-series state is in arrays at that index,
/// and no name is looked up while a reading is processed.
@usableFromInline
package struct SeriesID: Hashable, Comparable, Sendable, BitwiseCopyable {
    @usableFromInline package var index: Int32
    @inlinable package init(index: Int32) { self.index = index }
    @inlinable package static func < (a: SeriesID, b: SeriesID) -> Bool { a.index < b.index }
}

/// One measured value with its event time, in the canonical unit of its series' quantity.
@usableFromInline
package struct Reading: Hashable, Sendable, BitwiseCopyable {
    /// Event time: the reading's own time, or its arrival time if it has no time of its own that can be believed.
    @usableFromInline package var time: Instant
    @usableFromInline package var value: Double
    @usableFromInline package var series: SeriesID
    @usableFromInline package var quality: Quality

    @inlinable
    package init(series: SeriesID, time: Instant, value: Double, quality: Quality = []) {
        self.series = series
        self.time = time
        self.value = value
        self.quality = quality
    }
}
