package import Telemetry

/// Rules in the form in which they run: flat arrays, indices instead of names.
///
/// A rule becomes one ``Program``, shared by all its groups; a rule in a group is an ``Instance``, which
/// binds the program's operands to series. Names, texts and units stay with whoever made the plan.
package struct Plan: Sendable {
    /// What is kept for each series, by ``SeriesID``; series past the end, or without windows, feed no rule.
    package var series: [SeriesPlan] = []
    package var programs: [Program] = []
    package var instances: [Instance] = []
    /// The operands of all instances, one behind the other.
    package var operands: [Operand] = []
    /// The sources of all operands, one behind the other.
    package var sources: [OperandSource] = []
    /// How far back readings may still be put in their place; older ones are not evaluated.
    package var lateness: TimeSpan = .minutes(10)

    package init() {}

    /// How much of the past decides the present: the longest window and the longest `for`, added up.
    ///
    /// An engine that was given the readings of this span is in the state of one that never stopped.
    package var horizon: TimeSpan {
        let window = series.lazy.flatMap(\.windows).map(\.length).max() ?? .zero
        let hold = programs.map(\.longestHold).max() ?? .zero
        return max(window + hold, lateness)
    }
}

extension TimeSpan {
    package static func + (a: TimeSpan, b: TimeSpan) -> TimeSpan {
        TimeSpan(nanoseconds: a.nanoseconds + b.nanoseconds)
    }
}

/// The windows over one series, shortest first, each length once, whoever asked for it.
package struct SeriesPlan: Hashable, Sendable {
    package var windows: [Window] = []
    package init() {}

    /// The index of a window of that length, which is added or widened in its uses as needed.
    package mutating func window(_ length: TimeSpan, for use: Window.Uses) {
        if let index = windows.firstIndex(where: { $0.length == length }) {
            windows[index].uses.formUnion(use)
        } else {
            let index = windows.firstIndex { $0.length > length } ?? windows.endIndex
            windows.insert(Window(length: length, uses: use), at: index)
        }
    }
}

/// A sliding window (now − length, now] in event time, and what has to be kept for it.
package struct Window: Hashable, Sendable {
    package struct Uses: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let sum = Uses(rawValue: 1 << 0)
        package static let squares = Uses(rawValue: 1 << 1)
        package static let regression = Uses(rawValue: 1 << 2)
        package static let maximum = Uses(rawValue: 1 << 3)
        package static let minimum = Uses(rawValue: 1 << 4)
    }

    package var length: TimeSpan
    package var uses: Uses
}

/// What an operand takes from its windows.
package enum Aggregate: UInt8, Hashable, Sendable, CaseIterable, BitwiseCopyable {
    case mean, sum, count, minimum, maximum, deviation, slope, first, last, delta

    /// What a window must keep so that this can be read from it.
    package var uses: Window.Uses {
        switch self {
        case .mean, .sum: .sum
        case .deviation: [.sum, .squares]
        case .slope: [.sum, .regression]
        case .minimum: .minimum
        case .maximum: .maximum
        case .count, .first, .last, .delta: []
        }
    }
}

/// A value that an instance reads: an aggregate over the window of one series, or of several together.
package struct Operand: Hashable, Sendable, BitwiseCopyable {
    package var aggregate: Aggregate
    /// Where its sources begin in ``Plan/sources``, and how many they are; none at all is always unknown.
    package var firstSource: Int32
    package var sourceCount: Int32

    package init(aggregate: Aggregate, firstSource: Int32, sourceCount: Int32) {
        self.aggregate = aggregate
        self.firstSource = firstSource
        self.sourceCount = sourceCount
    }
}

/// One series of an operand, and which of its windows.
package struct OperandSource: Hashable, Sendable, BitwiseCopyable {
    package var series: SeriesID
    package var window: Int32

    package init(series: SeriesID, window: Int32) {
        self.series = series
        self.window = window
    }
}

/// A rule in one group.
package struct Instance: Hashable, Sendable, BitwiseCopyable {
    package var program: Int32
    /// The first of the program's operands in ``Plan/operands``.
    package var operandBase: Int32
    /// How soon after its newest reading an overdue one has to show: the expected interval of its devices.
    package var interval: TimeSpan

    package init(program: Int32, operandBase: Int32, interval: TimeSpan) {
        self.program = program
        self.operandBase = operandBase
        self.interval = interval
    }
}
