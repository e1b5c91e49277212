package import Telemetry

/// The readings of a sensor that a measure is about, by their quality.
package enum ReadingSelection: UInt8, Hashable, Sendable, BitwiseCopyable {
    /// Those that windows take by default: ``Quality/isUsable``.
    case usable
    /// All: `raw water_level`.
    case all
    /// The usable ones that are not suspect.
    case good
    /// Those that are suspect or failed, or came too late. A reading of a sensor in maintenance is neither good nor
    /// poor.
    case poor

    /// Returns whether it contains a reading of a quality. O(1).
    package func contains(_ quality: Quality) -> Bool {
        switch self {
        case .usable: quality.isUsable
        case .all: true
        case .good: quality.isUsable && !quality.isSuspect
        case .poor: !quality.contains(.maintenance) && (!quality.isUsable || quality.isSuspect)
        }
    }
}
