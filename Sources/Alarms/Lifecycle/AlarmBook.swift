package import Devices
package import RuleEngine
package import RuleLanguage
internal import RulePlan
package import Telemetry

/// All alarms that are active, by the instance of the rule that raised them: level changes in,
/// transitions out. No I/O; the same changes give the same transitions.
package struct AlarmBook: Sendable {
    private let rules: CompiledRules
    /// Level names by rank, `normal` first.
    private let levelNames: [String]
    private let devices: [String: Device]
    /// The device of each series, for the cause of a transition.
    private let seriesDevices: [String]
    private var alarms: [Int: Alarm] = [:]
    /// Alarms that have ended and that nobody has taken on, by identity.
    private var returned: [String: Alarm] = [:]
    /// More of them are still in the store, but can no longer be acknowledged.
    package static let returnedMax = 1000

    package init(rules: CompiledRules, ladder: [String], site: Site, seriesDevices: [String]) {
        self.rules = rules
        self.seriesDevices = seriesDevices
        levelNames = ["normal"] + ladder
        devices = Dictionary(site.devices.map { ($0.id, $0) }) { first, _ in first }
    }

    /// The active alarms, highest level first.
    package var active: [Alarm] {
        alarms.values.sorted { ($1.ladder.level, $0.raised, $0.id) < ($0.ladder.level, $1.raised, $1.id) }
    }

    package func alarm(of instance: Int) -> Alarm? { alarms[instance] }

    /// Takes up the alarms that a store held when the gateway stopped.
    ///
    /// - Returns: for the engine, where each instance stood; and a transition for each alarm whose rule or
    ///   group is no longer there, which ends it.
    package mutating func restore(_ stored: [Alarm], returned: [Alarm] = [], at now: Instant) -> (
        ladders: [(instance: Int, ladder: LadderState)], retired: [Transition]
    ) {
        for alarm in returned { keepReturned(alarm) }
        var instances: [String: Int] = [:]
        for (index, instance) in rules.instances.enumerated() where !instance.isBallot {
            instances[rules.rules[instance.rule].name + "\u{0}" + instance.group] = index
        }
        var ladders: [(instance: Int, ladder: LadderState)] = []
        var retired: [Transition] = []
        for alarm in stored {
            if let index = instances[alarm.rule + "\u{0}" + alarm.group],
                let rank = levelNames.firstIndex(of: alarm.levelName),
                case let rule = rules.rules[rules.instances[index].rule],
                alarm.ladder.isBlind
                    ? Int(rule.program.blindLevel?.rank ?? 0) == rank : rule.levels.contains(where: { Int($0.level.rank) == rank })
            {
                var alarm = alarm
                alarm.ladder.level = Level(rank: UInt8(rank))
                alarms[index] = alarm
                ladders.append((index, alarm.ladder))
            } else {
                retired.append(retire(alarm, at: now))
            }
        }
        return (ladders, retired)
    }

    private func retire(_ stored: Alarm, at now: Instant) -> Transition {
        var alarm = stored
        alarm.sequence += 1
        alarm.cleared = now
        alarm.ladder = LadderState(level: .normal, held: 0, isUncertain: false)
        alarm.levelName = levelNames[0]
        alarm.summary = "\(stored.rule) \(stored.group): the rule, its level or its devices are no longer there"
        return Transition(
            alarm: alarm, kind: .retired, time: now, recorded: now, from: stored.levelName, to: levelNames[0],
            severity: stored.ladder.level.rank, causes: [], device: nil, ruleVersion: "", runbook: nil, policy: nil)
    }

    /// Turns a level change into a transition of its alarm.
    package mutating func apply(_ change: LevelChange, ladder: LadderState, recorded: Instant) -> Transition? {
        let instance = rules.instances[change.instance]
        let rule = rules.rules[instance.rule]
        let kind: Transition.Kind
        if change.from == .normal {
            guard change.to > .normal else { return nil }
            kind = change.isBlind ? .blind : .raised
        } else if change.to == .normal {
            kind = .cleared
        } else if change.to != change.from {
            kind = change.to > change.from ? .rose : .fell
        } else {
            kind = change.isUncertain ? .uncertain : .certain
        }
        let summary =
            change.isBlind
            ? "\(instance.group): blind, nothing is known of \(rule.quantities.joined(separator: ", "))"
            : rule.summary.text(labels: instance.labels, registers: change.registers)
        var alarm: Alarm
        if kind == .raised || kind == .blind {
            alarm = Alarm(
                id: "\(rule.name)/\(instance.group)@\(change.time)", rule: rule.name, group: instance.group,
                hazard: rule.hazard, labels: instance.labels, position: position(of: instance), ladder: ladder,
                levelName: "", raised: change.time, cleared: nil, sequence: 0, summary: summary)
        } else {
            guard let active = alarms[change.instance] else { return nil }
            alarm = active
        }
        alarm.sequence += 1
        alarm.ladder = ladder
        alarm.levelName = levelNames[Int(change.to.rank)]
        alarm.summary = summary
        alarm.cleared = kind == .cleared ? change.time : nil
        if kind == .rose { alarm.acknowledgement = nil }
        alarms[change.instance] = kind == .cleared ? nil : alarm
        if alarm.state == .returned { keepReturned(alarm) }
        var device: String?
        if case .reading(let series) = change.trigger { device = seriesDevices[Int(series.index)] }
        return Transition(
            alarm: alarm, kind: kind, time: change.time, recorded: recorded, from: levelNames[Int(change.from.rank)],
            to: levelNames[Int(change.to.rank)], severity: max(change.from, change.to).rank,
            causes: change.isBlind
                ? rule.unknowns(registers: change.registers)
                : rule.causes(from: change.from, to: change.to, registers: change.registers), device: device,
            ruleVersion: rule.version, runbook: rule.runbook, policy: rule.escalate)
    }

    /// The alarms that ended before anyone had taken them on, newest first.
    package var unacknowledgedReturns: [Alarm] { returned.values.sorted { ($1.raised, $0.id) < ($0.raised, $1.id) } }

    private mutating func keepReturned(_ alarm: Alarm) {
        returned[alarm.id] = alarm
        if returned.count > Self.returnedMax, let oldest = returned.values.min(by: { $0.raised < $1.raised }) {
            returned[oldest.id] = nil
        }
    }

    /// Notes that someone has taken an alarm on.
    ///
    /// - Parameter name: the alarm's identity, the beginning of it that no other has, or `rule/group`.
    /// - Throws: ``OperatorError`` if no alarm, or more than one, is meant, or if it is acknowledged already.
    package mutating func acknowledge(_ name: String, by person: String, note: String, at now: Instant) throws(OperatorError) -> Transition
    {
        let candidates = alarms.map { (Optional($0.key), $0.value) } + returned.values.map { (nil, $0) }
        let exact = candidates.filter { $0.1.id == name }
        let found = exact.isEmpty ? candidates.filter { $0.1.id.hasPrefix(name) } : exact
        guard let first = found.first else { throw OperatorError("there is no alarm '\(name)' that could be acknowledged") }
        guard found.count == 1 else {
            throw OperatorError(
                "'\(name)' may be \(found.count) alarms: \(found.map(\.1.id).sorted().prefix(5).joined(separator: ", "))")
        }
        var (instance, alarm) = first
        if let earlier = alarm.acknowledgement {
            throw OperatorError("\(alarm.id) was acknowledged by \(earlier.person) at \(earlier.time)")
        }
        alarm.sequence += 1
        alarm.acknowledgement = Acknowledgement(person: person, time: now, note: note)
        if let instance { alarms[instance] = alarm }
        returned[alarm.id] = nil
        let rule = instance.map { rules.rules[rules.instances[$0].rule] }
        return Transition(
            alarm: alarm, kind: .acknowledged, time: now, recorded: now, from: alarm.levelName, to: alarm.levelName,
            severity: alarm.ladder.level.rank, causes: [], device: nil, ruleVersion: rule?.version ?? "", runbook: rule?.runbook,
            policy: rule?.escalate, person: person, note: note)
    }

    /// The middle of the group's devices that have a position.
    private func position(of instance: RuleInstance) -> Position? {
        let positions = instance.devices.compactMap { devices[$0]?.position }
        guard !positions.isEmpty else { return nil }
        let count = Double(positions.count)
        return Position(
            latitude: positions.map(\.latitude).reduce(0, +) / count,
            longitude: positions.map(\.longitude).reduce(0, +) / count,
            elevation: positions.count == 1 ? positions[0].elevation : nil)
    }
}
