package import Telemetry

/// The readings of a sensor that a measure is about, by their quality.
package enum ReadingSelection: UInt8, Hashable, Sendable, BitwiseCopyable {
    /// Those that windows take by default: ``Quality/isUsable``.
    case usable
    /// All: `raw water_level`.
    case all
    /// The usable ones that are not suspect, and those of a sensor in maintenance: it does what it should.
    case good
    /// Those that are suspect, or failed a test of their value.
    case poor

    /// Returns whether it contains a reading of a quality. O(1).
    package func contains(_ quality: Quality) -> Bool {
        switch self {
        case .usable: quality.isUsable
        case .all: true
        case .good: !isPoor(quality) && !quality.contains(.late)
        case .poor: isPoor(quality) && !quality.contains(.late)
        }
    }

    private func isPoor(_ quality: Quality) -> Bool {
        quality.isImplausible || quality.isSuspect && !quality.contains(.maintenance)
    }
}
