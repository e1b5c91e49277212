package import AlarmModel
package import Telemetry

/// What a rule may refer to beside its devices, and what bounds it.
package struct RuleContext: Sendable {
    /// The names of the levels, lowest first.
    package var ladder: Ladder
    /// The escalation policies that there are; `nil` where their file cannot be read, and nothing is said of them.
    package var policies: Set<String>?
    /// How far back readings may still be put in their place.
    package var allowedLateness: TimeSpan
    /// How long the store keeps readings, if age bounds it.
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
