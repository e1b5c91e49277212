internal import Diagnostics
package import Telemetry

/// The quality tests of one quantity of a device, beside its plausible range. All values are in the canonical unit.
///
/// The tests, their names and their edge cases are those of IOOS QARTOD.
package struct QualitySettings: Sendable, Equatable {
    /// A test whose result is suspect or fail from a threshold on.
    package struct Limits: Sendable, Equatable {
        package var suspect: Double?
        package var fail: Double?

        package init(suspect: Double? = nil, fail: Double? = nil) { (self.suspect, self.fail) = (suspect, fail) }
    }

    package struct Climatology: Sendable, Equatable {
        /// What is usual in a part of the year.
        package struct Season: Sendable, Equatable {
            /// The part of the calendar that a season is given in.
            package enum Period: String, Sendable, CaseIterable { case months, days, weeks, hours }

            package var period: Period
            /// Both ends belong to the season. If the first is after the last, the season spans the turn of the year
            /// or day.
            package var first: Int
            package var last: Int
            /// Outside of this range, a reading is suspect.
            package var expected: ClosedRange<Double>
            /// Outside of this range, a reading fails.
            package var plausible: ClosedRange<Double>?

            package init(
                _ period: Period, _ first: Int, _ last: Int, expected: ClosedRange<Double>,
                plausible: ClosedRange<Double>? = nil
            ) {
                (self.period, self.first, self.last) = (period, first, last)
                (self.expected, self.plausible) = (expected, plausible)
            }
        }

        /// The last season that a moment belongs to counts.
        package var seasons: [Season]
        package init(_ seasons: [Season]) { self.seasons = seasons }
    }

    package struct Spike: Sendable, Equatable {
        /// How a reading is compared with the ones before and after it.
        package enum Method: String, Sendable, BitwiseCopyable, CaseIterable {
            /// A spike goes away from its neighbours and back: the smaller of the two differences counts. A step is
            /// not a spike.
            case differential
            /// The difference from the mean of its neighbours counts (QARTOD's own definition).
            case average
        }

        package var limits: Limits
        package var method: Method
        package init(_ limits: Limits, _ method: Method = .differential) {
            (self.limits, self.method) = (limits, method)
        }
    }

    package struct FlatLine: Sendable, Equatable {
        /// For how long values within the tolerance are credible.
        package var suspect: TimeSpan?
        package var fail: TimeSpan?
        /// Values differ if the largest and the smallest are this far apart. `nil`: if they are not equal.
        package var tolerance: Double?
        /// A value that may stay for as long as it likes, such as 0 for a gas that is not there.
        package var usual: Double?

        package init(
            suspect: TimeSpan? = nil, fail: TimeSpan? = nil, tolerance: Double? = nil, usual: Double? = nil
        ) {
            (self.suspect, self.fail, self.tolerance, self.usual) = (suspect, fail, tolerance, usual)
        }
    }

    package struct AttenuatedSignal: Sendable, Equatable {
        package enum Measure: String, Sendable, BitwiseCopyable, CaseIterable {
            /// The largest value less the smallest.
            case range
            /// The standard deviation of all values in the window.
            case deviation
        }

        package var window: TimeSpan
        /// Below these, the signal is too weak.
        package var limits: Limits
        package var measure: Measure
        /// With fewer readings in the window, the test is not evaluated.
        package var readingsMin: Int

        package init(window: TimeSpan, limits: Limits, measure: Measure, readingsMin: Int) {
            (self.window, self.limits, self.measure, self.readingsMin) = (window, limits, measure, readingsMin)
        }
    }

    /// Outside of this range, a reading is suspect (gross range test; the plausible range is its other limit).
    package var expected: ClosedRange<Double>?
    package var climatology: Climatology?
    package var spike: Spike?
    /// Per second.
    package var rateOfChange: Limits?
    package var flatLine: FlatLine?
    package var attenuatedSignal: AttenuatedSignal?
    /// The longest time between two readings.
    package var gap: TimeSpan?
    /// The longest time from the measurement to the arrival.
    package var timeliness: TimeSpan?
    /// Set if a second reading with the same time of its own is suspect.
    package var flagsDuplicates = false

    package init() {}

    package var isEmpty: Bool { self == QualitySettings() }
}

extension QualitySettings {
    /// Adapts the tests to readings that are corrected.
    mutating func apply(_ correction: Correction) {
        let scale = abs(correction.scale)
        expected = expected.map { correction.applied(to: $0) }
        for index in climatology?.seasons.indices ?? 0..<0 {
            guard let season = climatology?.seasons[index] else { continue }
            climatology?.seasons[index].expected = correction.applied(to: season.expected)
            climatology?.seasons[index].plausible = season.plausible.map { correction.applied(to: $0) }
        }
        spike?.limits.scale(by: scale)
        rateOfChange?.scale(by: scale)
        if let tolerance = flatLine?.tolerance { flatLine?.tolerance = tolerance * scale }
        if let usual = flatLine?.usual { flatLine?.usual = correction.applied(to: usual...usual).lowerBound }
        attenuatedSignal?.limits.scale(by: scale)
    }
}

extension QualitySettings.Limits {
    fileprivate mutating func scale(by factor: Double) {
        (suspect, fail) = (suspect.map { $0 * factor }, fail.map { $0 * factor })
    }
}
