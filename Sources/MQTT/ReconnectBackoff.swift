/// How long to wait before the next attempt: doubling from one second up to a minute, with full jitter, so
/// that a fleet whose broker comes back does not arrive all at once.
///
/// The wait falls back to the beginning only after a link has held for a while: a broker that accepts and
/// drops at once is not hammered. M. Brooker, "Exponential Backoff And Jitter" (AWS, 2015).
package struct ReconnectBackoff: Sendable {
    package static let firstSeconds = 1.0
    package static let longestSeconds = 60.0
    package static let stableSeconds = 30.0

    private let longestSeconds: Double
    private var ceiling = Self.firstSeconds

    package init(longestSeconds: Double = Self.longestSeconds) { self.longestSeconds = longestSeconds }

    /// The next wait, in seconds. At least 50 ms.
    package mutating func next(using generator: inout some RandomNumberGenerator) -> Double {
        defer { ceiling = min(ceiling * 2, longestSeconds) }
        return max(0.05, Double.random(in: 0...ceiling, using: &generator))
    }

    /// To be told how long a link held that is now gone.
    package mutating func linkEnded(afterSeconds seconds: Double) {
        if seconds >= Self.stableSeconds { ceiling = Self.firstSeconds }
    }
}
