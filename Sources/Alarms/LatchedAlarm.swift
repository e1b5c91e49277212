package import AlarmModel
internal import RuleEngine
internal import RulePlan
package import Telemetry

extension Transition {
    /// Returns an alarm of the gateway itself about a past event that somebody has to know. It is raised, ends at once,
    /// and waits to be acknowledged.
    ///
    /// - Parameters:
    ///   - rule: the event, in a word: `store-damaged`.
    ///   - ladder: the gateway's levels; the alarm is at the second highest.
    /// - Returns: the raise and the end.
    package static func latched(
        _ rule: String, summary: String, site: String, ladder levels: Ladder, at now: Instant
    ) -> [Transition] {
        let level = Level(rank: max(1, levels.top.rank - 1))
        let ladder = LadderState(level: level, held: 0, isUncertain: false)
        let name = levels.name(of: level)
        var alarm = Alarm(
            id: "\(rule)/gateway@\(now)", rule: rule, group: "gateway", hazard: "gateway", labels: ["site": site],
            area: nil,
            ladder: ladder, levelName: name, raised: now, cleared: nil, sequence: 1, summary: summary)
        _ = alarm.move(.raise)
        let raise = Transition(
            alarm: alarm, kind: .raised, time: now, recorded: now, from: "normal", to: name, severity: level.rank,
            causes: [],
            ruleVersion: "")
        return [raise, end(of: alarm, at: now)]
    }

    /// Returns the end of an alarm of the gateway itself, which has no rule.
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
