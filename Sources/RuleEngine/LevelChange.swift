package import AlarmModel
package import Telemetry

/// What the engine says when an instance's level, its certainty, or (above normal) its suppression or the sensors that
/// it rests on have changed.
package struct LevelChange: Sendable {
    package enum Trigger: Hashable, Sendable {
        case reading(SeriesID)
        case timer
    }

    /// The index of the instance in its plan.
    package var instance: Int
    /// Event time: the reading's that caused it, or the timer's exact moment.
    package var time: Instant
    package var from: Level
    package var to: Level
    /// The level is kept although its condition has become unknown.
    package var isUncertain: Bool
    /// The level is that of the fault for a group of which nothing is known.
    package var hasNoData: Bool
    /// The rule's `suppress` is true: the alarm is recorded, and nobody is told.
    package var isSuppressed: Bool
    package var trigger: Trigger
    /// Those that are silent of several sensors that the rule measures with.
    package var silent: [SeriesID]
    /// The value of every instruction of the rule's program at that moment, `nan` where unknown.
    package var registers: [Double]
}

/// What became of a reading that was given to the engine.
package enum ReadingOutcome: UInt8, Sendable {
    /// In its windows, and evaluated.
    case evaluated
    /// Its series is past it by more than the lateness.
    case tooLate
    /// Flagged as not usable; windows do not take it.
    case unusable
}
