internal import Glibc

/// Delays in steps of four per cent, from a second to a year, so that a day of many readings takes no more memory than
/// one of few.
package struct DelayHistogram: Sendable, Equatable {
    /// The steps of a doubling.
    private static let steps = 16.0
    private static let last = 400
    /// The number of delays of each step. The first is for those below a second.
    private var counts: [Int32] = []
    package private(set) var count = 0

    package init() {}

    /// - Parameter seconds: one below 0 counts as 0.
    package mutating func add(_ seconds: Double, times: Int = 1) {
        let step = Self.step(of: seconds)
        while counts.count <= step { counts.append(0) }
        counts[step] += Int32(clamping: times)
        count += times
    }

    /// Returns the delay that a part of the readings did not exceed, in seconds, rounded down to a step; `nil` without
    /// readings.
    package func delay(_ part: Double) -> Double? {
        guard count > 0 else { return nil }
        var rest = min(Int(part * Double(count)), count - 1)
        for (step, number) in counts.enumerated() {
            if rest < Int(number) { return Self.seconds(of: step) }
            rest -= Int(number)
        }
        return nil
    }

    /// Returns the part of the delays that are no longer than a limit, or than four per cent more; `nil` without
    /// readings.
    package func part(within limit: TimeSpan) -> Double? {
        guard count > 0 else { return nil }
        let last = Self.step(of: limit.seconds)
        return Double(counts.prefix(last + 1).reduce(0) { $0 + Int($1) }) / Double(count)
    }

    private static func step(of seconds: Double) -> Int {
        guard seconds >= 1 else { return 0 }
        // A step's own delay belongs to it, whatever the logarithm rounds to.
        return min(Int(log2(seconds) * steps + 1e-9) + 1, last)
    }

    private static func seconds(of step: Int) -> Double { step == 0 ? 0 : exp2(Double(step - 1) / steps) }
}
