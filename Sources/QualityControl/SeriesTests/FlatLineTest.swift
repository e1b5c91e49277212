internal import Devices
internal import Telemetry

/// Finds values that have stayed the same for too long (QARTOD flat line test).
///
/// As in the manual, the time is counted in readings at the device's interval: a value that was the same before an
/// outage and after it has not been seen to stay the same meanwhile.
///
/// It keeps the longest run of readings up to the newest one whose largest and smallest value are within the tolerance.
/// A reading costs constant time on average.
struct FlatLineTest {
    /// The number of readings after which a run is suspect, and fails; `.max` for never.
    private let suspect: Int
    private let fail: Int
    private let tolerance: Double?
    /// The longest run that is looked for.
    private let longest: Int
    /// The number of readings so far, and the position of the run's first.
    private var position = 0
    private var start = 0
    private var run = SlidingExtremes()

    init(_ settings: QualitySettings.FlatLine, interval: TimeSpan) {
        func count(_ span: TimeSpan?) -> Int? {
            span.map { Int(clamping: $0.nanoseconds / max(interval.nanoseconds, 1)) }
        }
        (suspect, fail) = (count(settings.suspect) ?? .max, count(settings.fail) ?? .max)
        tolerance = settings.tolerance
        longest = [suspect, fail].filter { $0 < .max }.max() ?? 0
    }

    /// The number of readings before a reading that decide about it.
    var readingsNeeded: Int { longest }

    /// Returns the flag of the next value of the series. A missing value counts in a run, and does not end it.
    /// - Parameter value: not a number for a missing one.
    mutating func flag(_ value: Double) -> QualityFlag {
        defer { position += 1 }
        start = max(start, position - longest)
        run.removeAll(before: start)
        guard value.isFinite else { return .notEvaluated }
        run.add(value, at: position)
        while differs(run.range), let older = run.olderExtreme {
            start = older + 1
            run.removeAll(before: start)
        }
        let length = position - start
        return length >= fail ? .fail : length >= suspect ? .suspect : .pass
    }

    private func differs(_ range: Double) -> Bool { tolerance.map { range >= $0 } ?? (range > 0) }
}
