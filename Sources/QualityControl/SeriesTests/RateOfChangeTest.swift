internal import Devices
internal import Telemetry

/// Compares how fast the value has changed since the reading before (QARTOD rate of change test).
///
/// Readings that have only their time of arrival may come at once, from a queue. They are given at least an interval.
struct RateOfChangeTest: BitwiseCopyable {
    private struct Point: BitwiseCopyable {
        var time: Int64
        var value: Double
        /// Set if the time is that of the arrival.
        var hasArrivalTime: Bool
    }

    /// Per nanosecond, so that each reading is spared a division by a billion.
    private let limits: ValueLimits
    private let interval: Double
    private var newest: Point?
    private var before: Point?

    init(_ settings: QualitySettings.Limits, interval: TimeSpan) {
        limits = ValueLimits(
            QualitySettings.Limits(suspect: settings.suspect.map { $0 * 1e-9 }, fail: settings.fail.map { $0 * 1e-9 }))
        self.interval = Double(interval.nanoseconds)
    }

    /// Returns the flag of the next value of the series. The first one passes, as does one after a missing one. Two
    /// values at one time have no rate.
    /// - Parameters:
    ///   - value: not a number for a missing one.
    ///   - hasArrivalTime: set if the time is that of the arrival.
    mutating func flag(_ value: Double, at time: Instant, hasArrivalTime: Bool) -> QualityFlag {
        defer {
            (before, newest) = (
                newest, Point(time: time.nanoseconds, value: value, hasArrivalTime: hasArrivalTime)
            )
        }
        guard let newest else { return .pass }
        var passed = Double(time.nanoseconds - newest.time)
        guard passed > 0 else { return .notEvaluated }
        if hasArrivalTime || newest.hasArrivalTime { passed = max(passed, interval) }
        return limits.flag(above: abs(value - newest.value) / passed)
    }

    /// Forgets the reading before the newest one, because it was a spike: the value then has not changed fast, and has
    /// not come back fast.
    mutating func forgetNewest() { newest = before }
}
