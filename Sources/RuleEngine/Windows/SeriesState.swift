internal import RulePlan

/// The state of one series besides its rows of lanes.
struct SeriesState: BitwiseCopyable {
    var ring = SampleRing()
    /// Samples since the sums were last computed from the samples.
    var age: UInt32 = 0
    var shape: Int32 = 0
    /// The time up to which the windows have moved: that of the newest sample, or of a later timer.
    var now = Int64.min
    var newest = Int64.min
    /// The time from which lanes count seconds.
    var epoch: Int64 = 0
    /// The time at which the series must be looked at without a reading, and the time of its entry in the timer
    /// queue.
    var wake = Int64.max
    var queued = Int64.max
    /// No instance that reads the series has a timer before this.
    var readersWake = Int64.max
    /// The span for which samples are kept.
    var retention: Int64 = 0
    /// The time after a reading at which the next one is overdue, the shortest window is empty, or the sensor is
    /// silent.
    var overdueTimeout: Int64 = 0
    /// The delay of the newest sample behind the gateway's clock when it came.
    var ingestDelay: Int64 = 0
    /// Into the engine's slabs: rows, cursors, truth words, and extras.
    var lanes: Int32 = 0
    var cursors: Int32 = 0
    var words: Int32 = 0
    /// The next series of the same sensor, see ``SeriesPlan/twin``.
    var twin: Int32 = -1
    /// The number of its readers that thresholds alone do not decide.
    var alwaysCount: Int32 = 0
    /// Set if every reader must be evaluated, whatever the thresholds say.
    var isDirty = true
    /// Set if the next sample is the first, or ends a silence or an interruption.
    var isQuiet = true
    /// Set if the sensor has sent nothing for its silence while the gateway listened.
    var isSilent = false
    /// Set while its windows end in a gap in a backlog that is longer than its silence. Nothing is known of that
    /// time, though the sensor was not silent while the gateway waited. Ends with the next sample.
    var isInGap = false
    /// Set if the newest sample was suspect.
    var isSuspect = false
    var selection = ReadingSelection.usable

    /// Set while no measured value of the sensor is known.
    var isUnknown: Bool { isSilent || isInGap }

    // Two cache lines to here; the rest is not needed for every reading.
    var extras: Int32 = 0
    /// The series that takes the usable readings of its sensor: itself, or another.
    var sensor: Int32 = 0
    var maxima = ExtremeQueue()
    /// The queue of the negated values.
    var minima = ExtremeQueue()
    /// Every instance that reads the series, those first that are evaluated with every reading.
    var readerBase: Int32 = 0
    var readerCount: Int32 = 0
    /// The instances that each threshold decides: offsets, one a bit and one behind the last.
    var bitReaderBase: Int32 = 0
    /// Set if the conditions of a reader have memory.
    var remembers = false
    var silence = Int64.max
    var counter = CounterPlan()
    /// No sample of a counter that is later than this is lower than the one before it.
    var lastFall = Int64.min
    /// Clock time since the newest sample in which the gateway did not listen. It does not pass for the series'
    /// windows.
    var pause: Int64 = 0
    /// The time from which it has been listened to without an interruption, by the gateway's clock; `.max` before the
    /// first time.
    var heardFrom = Int64.max
    /// The series' time at the last look at it without a sample.
    var lookedAt = Int64.min
}

/// The running state of a rarer measure over one window.
struct ExtraState: BitwiseCopyable {
    var sum = ExactSum()
    var weight = 0.0
    var count = 0
    /// Into the engine's `sorted`.
    var sorted: Int32 = -1
}
