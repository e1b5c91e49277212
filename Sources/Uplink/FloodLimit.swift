package import Telemetry

/// How many alarms make a flood. ISA-18.2 draws the line at more than 10 alarms in 10 minutes for one operator.
package struct FloodLimit: Sendable, Hashable {
    package var alarms: Int
    package var within: TimeSpan
    /// How long more of them are collected before a destination is notified of them together.
    package var pause: TimeSpan

    package init(alarms: Int = 10, within: TimeSpan = .minutes(10), pause: TimeSpan = .seconds(60)) {
        self.alarms = alarms
        self.within = within
        self.pause = pause
    }
}
