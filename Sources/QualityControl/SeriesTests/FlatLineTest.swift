internal import DequeModule
internal import Devices
internal import Telemetry

/// Finds values that have stayed the same for too long (QARTOD flat line test).
///
/// As in the manual, the time is counted in readings at the device's interval: a value that was the same before an
/// outage and after it has not been seen to stay the same meanwhile. It must have passed as well, since a device may
/// send faster than it should.
///
/// It keeps the longest run of readings up to the newest one whose largest and smallest value are within the tolerance.
/// A reading costs constant time on average.
struct FlatLineTest {
    /// The number of readings after which a run is suspect, and fails; `.max` for never.
    private let suspect: Int
    private let fail: Int
    private let tolerance: Double?
    /// The value that may stay for as long as it likes.
    private let usual: Double
    /// The times after which a run is suspect, and fails, less half an interval for what is not sent on the second.
    private let suspectTime: Int64
    private let failTime: Int64
    /// The longest run that is looked for.
    private let longest: Int
    /// The number of readings so far, and the position of the run's first.
    private var position = 0
    private var start = 0
    private var run = SlidingExtremes()
    /// The times of the run's readings.
    private var times = Deque<Int64>()

    init(_ settings: QualitySettings.FlatLine, interval: TimeSpan) {
        func count(_ span: TimeSpan?) -> Int? {
            span.map { Int(clamping: $0.nanoseconds / max(interval.nanoseconds, 1)) }
        }
        (suspect, fail) = (count(settings.suspect) ?? .max, count(settings.fail) ?? .max)
        tolerance = settings.tolerance
        usual = settings.usual ?? .nan
        suspectTime = (settings.suspect ?? .zero).nanoseconds - interval.nanoseconds / 2
        failTime = (settings.fail ?? .zero).nanoseconds - interval.nanoseconds / 2
        longest = [suspect, fail].filter { $0 < .max }.max() ?? 0
    }

    /// The number of readings before a reading that decide about it.
    var readingsNeeded: Int { longest }

    /// Returns the flag of the next value of the series. A missing value counts in a run, and does not end it.
    /// - Parameter value: not a number for a missing one.
    mutating func flag(_ value: Double, at time: Instant) -> QualityFlag {
        defer { position += 1 }
        times.append(time.nanoseconds)
        begin(at: max(start, position - longest))
        guard value.isFinite else { return .notEvaluated }
        run.add(value, at: position)
        while differs(run.range), let older = run.olderExtreme { begin(at: older + 1) }
        if abs(value - usual) <= (tolerance ?? 0) { return .pass }
        let length = position - start
        let passed = time.nanoseconds - (times.first ?? time.nanoseconds)
        if length >= fail, passed >= failTime { return .fail }
        return length >= suspect && passed >= suspectTime ? .suspect : .pass
    }

    /// Lets the run begin at a position.
    private mutating func begin(at first: Int) {
        times.removeFirst(min(first - start, times.count))
        start = first
        run.removeAll(before: first)
    }

    private func differs(_ range: Double) -> Bool { tolerance.map { range >= $0 } ?? (range > 0) }
}
