internal import Devices
internal import Telemetry

/// The limits of a test, above which a reading is suspect or fails. A limit that is not set is infinite.
struct ValueLimits: BitwiseCopyable {
    var suspect: Double
    var fail: Double

    init(_ limits: QualitySettings.Limits) {
        (suspect, fail) = (limits.suspect ?? .infinity, limits.fail ?? .infinity)
        // A step of the limit itself is within it, also where the difference of two decimal numbers is a little more.
        suspect *= 1 + Self.rounding
        fail *= 1 + Self.rounding
    }

    /// The largest rounding error of a difference, as a part of a limit.
    static let rounding = 1e-9

    /// The lower of the two.
    var least: Double { min(suspect, fail) }

    /// Returns the flag of a size. One that is not a number passes.
    func flag(above size: Double) -> QualityFlag {
        size > fail ? .fail : size > suspect ? .suspect : .pass
    }
}

/// A range in which a reading passes, within one in which it is suspect. An end that is not set is infinite.
struct RangeLimits: BitwiseCopyable {
    private var fail: (low: Double, high: Double)
    private var suspect: (low: Double, high: Double)

    init(expected: ClosedRange<Double>?, plausible: ClosedRange<Double>?) {
        fail = (plausible?.lowerBound ?? -.infinity, plausible?.upperBound ?? .infinity)
        suspect = (expected?.lowerBound ?? -.infinity, expected?.upperBound ?? .infinity)
    }

    func flag(_ value: Double) -> QualityFlag {
        if value < fail.low || value > fail.high { return .fail }
        return value < suspect.low || value > suspect.high ? .suspect : .pass
    }
}
