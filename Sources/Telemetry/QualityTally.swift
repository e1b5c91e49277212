/// What came of one series in a span of time, counted.
package struct QualityTally: Sendable, Equatable {
    /// The readings with event times in the span.
    package var received = 0
    /// Those that failed a test of their value, or are not finite.
    package var failed = 0
    package var suspect = 0
    package var notEvaluated = 0
    /// Those that came too late to be evaluated.
    package var late = 0
    /// Those whose own time was not believed.
    package var clockReplaced = 0
    /// Those that neighbours contradicted.
    package var contradicted = 0
    /// The sum of the values, which is a number of messages for a series that counts missing ones.
    package var sum = 0.0
    /// The times from the measurements to the arrivals; only of readings with a time of their own.
    package var delays = DelayHistogram()
    /// How often each test found something.
    package var findings: [Quality.Test: Int] = [:]

    package init() {}

    /// Counts a reading.
    /// - Parameter delay: the time from the measurement to the arrival, in seconds.
    package mutating func add(_ reading: Reading, delay: Double) {
        received += 1
        let quality = reading.quality
        switch quality.flag {
        case .fail, .missing: failed += 1
        case .suspect: suspect += 1
        case .notEvaluated: notEvaluated += 1
        case .pass: break
        }
        if quality.contains(.late) { late += 1 }
        if quality.contains(.clockReplaced) { clockReplaced += 1 } else { delays.add(delay) }
        if quality.finding(of: .neighbours) != nil { contradicted += 1 }
        if reading.value.isFinite { sum += reading.value }
        // Most readings of a day have no finding.
        guard quality.flag != .pass, quality.flag != .notEvaluated else { return }
        for test in Quality.Test.allCases where quality.finding(of: test) != nil { findings[test, default: 0] += 1 }
    }
}
