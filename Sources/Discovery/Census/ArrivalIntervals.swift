package import Telemetry

/// The newest intervals between the messages of a topic. It has a fixed size.
package struct ArrivalIntervals: Sendable {
    private static let capacity = 32

    private var newest: [TimeSpan] = []
    private var next = 0

    package init() {}

    mutating func note(_ interval: TimeSpan) {
        if newest.count < Self.capacity {
            newest.append(interval)
        } else {
            newest[next] = interval
            next = (next + 1) % Self.capacity
        }
    }

    /// The usual interval; `nil` if there are fewer than two: one interval says nothing about a rate.
    ///
    /// It is the median, which a single gap does not move. Where messages come in bursts, the median is the pause
    /// inside a burst, and the mean says more.
    package var usual: TimeSpan? {
        guard newest.count >= 2 else { return nil }
        let sorted = newest.sorted()
        let median = sorted[(sorted.count - 1) / 2]
        let mean = sorted.map(\.seconds).reduce(0, +) / Double(sorted.count)
        return median.seconds * Self.burst < mean ? TimeSpan(seconds: mean) : median
    }

    /// Messages come in bursts if the mean is this many times the median.
    private static let burst = 4.0
}
