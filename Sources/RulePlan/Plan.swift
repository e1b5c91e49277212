package import Telemetry

/// Rules in the form in which they run: flat arrays, indices instead of names.
///
/// A rule becomes one ``Program``, which all its groups share. A rule in a group is an ``Instance``, which
/// binds the program's operands to series. The plan holds no names, texts or units.
package struct Plan: Sendable {
    /// By ``SeriesID``; a series past the end feeds no rule.
    package var series: [SeriesPlan] = []
    package var programs: [Program] = []
    /// The instances. Each comes after all those whose state it reads.
    package var instances: [Instance] = []
    /// The operands of all instances, one behind the other.
    package var operands: [Operand] = []
    /// The sources of all operands, one behind the other.
    package var sources: [OperandSource] = []
    /// The tallies of all instances, one behind the other, and the members of all tallies.
    package var tallies: [Tally] = []
    package var members: [Int32] = []
    /// The allowed age of a reading behind the newest of its series. Older readings are not evaluated.
    package var allowedLateness: TimeSpan = .minutes(10)
    /// The site's time zone.
    package var zone = ZoneTable()

    package init() {}

    /// The span of the past that decides the present: the longest window plus the longest memory of a condition.
    ///
    /// An engine that got the readings of this span has the same state as one that never stopped. O(operands).
    package var lookback: TimeSpan {
        let window = operands.lazy.map { self.reach(of: $0) }.max() ?? .zero
        let memory = programs.map(\.memory).max() ?? .zero
        return max(window + memory, allowedLateness)
    }

    private func reach(of operand: Operand) -> TimeSpan {
        let windows =
            sources[Int(operand.firstSource)..<Int(operand.firstSource + operand.sourceCount)].map(\.window).max()
            ?? .zero
        // After 40 time constants, older values have a weight of 4e-18, which a Double cannot show.
        guard case .extra(.smoothed) = operand.measure.aggregate.traits.keeps else { return windows }
        return max(windows, TimeSpan(seconds: operand.measure.parameter * 40) ?? .longestWritten)
    }
}

/// The properties of a series that the engine needs, apart from its readers.
package struct SeriesPlan: Hashable, Sendable {
    /// The expected interval between messages of its device.
    package var interval: TimeSpan
    /// The longest time without a reading, while the gateway listens, before a sensor counts as silent. Nothing is
    /// known of a silent sensor.
    package var silence: TimeSpan
    /// The properties of the counter, if the series is one.
    package var counter = CounterPlan()
    /// The readings of its sensor that the series takes.
    package var selection = ReadingSelection.usable
    /// The next series of the same sensor, which takes others of its readings; `nil` if no rule asks for them. So a
    /// sensor's series are a chain, which begins with the one that takes the usable readings.
    package var twin: SeriesID?

    /// The time after a reading, in nanoseconds, at which the next one is half an interval late.
    package var overdueAfter: Int64 { interval.nanoseconds * 3 / 2 }

    package init(
        interval: TimeSpan = .minutes(1), silence: TimeSpan = .longest, twin: SeriesID? = nil
    ) {
        self.interval = interval
        self.silence = silence
        self.twin = twin
    }
}

/// The properties of a counter, in the canonical unit of its quantity.
package struct CounterPlan: Hashable, Sendable, BitwiseCopyable {
    /// The resolution: a smaller fall is the sensor's jitter. 0 if the profile does not give one.
    package var resolution: Double
    /// The value at which the counter restarts at zero, or infinity.
    package var width: Double
    /// The fastest credible rise a second, or infinity.
    package var maxRate: Double
    /// The interval of the device's measurements, in seconds. No rise counts as faster than that.
    package var interval: Double

    package init(resolution: Double = 0, width: Double = .infinity, maxRate: Double = .infinity, interval: Double = 0) {
        self.resolution = resolution
        self.width = width
        self.maxRate = maxRate
        self.interval = interval
    }
}

/// A value that an instance reads: a measure of the windows of one series, or of several together.
package struct Operand: Hashable, Sendable, BitwiseCopyable {
    package var measure: Measure
    /// The beginning of its sources in ``Plan/sources``, and their number. Without a source the value is unknown.
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

/// A set of instances whose state another instance reads.
package struct Tally: Hashable, Sendable, BitwiseCopyable {
    /// The beginning of its members in ``Plan/members``, and their number.
    package var firstMember: Int32
    package var memberCount: Int32

    package init(firstMember: Int32, memberCount: Int32) {
        self.firstMember = firstMember
        self.memberCount = memberCount
    }
}

/// A rule in one group, or the condition of a vote for one sensor of a group.
package struct Instance: Hashable, Sendable, BitwiseCopyable {
    package var program: Int32
    /// The first of the program's operands in ``Plan/operands``, and of its tallies in ``Plan/tallies``.
    package var operandBase: Int32
    package var tallyBase: Int32
    /// The time for which a group without any of the rule's sensors may be unknown before the rule reports no data.
    package var noDataAfter: TimeSpan

    package init(program: Int32, operandBase: Int32, tallyBase: Int32 = 0, noDataAfter: TimeSpan = .longest) {
        self.program = program
        self.operandBase = operandBase
        self.tallyBase = tallyBase
        self.noDataAfter = noDataAfter
    }
}
