internal import Devices
internal import Telemetry

/// Compares how fast the value has changed since the reading before (QARTOD rate of change test).
struct RateOfChangeTest: BitwiseCopyable {
    private struct Point: BitwiseCopyable {
        var time: Int64
        var value: Double
    }

    /// Per nanosecond, so that each reading is spared a division by a billion.
    private let limits: ValueLimits
    private var newest: Point?
    private var before: Point?

    init(_ settings: QualitySettings.Limits) {
        limits = ValueLimits(
            QualitySettings.Limits(suspect: settings.suspect.map { $0 * 1e-9 }, fail: settings.fail.map { $0 * 1e-9 }))
    }

    /// Returns the flag of the next value of the series. The first one passes, as does one after a missing one. Two
    /// values at one time have no rate.
    /// - Parameter value: not a number for a missing one.
    mutating func flag(_ value: Double, at time: Instant) -> QualityFlag {
        defer { (before, newest) = (newest, Point(time: time.nanoseconds, value: value)) }
        guard let newest else { return .pass }
        let passed = Double(time.nanoseconds - newest.time)
        guard passed > 0 else { return .notEvaluated }
        return limits.flag(above: abs(value - newest.value) / passed)
    }

    /// Forgets the reading before the newest one, because it was a spike: the value then has not changed fast, and has
    /// not come back fast.
    mutating func forgetNewest() { newest = before }
}
