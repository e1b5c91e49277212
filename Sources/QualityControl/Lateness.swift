package import Telemetry

extension Reading {
    /// Flags a reading that came after its series had moved on by more than the allowed lateness.
    ///
    /// The engine decides that, and the pipeline calls this with the engine's answer. The decision needs the newest
    /// time of the series' windows at the moment of the reading. Readings of the same message, restarts and set clocks
    /// change that time inside the engine. A second copy of that state could disagree with the first.
    package mutating func markTooLate() { quality.insert(.late) }
}
