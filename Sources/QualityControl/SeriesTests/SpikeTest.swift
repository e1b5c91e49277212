internal import Devices
internal import Telemetry

/// Finds single readings that are far from the ones before and after them (QARTOD spike test).
///
/// Whether a reading is a spike shows when the next one comes. With the differential method only a reading that jumps
/// can be one, so all others are decided at once. With QARTOD's own method, which compares with the mean of the two
/// neighbours, every reading waits for the next.
struct SpikeTest: BitwiseCopyable {
    private let limits: ValueLimits
    /// Set if the mean of the neighbours counts.
    private let isAverage: Bool
    /// The value before the newest one, and the newest one. A missing value is not a number.
    private var before = Double.nan
    private var newest = Double.nan
    private var count = 0

    init(_ settings: QualitySettings.Spike) {
        limits = ValueLimits(settings.limits)
        isAverage = settings.method == .average
    }

    /// What is known when the next value of a series comes.
    struct Result {
        /// The flag of the value before it, which counts only if that one was waiting.
        var before: QualityFlag
        /// Set if the value before it has failed, and went away from its neighbours and back.
        var wasSpike: Bool
        /// The flag of the value itself, as far as it is known.
        var newest: QualityFlag
        /// Set if the value has to wait for the next one.
        var mustWait: Bool
    }

    /// Takes the next value of the series.
    /// - Parameter value: not a number for a missing one.
    mutating func add(_ value: Double) -> Result {
        let decided = flagOfNewest(beside: value)
        let wasSpike = decided == .fail && isBack(beside: value)
        (before, newest) = (newest, value)
        count = min(count + 1, 2)
        // Without a value before it, a reading cannot be compared, whatever comes.
        guard count == 2, before.isFinite, value.isFinite else {
            return Result(before: decided, wasSpike: wasSpike, newest: .notEvaluated, mustWait: false)
        }
        let mustWait = isAverage || abs(newest - before) > limits.least
        return Result(
            before: decided, wasSpike: wasSpike, newest: mustWait ? .notEvaluated : .pass, mustWait: mustWait)
    }

    /// Compares nothing that comes with what has come.
    mutating func forget() { (before, newest, count) = (.nan, .nan, 0) }

    /// Returns whether the newest value went away from the one before it, and the next one came back.
    private func isBack(beside next: Double) -> Bool {
        let (rise, fall) = (newest - before, next - newest)
        return rise < 0 && fall > 0 || rise > 0 && fall < 0
    }

    private func flagOfNewest(beside next: Double) -> QualityFlag {
        guard count == 2, before.isFinite, next.isFinite else { return .notEvaluated }
        if isAverage { return limits.flag(above: abs(newest - (before + next) / 2)) }
        return limits.flag(above: isBack(beside: next) ? min(abs(newest - before), abs(next - newest)) : 0)
    }
}
