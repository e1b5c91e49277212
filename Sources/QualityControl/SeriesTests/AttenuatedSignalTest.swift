internal import Devices
internal import Telemetry

/// Finds a signal that moves less than it should over a time (QARTOD attenuated signal test).
///
/// A reading costs constant time on average.
struct AttenuatedSignalTest<Measure: SignalMeasure> {
    private let length: Int64
    private let suspect: Double
    private let fail: Double
    private let readingsMin: Int
    /// The shortest time from the first reading of the window to the last; 0 if the profile says how many are enough.
    private let covered: Int64
    /// The number of readings before a reading that decide about it, if they come up to twice as fast as promised.
    let readingsNeeded: Int
    /// The readings of the window, without missing ones.
    private var window = SlidingWindow<Measure>()
    /// The time of the newest reading that had to leave before its time, because the window had too many.
    private var cutAt = Int64.min

    init(_ settings: QualitySettings.AttenuatedSignal, interval: TimeSpan) {
        length = settings.window.nanoseconds
        (suspect, fail) = (
            settings.limits.suspect.map(Measure.size) ?? -1, settings.limits.fail.map(Measure.size) ?? -1
        )
        let promised = length / max(interval.nanoseconds, 1)
        let isStated = settings.readingsMin > 0
        readingsMin = isStated ? settings.readingsMin : max(Int(clamping: (promised * 4 + 4) / 5), 3)
        covered = isStated ? 0 : length / 5 * 4 - interval.nanoseconds
        readingsNeeded = min(max(Int(clamping: promised), readingsMin) * 2, QualitySettings.readingsMax)
    }

    /// Returns the flag of the next value of the series.
    /// - Parameter value: not a number for a missing one.
    mutating func flag(_ value: Double, at time: Instant) -> QualityFlag {
        let oldest = time.nanoseconds.saturatingSubtract(length)
        if window.count >= QualitySettings.readingsMax, let first = window.oldestTime {
            cutAt = first
            window.removeOldest()
        }
        while let first = window.oldestTime, first <= oldest { window.removeOldest() }
        guard value.isFinite else { return .notEvaluated }
        window.add(value, at: time.nanoseconds)
        guard window.count >= readingsMin, cutAt <= oldest, let first = window.oldestTime,
            time.nanoseconds - first >= covered
        else { return .notEvaluated }
        let size = window.summary.size
        return size < fail ? .fail : size < suspect ? .suspect : .pass
    }
}

/// How much a signal moves.
protocol SignalMeasure: WindowSummary {
    /// The size that is compared with the limits.
    var size: Double { get }
    /// Returns the size that a limit of the profile stands for.
    static func size(of limit: Double) -> Double
}

extension ValueRange: SignalMeasure {
    static func size(of limit: Double) -> Double { limit }
}

extension ValueDeviation: SignalMeasure {
    /// Variances are compared, which spares each reading a root.
    static func size(of limit: Double) -> Double { limit * limit }
}
