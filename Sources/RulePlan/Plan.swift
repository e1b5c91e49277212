package import Telemetry

/// Rules in the form in which they run: flat arrays, indices instead of names.
///
/// A rule becomes one ``Program``, shared by all its groups; a rule in a group is an ``Instance``, which
/// binds the program's operands to series. Names, texts and units stay with whoever made the plan.
package struct Plan: Sendable {
    /// By ``SeriesID``; a series past the end feeds no rule.
    package var series: [SeriesPlan] = []
    package var programs: [Program] = []
    /// An instance comes after all those whose state it asks for.
    package var instances: [Instance] = []
    /// The operands of all instances, one behind the other.
    package var operands: [Operand] = []
    /// The sources of all operands, one behind the other.
    package var sources: [OperandSource] = []
    /// The tallies of all instances, one behind the other, and the members of all tallies.
    package var tallies: [Tally] = []
    package var members: [Int32] = []
    /// How far back readings may still be put in their place; older ones are not evaluated.
    package var allowedLateness: TimeSpan = .minutes(10)
    /// The site's time zone.
    package var zone = ZoneTable()

    package init() {}

    /// How much of the past decides the present: the longest window and the longest memory of a condition.
    ///
    /// An engine that was given the readings of this span is in the state of one that never stopped.
    package var horizon: TimeSpan {
        let window = operands.lazy.map { self.reach(of: $0) }.max() ?? .zero
        let memory = programs.map(\.memory).max() ?? .zero
        return max(window + memory, allowedLateness)
    }

    private func reach(of operand: Operand) -> TimeSpan {
        let windows =
            sources[Int(operand.firstSource)..<Int(operand.firstSource + operand.sourceCount)].map(\.window).max()
            ?? .zero
        // After 40 time constants what was before has a weight of 4e-18: nothing a Double could show.
        guard operand.measure.aggregate == .smoothed else { return windows }
        return max(windows, TimeSpan(seconds: operand.measure.parameter * 40) ?? .longestWritten)
    }
}

/// What the engine has to know of a series, apart from who reads it.
package struct SeriesPlan: Hashable, Sendable {
    /// How often its device is expected to send.
    package var interval: TimeSpan
    /// After how long without a reading, while the gateway listens, the sensor is silent: nothing is known of it any
    /// more.
    package var silence: TimeSpan
    /// What its counter does, if it is one.
    package var counter = CounterPlan()
    /// The series that takes its readings of every quality, or `nil` if no rule asks for them.
    package var raw: SeriesID?

    /// How long after a reading, in nanoseconds, the next one is half an interval late.
    package var overdueAfter: Int64 { interval.nanoseconds * 3 / 2 }

    package init(
        interval: TimeSpan = .minutes(1), silence: TimeSpan = .longest, raw: SeriesID? = nil
    ) {
        self.interval = interval
        self.silence = silence
        self.raw = raw
    }
}

/// What is known of a counter, in the canonical unit of its quantity.
package struct CounterPlan: Hashable, Sendable, BitwiseCopyable {
    /// A smaller fall is the sensor's jitter. 0 where the profile does not say.
    package var resolution: Double
    /// The value at which it begins again at zero, or infinity.
    package var width: Double
    /// The fastest credible rise a second, or infinity.
    package var maxRate: Double
    /// The shortest time that a rise is given, in seconds: how often the device measures.
    package var interval: Double

    package init(resolution: Double = 0, width: Double = .infinity, maxRate: Double = .infinity, interval: Double = 0) {
        self.resolution = resolution
        self.width = width
        self.maxRate = maxRate
        self.interval = interval
    }
}

/// What an operand takes from a window.
package enum Aggregate: UInt8, Hashable, Sendable, CaseIterable, BitwiseCopyable {
    case mean, sum, count, minimum, maximum, deviation, slope, first, last
    /// The newest value less the one at the window's beginning, which lies on a straight line between two readings.
    case delta
    /// The quantile `parameter`, from 0 to 1; between two values by a straight line
    /// (definition 7 of R. J. Hyndman and Y. Fan, "Sample Quantiles in Statistical Packages", 1996).
    case quantile
    /// What a counter has counted, and that per second (`Counter` in the engine).
    case increase, rate
    /// The area under straight lines between the readings, in value seconds, and that by the time they span.
    case integral, timeMean
    /// How often a reading differed from the one before.
    case changes
    /// How many standard deviations the newest value lies from the mean.
    case standardScore
    /// The line of least squares, `parameter` seconds from now.
    case forecast
    /// Σ v·w / Σ w with w = exp(−age / `parameter` seconds).
    case smoothed
    /// Seconds of listening since the newest reading.
    case age
    /// Between the sensors: the largest of their newest values less the smallest.
    case spread

    /// Whether a silent sensor has no part in the value of several sensors. Averages and rates say how things are now.
    /// The other aggregates say what came within the window, also from a sensor that is silent now.
    package var isOfSensorsHeard: Bool {
        switch self {
        case .sum, .count, .minimum, .maximum, .first, .last, .changes, .age: false
        case .mean, .deviation, .slope, .delta, .quantile, .increase, .rate, .integral, .timeMean, .standardScore,
            .forecast, .smoothed,
            .spread:
            true
        }
    }
}

/// An aggregate and its parameter, 0 where it has none.
package struct Measure: Hashable, Sendable, BitwiseCopyable {
    package var aggregate: Aggregate
    /// It has a value while all its sensors are silent. Any other measure is unknown then: a window that only loses
    /// samples must not look as if the hazard were over.
    package var seesSilence: Bool
    package var parameter: Double

    /// What speaks of silence itself, `count` and `age`, sees it unless it is told otherwise.
    package init(_ aggregate: Aggregate, _ parameter: Double = 0) {
        self.aggregate = aggregate
        self.parameter = parameter
        seesSilence = aggregate == .count || aggregate == .age
    }
}

/// A value that an instance reads: a measure of the windows of one series, or of several together.
package struct Operand: Hashable, Sendable, BitwiseCopyable {
    package var measure: Measure
    /// Where its sources begin in ``Plan/sources``, and how many they are; none at all is always unknown.
    package var firstSource: Int32
    package var sourceCount: Int32

    package init(_ measure: Measure, firstSource: Int32, sourceCount: Int32) {
        self.measure = measure
        self.firstSource = firstSource
        self.sourceCount = sourceCount
    }
}

/// One series of an operand, and the length of the window over it: (now − length, now] in event time.
package struct OperandSource: Hashable, Sendable, BitwiseCopyable {
    package var series: SeriesID
    package var window: TimeSpan

    package init(series: SeriesID, window: TimeSpan) {
        self.series = series
        self.window = window
    }
}

/// Instances whose state another one asks for.
package struct Tally: Hashable, Sendable, BitwiseCopyable {
    /// Where its members begin in ``Plan/members``, and how many they are.
    package var firstMember: Int32
    package var memberCount: Int32

    package init(firstMember: Int32, memberCount: Int32) {
        self.firstMember = firstMember
        self.memberCount = memberCount
    }
}

/// A rule in one group; or a condition that is put to one sensor of a group, for a vote.
package struct Instance: Hashable, Sendable, BitwiseCopyable {
    package var program: Int32
    /// The first of the program's operands in ``Plan/operands``, and of its tallies in ``Plan/tallies``.
    package var operandBase: Int32
    package var tallyBase: Int32
    /// How long a group that has none of the sensors that a rule asks for may be unknown before it is blind.
    package var noDataAfter: TimeSpan

    package init(program: Int32, operandBase: Int32, tallyBase: Int32 = 0, noDataAfter: TimeSpan = .longest) {
        self.program = program
        self.operandBase = operandBase
        self.tallyBase = tallyBase
        self.noDataAfter = noDataAfter
    }
}
