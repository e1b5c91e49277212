/// Decides how long to wait before the next attempt to connect.
///
/// The longest wait doubles from one second up to a minute. Full jitter keeps a fleet from returning all at once when
/// its broker does. The wait returns to one second only after a link has lasted for a while. So a broker that accepts
/// and hangs up at once gets few attempts. M. Brooker, "Exponential Backoff And Jitter" (AWS, 2015).
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

    /// Call this when a link has ended, with how long it lasted.
    package mutating func linkEnded(afterSeconds seconds: Double) {
        if seconds >= Self.stableSeconds { ceiling = Self.firstSeconds }
    }
}
