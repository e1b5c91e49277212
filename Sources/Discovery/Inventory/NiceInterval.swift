internal import Telemetry

/// Rounds measured intervals to those that people set.
enum NiceInterval {
    private static let steps: [TimeSpan] =
        [1, 2, 3, 5, 10, 15, 20, 30].map { .seconds($0) } + [1, 2, 3, 5, 10, 15, 20, 30].map { .minutes($0) }
        + [1, 2, 3, 4, 6, 8, 12].map { .hours($0) } + [1, 2, 7].map { .days($0) }

    /// Returns the step that a device is probably set to. It is never much below the measured interval: a device that
    /// is a little later than expected each time must not count as silent.
    static func rounded(_ measured: TimeSpan) -> TimeSpan {
        for step in steps where measured.seconds <= step.seconds * 1.08 { return step }
        return .days(Int64((measured.seconds / 86_400).rounded(.up)))
    }

    /// Returns a measured interval without digits that mean nothing.
    static func shown(_ measured: TimeSpan) -> TimeSpan {
        let seconds = measured.seconds
        let unit: Double = seconds < 10 ? 0.1 : seconds < 600 ? 1 : seconds < 36_000 ? 60 : 3600
        return TimeSpan(seconds: (seconds / unit).rounded() * unit) ?? measured
    }
}
