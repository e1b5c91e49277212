package import Telemetry

/// The number of alarms that make a flood. ISA-18.2 draws the line at more than 10 alarms in 10 minutes for one
/// operator.
package struct FloodLimit: Sendable, Hashable {
    package var alarms: Int
    package var within: TimeSpan
    /// The time for which further alarms are collected before one message about all of them.
    package var pause: TimeSpan

    package init(alarms: Int = 10, within: TimeSpan = .minutes(10), pause: TimeSpan = .seconds(60)) {
        self.alarms = alarms
        self.within = within
        self.pause = pause
    }
}
