package import AlarmModel
package import Telemetry

/// A change of an instance: of its level, of its certainty, or (above normal) of its suppression or of its set of
/// silent sensors.
package struct LevelChange: Sendable {
    package enum Trigger: Hashable, Sendable {
        case reading(SeriesID)
        case timer
    }

    /// The index of the instance in its plan.
    package var instance: Int
    /// Event time: the time of the reading that caused the change, or the timer's exact moment.
    package var time: Instant
    package var from: Level
    package var to: Level
    /// Set while the level is kept although its condition has become unknown.
    package var isUncertain: Bool
    /// Set if the level is that of the fault for a group without data.
    package var hasNoData: Bool
    /// Set while the rule's `suppress` is true: the alarm is recorded, and nobody is notified.
    package var isSuppressed: Bool
    package var trigger: Trigger
    /// The silent sensors, where the rule measures with several.
    package var silent: [SeriesID]
    /// The value of every instruction of the rule's program at that moment, `nan` where unknown.
    package var registers: [Double]
    /// The votes of the sensors, if the rule lets them vote.
    package var votes: [Vote]

    /// The vote of a sensor.
    package struct Vote: Sendable, Hashable {
        /// The rule's tally in which it counts, and the instance that is the sensor's part in it.
        package var tally: Int32
        package var instance: Int32
        /// `nil`: unknown.
        package var isYes: Bool?
    }
}

/// The outcome of a reading that was given to the engine.
package enum ReadingOutcome: UInt8, Sendable {
    /// The reading is in its windows, and was evaluated.
    case evaluated
    /// The reading is older than the newest of its series by more than the allowed lateness.
    case tooLate
    /// The reading is flagged as not usable, and was left out.
    case unusable
}
