internal import AlarmModel
internal import RulePlan
internal import Telemetry

/// What an instance remembers between two evaluations.
struct InstanceState: BitwiseCopyable {
    /// The time of the newest evaluation.
    var now = Int64.min
    /// When a timer has to evaluate it next, and the time of its entry in the timer queue.
    var wake = Int64.max
    var queued = Int64.max
    /// Since when nothing is known, as the group has none of the sensors, while the level is normal; or `.max`.
    var unknownSince = Int64.max
    /// The engine's serial number at the newest evaluation, so that one reading evaluates it once.
    var serial: UInt64 = 0
    var level = Level.normal
    /// A bit for each step of the ladder: whether it held at the newest evaluation.
    var held: UInt8 = 0
    var isUncertain = false
    /// The level is that of the fault for a group without data.
    var hasNoData = false
    /// The rule's `suppress` is true.
    var isSuppressed = false
    /// A sensor that it reads has fallen silent, or is heard again.
    var hasSensorNews = false
    /// Its memory lacks late samples.
    var hasStaleMemory = false
    /// The truth that a vote counts, and what is missing where it is unknown.
    var ballot = Double.nan
    var lack = Lack.nothing
    var memoryBase: Int32 = 0
    var historyBase: Int32 = 0
    var thresholdBase: Int32 = 0
    /// The series that it reads, and the instances that ask for its state.
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
