internal import DequeModule
internal import Devices
internal import Telemetry

/// Finds a signal that moves less than it should over a time (QARTOD attenuated signal test).
///
/// A reading costs constant time on average.
struct AttenuatedSignalTest {
    private struct Point {
        let time: Int64
        let value: Double
    }

    private let window: Int64
    private let suspect: Double
    private let fail: Double
    private let readingsMin: Int
    /// The shortest time from the first reading of the window to the last; 0 if the profile says how many are enough.
    private let covered: Int64
    private let measure: QualitySettings.AttenuatedSignal.Measure
    /// The readings of the window, without missing ones, and the position of the first.
    private var points = Deque<Point>()
    private var first = 0
    private var extremes = SlidingExtremes()
    private var deviation = SlidingDeviation()
    /// The time of the newest reading that had to leave before its time, because the window had too many.
    private var cutAt = Int64.min

    init(_ settings: QualitySettings.AttenuatedSignal, interval: TimeSpan) {
        window = settings.window.nanoseconds
        (suspect, fail) = (settings.limits.suspect ?? -.infinity, settings.limits.fail ?? -.infinity)
        let promised = window / max(interval.nanoseconds, 1)
        let isStated = settings.readingsMin > 0
        readingsMin = isStated ? settings.readingsMin : max(Int(clamping: (promised * 4 + 4) / 5), 3)
        covered = isStated ? 0 : window / 5 * 4 - interval.nanoseconds
        measure = settings.measure
        readingsNeeded = min(max(Int(clamping: promised), readingsMin) * 2, QualitySettings.readingsMax)
    }

    /// The number of readings before a reading that decide about it, if they come up to twice as fast as promised.
    let readingsNeeded: Int

    /// Returns the flag of the next value of the series.
    /// - Parameter value: not a number for a missing one.
    mutating func flag(_ value: Double, at time: Instant) -> QualityFlag {
        let oldest = time.nanoseconds.saturatingSubtract(window)
        if points.count >= QualitySettings.readingsMax, let first = points.first {
            cutAt = first.time
            removeFirst()
        }
        while let first = points.first, first.time <= oldest { removeFirst() }
        guard value.isFinite else { return .notEvaluated }
        switch measure {
        case .range: extremes.add(value, at: first + points.count)
        case .deviation: deviation.add(value)
        }
        points.append(Point(time: time.nanoseconds, value: value))
        guard let first = points.first, points.count >= readingsMin, cutAt <= oldest,
            time.nanoseconds - first.time >= covered
        else { return .notEvaluated }
        let size = measure == .range ? extremes.range : deviation.deviation
        return size < fail ? .fail : size < suspect ? .suspect : .pass
    }

    private mutating func removeFirst() {
        let point = points.removeFirst()
        first += 1
        switch measure {
        case .range: extremes.removeAll(before: first)
        case .deviation:
            guard !deviation.remove(point.value) else { return }
            deviation = SlidingDeviation()
            for point in points { deviation.add(point.value) }
        }
    }
}
