package import AlarmModel
package import Telemetry

/// A change of an instance: of its level, of its certainty, or (above normal) of its suppression or of which of its
/// sensors are silent.
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
    /// The level is that of the fault for a group without data.
    package var hasNoData: Bool
    /// The rule's `suppress` is true: the alarm is recorded, and nobody is notified.
    package var isSuppressed: Bool
    package var trigger: Trigger
    /// The silent sensors, where the rule measures with several.
    package var silent: [SeriesID]
    /// The value of every instruction of the rule's program at that moment, `nan` where unknown.
    package var registers: [Double]
}

/// The outcome of a reading that was given to the engine.
package enum ReadingOutcome: UInt8, Sendable {
    /// In its windows, and evaluated.
    case evaluated
    /// It is older than the newest of its series by more than the allowed lateness.
    case tooLate
    /// It is flagged as not usable, and was left out.
    case unusable
}
