internal import AlarmModel
internal import RulePlan
internal import Telemetry

/// The state that an instance keeps between two evaluations.
struct InstanceState: BitwiseCopyable {
    /// The time of the newest evaluation.
    var now = Int64.min
    /// The time at which a timer must next evaluate it, and the time of its entry in the timer queue.
    var wake = Int64.max
    var queued = Int64.max
    /// The time since which nothing is known, while the group has none of the sensors and the level is normal; or
    /// `.max`.
    var unknownSince = Int64.max
    /// The engine's serial number at the newest evaluation, so that one reading evaluates it once.
    var serial: UInt64 = 0
    var level = Level.normal
    /// One bit for each step of the ladder: set if the step held at the newest evaluation.
    var held: UInt8 = 0
    var isUncertain = false
    /// Set if the level is that of the fault for a group without data.
    var hasNoData = false
    /// Set while the rule's `suppress` is true.
    var isSuppressed = false
    /// Set when a sensor that it reads has fallen silent or sends again.
    var hasSensorNews = false
    /// Set while its memory lacks late samples.
    var hasStaleMemory = false
    /// The truth that a vote counts, and the reason why it is unknown.
    var ballot = Double.nan
    var lack = Lack.nothing
    var memoryBase: Int32 = 0
    var historyBase: Int32 = 0
    var thresholdBase: Int32 = 0
    /// The series that it reads, and the instances that read its state.
    var seriesBase: Int32 = 0
    var seriesCount: Int32 = 0
    var askerBase: Int32 = 0
    var askerCount: Int32 = 0
    /// The series of the reading that was evaluated last, whose ingest delay applies to the timers; -1 for none.
    var clockSeries: Int32 = -1

    var ladder: LadderState {
        LadderState(
            level: level, held: held, isUncertain: isUncertain, hasNoData: hasNoData, isSuppressed: isSuppressed)
    }
}
