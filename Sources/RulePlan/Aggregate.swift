/// A window function: the value that an operand takes from a window.
///
/// ``traits`` is the table of the state, cost and meaning of each one. To add an aggregate, add a case and its row
/// here;
/// `Function` and `MeasureTraits` in the rule language (its name, and the unit of its result), and
/// `SeriesWindows.value(of:…)` in the engine (how it is read). A new state beside the windows' sums also needs a file
/// in the engine's `Windows` folder. The compiler names each place: none of the switches has a `default`.
package enum Aggregate: UInt8, Hashable, Sendable, CaseIterable, BitwiseCopyable {
    case mean, sum, count, minimum, maximum, deviation, slope, first, last
    /// The newest value less the one at the window's beginning, which lies on a straight line between two readings.
    case delta
    /// The quantile `parameter`, from 0 to 1; between two values by a straight line
    /// (definition 7 of R. J. Hyndman and Y. Fan, "Sample Quantiles in Statistical Packages", 1996).
    case quantile
    /// The count of a counter, and that count per second (`Counter` in the engine).
    case increase, rate
    /// The area under straight lines between the readings, in value seconds, and that by the time they span.
    case integral, timeMean
    /// The number of readings that differ from the one before.
    case changes
    /// The number of standard deviations between the newest value and the mean.
    case standardScore
    /// The line of least squares, `parameter` seconds from now.
    case forecast
    /// Σ v·w / Σ w with w = exp(−age / `parameter` seconds).
    case smoothed
    /// Seconds of listening since the newest reading.
    case age
    /// Between the sensors: the largest of their newest values less the smallest.
    case spread
    /// 1 if the newest reading is suspect, 0 if it is not, or if there is none in the window; of several sensors 1 if
    /// one of them is.
    case suspicion
}

extension Aggregate {
    /// The state that a series keeps for an aggregate, and its cost.
    package enum State: Hashable, Sendable, BitwiseCopyable {
        /// The samples, which every series keeps: 16 bytes each. Nothing is done for a reading.
        case samples
        /// Count, Σv and Σv² of each window: 40 bytes a window; O(1) a reading.
        case moments
        /// The moments, and Σt, Σt² and Σtv: 72 bytes a window; O(1) a reading.
        case regression
        /// The samples that no later one surpasses, once for all windows: amortised O(1) a reading.
        case maxima
        /// The samples that no later one undercuts, once for all windows: amortised O(1) a reading.
        case minima
        /// A state of its own for each window.
        case extra(Extra)
    }

    /// The states that are kept beside the windows' sums, for the rarer aggregates.
    package enum Extra: UInt8, Hashable, Sendable, BitwiseCopyable {
        /// The values in order: 12 bytes a sample; O(√n) a reading.
        case sorted
        /// The sum of a counter's steps: O(1) a reading; after a fall O(32).
        case increase
        /// The number of readings that differ from the one before: O(1) a reading.
        case changes
        /// Σ of the areas between readings: O(1) a reading.
        case area
        /// The weighted sums: O(1) a reading, with one exponential.
        case smoothed
    }

    /// The way in which the windows of several sensors become one value.
    package enum Joining: Hashable, Sendable, BitwiseCopyable {
        /// As if the readings of all sensors were one series': by joined moments.
        case moments
        /// As if they were one series': by the values of all windows in order.
        case values
        /// The sum, the largest, the smallest, or the mean of the sensors' own values.
        case sum, largest, smallest, meanOfSensors
        /// The number of readings in all windows.
        case count
        /// The oldest or the newest reading of all windows.
        case oldest, newest
        /// The smallest age.
        case youngest
        /// The largest of the newest values less the smallest.
        case spread
    }

    /// The way in which `aggregate > threshold` is decided for a series.
    package enum Comparison: Int, Hashable, Sendable, BitwiseCopyable, CaseIterable {
        /// For two windows at a time, without a division.
        case mean, deviation, slope, maximum, minimum
        /// By reading the value.
        case value
    }

    /// A row of the table of aggregates.
    package struct Traits: Sendable, BitwiseCopyable {
        package var keeps: State
        package var comparison: Comparison
        package var joining: Joining
        /// Set if a silent sensor has no part in the value of several sensors. Averages and rates describe the
        /// present. The other aggregates describe all readings of the window, also those of a sensor that is silent
        /// now.
        package var isOfSensorsHeard: Bool
    }

    /// The state of an aggregate, its comparison, and its joining over several sensors. O(1).
    package var traits: Traits {
        switch self {
        case .mean: Traits(.moments, .mean, .moments, isOfSensorsHeard: true)
        case .sum: Traits(.moments, .value, .sum, isOfSensorsHeard: false)
        case .count: Traits(.samples, .value, .count, isOfSensorsHeard: false)
        case .minimum: Traits(.minima, .minimum, .smallest, isOfSensorsHeard: false)
        case .maximum: Traits(.maxima, .maximum, .largest, isOfSensorsHeard: false)
        case .deviation: Traits(.moments, .deviation, .moments, isOfSensorsHeard: true)
        case .slope: Traits(.regression, .slope, .moments, isOfSensorsHeard: true)
        case .first: Traits(.samples, .value, .oldest, isOfSensorsHeard: false)
        case .last: Traits(.samples, .value, .newest, isOfSensorsHeard: false)
        case .delta: Traits(.samples, .value, .meanOfSensors, isOfSensorsHeard: true)
        case .quantile: Traits(.extra(.sorted), .value, .values, isOfSensorsHeard: true)
        case .increase: Traits(.extra(.increase), .value, .meanOfSensors, isOfSensorsHeard: true)
        case .rate: Traits(.extra(.increase), .value, .meanOfSensors, isOfSensorsHeard: true)
        case .integral: Traits(.extra(.area), .value, .meanOfSensors, isOfSensorsHeard: true)
        case .timeMean: Traits(.extra(.area), .value, .meanOfSensors, isOfSensorsHeard: true)
        case .changes: Traits(.extra(.changes), .value, .sum, isOfSensorsHeard: false)
        case .standardScore: Traits(.moments, .value, .moments, isOfSensorsHeard: true)
        case .forecast: Traits(.regression, .value, .moments, isOfSensorsHeard: true)
        case .smoothed: Traits(.extra(.smoothed), .value, .meanOfSensors, isOfSensorsHeard: true)
        case .age: Traits(.samples, .value, .youngest, isOfSensorsHeard: false)
        case .spread: Traits(.samples, .value, .spread, isOfSensorsHeard: true)
        case .suspicion: Traits(.samples, .value, .largest, isOfSensorsHeard: true)
        }
    }
}

extension Aggregate.Traits {
    fileprivate init(
        _ keeps: Aggregate.State, _ comparison: Aggregate.Comparison, _ joining: Aggregate.Joining,
        isOfSensorsHeard: Bool
    ) {
        self.init(keeps: keeps, comparison: comparison, joining: joining, isOfSensorsHeard: isOfSensorsHeard)
    }
}

/// An aggregate and its parameter, which is 0 where it has none.
package struct Measure: Hashable, Sendable, BitwiseCopyable {
    package var aggregate: Aggregate
    /// Set if the measure has a value while all its sensors are silent. Any other measure is unknown then: a window
    /// that only loses samples must not look as if the hazard were over.
    package var seesSilence: Bool
    package var parameter: Double

    /// Creates a measure. `count` and `age`, which speak of silence themselves, see it, and `suspicion` says nothing of
    /// a silent sensor, unless ``seesSilence`` is set.
    package init(_ aggregate: Aggregate, _ parameter: Double = 0) {
        self.aggregate = aggregate
        self.parameter = parameter
        seesSilence = aggregate == .count || aggregate == .age || aggregate == .suspicion
    }
}
