package import Devices
package import RuleEngine
package import RuleLanguage
internal import RulePlan
package import Telemetry

/// All alarms that are active, by the instance of the rule that raised them: level changes in,
/// transitions out. No I/O; the same changes give the same transitions.
package struct AlarmBook: Sendable {
    let rules: CompiledRules
    /// Level names by rank, `normal` first.
    let levelNames: [String]
    private let devices: [String: Device]
    /// The device of each series, for the cause of a transition.
    private let seriesDevices: [String]
    var alarms: [Int: Alarm] = [:]
    /// What is put aside, by instance: it stays so when its alarm ends and another begins.
    var shelves: [Int: Shelf] = [:]
    /// Alarms that have ended and that nobody has taken on, by identity.
    var returned: [String: Alarm] = [:]
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
    package mutating func restore(_ stored: [Alarm], returned: [Alarm] = [], shelves: [StoredShelf] = [], at now: Instant) -> (
        ladders: [(instance: Int, ladder: LadderState)], retired: [Transition]
    ) {
        for alarm in returned { keepReturned(alarm) }
        var instances: [String: Int] = [:]
        for (index, instance) in rules.instances.enumerated() where !instance.isBallot {
            instances[rules.rules[instance.rule].name + "\u{0}" + instance.group] = index
        }
        for stored in shelves {
            if let index = instances[stored.rule + "\u{0}" + stored.group] { self.shelves[index] = stored.shelf }
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
                alarm.shelf = self.shelves[index]
                alarms[index] = alarm
                ladders.append((index, alarm.ladder))
            } else {
                let transition = retire(alarm, at: now)
                retired.append(transition)
                if transition.alarm.state == .returned { keepReturned(transition.alarm) }
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
        alarm.shelf = shelves[change.instance]
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
