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
    /// The times after which they are, less half an interval for what is not sent on the second.
    private let suspectTime: Int64
    private let failTime: Int64
    private let tolerance: Double?
    /// The value that may stay for as long as it likes.
    private let usual: Double
    /// The number of readings before a reading that decide about it: no longer run is looked for.
    let readingsNeeded: Int
    private var run = SlidingWindow<ValueRange>()
    private var newest = Double.nan
    private var newestTime = Int64.min
    /// The time of the value before the newest, without missing ones.
    private var timeBefore = Int64.min
    /// Set if the newest value differs from the one before it, and is not in the window yet.
    private var isAlone = false
    /// Set if the newest value is missing. It belongs to the run that comes after it.
    private var isMissing = false

    init(_ settings: QualitySettings.FlatLine, interval: TimeSpan) {
        func count(_ span: TimeSpan?) -> Int? {
            span.map { Int(clamping: $0.nanoseconds / max(interval.nanoseconds, 1)) }
        }
        (suspect, fail) = (count(settings.suspect) ?? .max, count(settings.fail) ?? .max)
        suspectTime = (settings.suspect ?? .zero).nanoseconds - interval.nanoseconds / 2
        failTime = (settings.fail ?? .zero).nanoseconds - interval.nanoseconds / 2
        // Values that differ by the tolerance itself differ, also where their difference is a little less in binary.
        tolerance = settings.tolerance.map { $0 * (1 - ValueLimits.rounding) }
        usual = settings.usual ?? .nan
        readingsNeeded = [suspect, fail].filter { $0 < .max }.max() ?? 0
    }

    /// Returns the flag of the next value of the series. A missing value counts in a run, and does not end it.
    /// - Parameter value: not a number for a missing one.
    mutating func flag(_ value: Double, at time: Instant) -> QualityFlag {
        // Most signals move with each reading. Then there is no run, and the window stays empty.
        if !isMissing, differs(abs(value - newest)) {
            if run.count > 0 { run.removeAll() }
            (newest, newestTime, isAlone) = (value, time.nanoseconds, true)
            return .pass
        }
        if isAlone { run.add(newest, at: newestTime) }
        isAlone = false
        if run.count > readingsNeeded { run.removeOldest() }
        run.add(value, at: time.nanoseconds)
        isMissing = !value.isFinite
        guard value.isFinite else { return .notEvaluated }
        (newest, newestTime, timeBefore) = (value, time.nanoseconds, newestTime)
        while differs(run.summary.size) { run.removeOldest() }
        let before = run.count - 1
        // One value after missing ones is not a line.
        guard before >= min(suspect, fail), timeBefore >= run.oldestTime ?? .max else { return .pass }
        if abs(value - usual) <= (tolerance ?? 0) { return .pass }
        let passed = time.nanoseconds - (run.oldestTime ?? time.nanoseconds)
        if before >= fail, passed >= failTime { return .fail }
        return before >= suspect && passed >= suspectTime ? .suspect : .pass
    }

    /// Values differ by the tolerance, or without one by anything.
    private func differs(_ size: Double) -> Bool { tolerance.map { size >= $0 } ?? (size > 0) }
}
