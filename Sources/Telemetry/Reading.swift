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

/// The quality flags of a reading. A reading without flags is `good`. Only `QualityControl` sets flags.
///
/// Flags follow IOOS QARTOD's idea: a reading is kept and labelled, never silently corrected.
@usableFromInline
package struct Quality: OptionSet, Hashable, Sendable, BitwiseCopyable {
    @usableFromInline package var rawValue: UInt16
    @inlinable package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Outside the plausible range of its profile (QARTOD gross range test, fail).
    package static let implausible = Quality(rawValue: 1 << 0)
    /// The device's own time was not believed; the event time is the arrival time.
    package static let clockReplaced = Quality(rawValue: 1 << 1)
    /// Arrived after its series had moved on by more than the allowed lateness: stored, but not evaluated.
    package static let late = Quality(rawValue: 1 << 2)
    /// Not a finite number in the canonical unit: a number near the largest double can become infinite.
    package static let notFinite = Quality(rawValue: 1 << 3)

    /// The device's time does not name its zone, and lies in an hour that clocks have shown twice: it may be an hour
    /// earlier.
    package static let ambiguousTime = Quality(rawValue: 1 << 4)

    /// True if windows take this reading by default: none of `implausible`, `late` and `notFinite` is set.
    @inlinable package var isUsable: Bool { rawValue & 0b1101 == 0 }

    /// The flags by name.
    package var names: [String] {
        [
            (Quality.implausible, "implausible"), (.clockReplaced, "clock-replaced"), (.late, "late"),
            (.notFinite, "not-finite"), (.ambiguousTime, "ambiguous-time"),
        ]
        .filter { contains($0.0) }.map(\.1)
    }

    /// The grade that follows from the flags, in QARTOD's words: `good`, `suspect` or `bad`.
    package var grade: String { isEmpty ? "good" : isUsable ? "suspect" : "bad" }
}
