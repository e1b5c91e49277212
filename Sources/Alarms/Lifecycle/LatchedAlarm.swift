internal import RuleEngine
internal import RulePlan
package import Telemetry

extension Transition {
    /// An alarm of the gateway's own for something that has happened and is over, but that someone has to know of: it
    /// is raised, ends, and waits to be acknowledged.
    ///
    /// - Parameters:
    ///   - rule: what has happened, in a word: `store-damaged`.
    ///   - levels: the names of the ladder, lowest first; the alarm is at the second highest.
    /// - Returns: the raise and the end.
    package static func latched(
        _ rule: String, summary: String, site: String, levels: [String], at now: Instant
    ) -> [Transition] {
        let rank = UInt8(max(1, levels.count - 1))
        let ladder = LadderState(level: Level(rank: rank), held: 0, isUncertain: false)
        let name = levels.isEmpty ? "warning" : levels[Int(rank) - 1]
        var alarm = Alarm(
            id: "\(rule)/gateway@\(now)", rule: rule, group: "gateway", hazard: "gateway", labels: ["site": site],
            area: nil,
            ladder: ladder, levelName: name, raised: now, cleared: nil, sequence: 1, summary: summary)
        _ = alarm.move(.raise)
        let raise = Transition(
            alarm: alarm, kind: .raised, time: now, recorded: now, from: "normal", to: name, severity: rank, causes: [],
            ruleVersion: "")
        return [raise, end(of: alarm, at: now)]
    }

    /// The end of an alarm of the gateway's own that no rule stands behind.
    package static func end(of latched: Alarm, at now: Instant) -> Transition {
        var alarm = latched
        alarm.ladder = LadderState(level: .normal, held: 0, isUncertain: false)
        alarm.level = .normal
        alarm.levelName = "normal"
        alarm.cleared = now
        alarm.sequence += 1
        _ = alarm.move(.clear)
        return Transition(
            alarm: alarm, kind: .cleared, time: now, recorded: now, from: latched.levelName, to: "normal",
            severity: latched.level.rank, causes: [], ruleVersion: "")
    }
}
