package import AlarmModel
package import Telemetry

/// The names that a rule may use in addition to those of its devices, and the limits for its check.
package struct RuleContext: Sendable {
    /// The levels that rules may use.
    package var ladder: Ladder
    /// The names of the escalation policies; `nil` if their file cannot be read, so that names are not checked.
    package var policies: Set<String>?
    /// The longest delay with which a reading is still put in order.
    package var allowedLateness: TimeSpan
    /// The time for which the store keeps readings; `nil` if their age does not limit that.
    package var retention: TimeSpan?
    /// The site's time zone.
    package var zone: ZoneTable
    /// The names of all rules.
    var rules: Set<String> = []

    package init(
        ladder: Ladder, policies: Set<String>?, allowedLateness: TimeSpan, retention: TimeSpan? = nil,
        zone: ZoneTable = ZoneTable()
    ) {
        self.ladder = ladder
        self.policies = policies
        self.allowedLateness = allowedLateness
        self.retention = retention
        self.zone = zone
    }
}
