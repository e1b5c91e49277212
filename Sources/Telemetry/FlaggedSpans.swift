/// The spans of time in which persons have flagged the readings of series. Their flags replace what the tests found.
///
/// The stored readings are never changed: whoever reads them applies the spans.
package struct FlaggedSpans: Sendable {
    /// A span of one series. Both ends belong to it.
    package struct Span: Sendable, Equatable {
        package var series: SeriesID
        package var start: Instant
        package var end: Instant
        package var flag: QualityFlag

        package init(series: SeriesID, start: Instant, end: Instant, flag: QualityFlag) {
            (self.series, self.start, self.end, self.flag) = (series, start, end, flag)
        }
    }

    /// A part of time with one flag, or with none.
    private struct Part {
        /// In nanoseconds. The part ends where the next one begins.
        var start: Int64
        var flag: QualityFlag?
    }

    /// The position of each series in `parts`, or −1.
    private var places: [Int32] = []
    /// The parts of each series, by their starts.
    private var parts: [[Part]] = []

    /// No spans.
    package init() {}

    /// - Parameter spans: in the order in which persons have flagged them: where two overlap, the later one counts.
    /// - Complexity: for each series, the square of the number of its spans.
    package init(_ spans: [Span]) {
        for (series, spans) in Dictionary(grouping: spans, by: \.series) {
            guard case let index = Int(series.index), index >= 0 else { continue }
            while places.count <= index { places.append(-1) }
            places[index] = Int32(parts.count)
            parts.append(Self.parts(of: spans))
        }
    }

    private static func parts(of spans: [Span]) -> [Part] {
        let ends = spans.map { $0.end.nanoseconds.saturatingAdd(1) }
        let starts = Set(spans.map(\.start.nanoseconds) + ends).sorted()
        return starts.map { start in
            let newest = spans.last { $0.start.nanoseconds <= start && start <= $0.end.nanoseconds }
            return Part(start: start, flag: newest?.flag)
        }
    }

    package var isEmpty: Bool { parts.isEmpty }

    /// Returns a person's flag of a reading of a series at a time; `nil` without one.
    /// - Complexity: constant for a series without spans; otherwise the logarithm of their number.
    package func flag(of series: SeriesID, at time: Instant) -> QualityFlag? {
        let index = Int(series.index)
        guard places.indices.contains(index), case let place = Int(places[index]), place >= 0 else { return nil }
        // The first part that begins after the time.
        var (low, high) = (0, parts[place].count)
        while low < high {
            let middle = (low + high) / 2
            if parts[place][middle].start <= time.nanoseconds { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? parts[place][low - 1].flag : nil
    }

    /// Gives a reading a person's flag, if there is one.
    package func apply(to reading: inout Reading) {
        guard let flag = flag(of: reading.series, at: reading.time) else { return }
        reading.quality = reading.quality.flagged(flag)
    }
}
