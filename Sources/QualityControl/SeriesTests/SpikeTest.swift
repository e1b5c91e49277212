internal import Devices
internal import Telemetry

/// Finds single readings that are far from the ones before and after them (QARTOD spike test).
///
/// Whether a reading is a spike shows when the next one comes. With the differential method only a reading that jumps
/// can be one, so all others are decided at once. With QARTOD's own method, which compares with the mean of the two
/// neighbours, every reading waits for the next.
struct SpikeTest: BitwiseCopyable {
    private let limits: ValueLimits
    private let method: QualitySettings.Spike.Method
    /// The value before the newest one, and the newest one. A missing value is not a number.
    private var before = Double.nan
    private var newest = Double.nan
    private var count = 0

    init(_ settings: QualitySettings.Spike) {
        limits = ValueLimits(settings.limits)
        method = settings.method
    }

    /// Takes the next value of the series.
    /// - Parameter value: not a number for a missing one.
    /// - Returns: the flag of the value before it, which counts only if that one was waiting; and whether this one has
    ///   to wait. One that does not has passed, unless it is the first.
    mutating func add(_ value: Double) -> (before: QualityFlag, newest: QualityFlag, mustWait: Bool) {
        let decided = flagOfNewest(beside: value)
        (before, newest) = (newest, value)
        count = min(count + 1, 2)
        // Without a value before it, a reading cannot be compared, whatever comes.
        guard count == 2, before.isFinite, value.isFinite else { return (decided, .notEvaluated, false) }
        let mustWait = method == .average || abs(newest - before) > limits.least
        return (decided, mustWait ? .notEvaluated : .pass, mustWait)
    }

    private func flagOfNewest(beside next: Double) -> QualityFlag {
        guard count == 2, before.isFinite, next.isFinite else { return .notEvaluated }
        switch method {
        case .average: return limits.flag(above: abs(newest - (before + next) / 2))
        case .differential:
            let (rise, fall) = (newest - before, next - newest)
            let isBack = rise < 0 && fall > 0 || rise > 0 && fall < 0
            return limits.flag(above: isBack ? min(abs(rise), abs(fall)) : 0)
        }
    }
}
