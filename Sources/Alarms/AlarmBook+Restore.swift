package import AlarmModel
package import RuleEngine
internal import RuleLanguage
internal import RulePlan
package import Telemetry

/// The alarms of a store, continued under the present rules.
package struct RestoredAlarms: Sendable {
    /// For the engine: the level of each instance, and the time since when it has had that level.
    package var ladders: [(instance: Int, ladder: LadderState, moved: Instant)] = []
    /// Alarms that continue with another rule, group, hazard, level name, labels or origin than in the store.
    package var changed: [Alarm] = []
    /// Those of `changed` that continue under another rule, group or level name, with their former names.
    package var renamed: [(alarm: Alarm, before: String)] = []
    /// Suppressions that continue under another name or another rule, and no longer under their former name.
    package var suppressions: [SuppressionRecord] = []
    /// Suppressions that have no effect, because no rule watches their key any more.
    package var withoutEffect: [SuppressionRecord] = []
    /// For each alarm whose rule or devices were removed, the transition that ends it.
    package var retired: [Transition] = []
}

extension AlarmBook {
    /// Continues the alarms that a store held when the gateway stopped, or before the rules were read again.
    ///
    /// An alarm continues in the instance with its rule's name and its group. If that instance is gone, it continues
    /// under a rule with the same conditions and another name, or in a group with the same devices. If the rule no
    /// longer has the alarm's level, the alarm gets the highest level below it until it is evaluated.
    /// - Parameter standing: the instances whose conditions hold by the stored readings.
    package mutating func restore(
        _ stored: [Alarm], returned: [Alarm] = [], suppressions: [SuppressionRecord] = [], standing: Set<Int> = [],
        at now: Instant
    ) -> RestoredAlarms {
        for alarm in returned { keepReturned(alarm) }
        let search = SuccessorSearch(rules)
        var restored = RestoredAlarms()
        var homes: [Int?] = stored.map { search.instance(rule: $0.rule, group: $0.group) }
        var taken = Set(homes.compactMap(\.self))
        for (index, alarm) in stored.enumerated() where homes[index] == nil {
            guard let home = search.successor(of: alarm, except: taken, standing: standing) else { continue }
            homes[index] = home
            taken.insert(home)
        }
        restoreSuppressions(suppressions, Array(zip(stored, homes)), taken, search, &restored, at: now)
        for (alarm, home) in zip(stored, homes) {
            if let home {
                takeUp(alarm, in: home, &restored, at: now)
            } else {
                let transition = retire(alarm, at: now)
                restored.retired.append(transition)
                if transition.alarm.state.kind == .returnedUnacknowledged { keepReturned(transition.alarm) }
            }
        }
        return restored
    }

    /// Continues suppressions. If the name is gone, a suppression follows its alarm, or goes to a rule with the same
    /// conditions for its devices.
    private mutating func restoreSuppressions(
        _ stored: [SuppressionRecord], _ alarms: [(alarm: Alarm, home: Int?)], _ taken: Set<Int>,
        _ search: SuccessorSearch,
        _ restored: inout RestoredAlarms, at now: Instant
    ) {
        var newNames: [String: String] = [:]
        for case (let alarm, let home?) in alarms {
            newNames[alarm.rule] = rules.rules[rules.instances[home].rule].name
        }
        var kept: [SuppressionRecord] = []
        // Suppressions whose name still exists go first, so that no other takes their key.
        let isNamed = { (record: SuppressionRecord) in search.instance(rule: record.rule, group: record.group) != nil }
        for record in stored.filter(isNamed) + stored.filter({ !isNamed($0) }) {
            var homes = search.instance(rule: record.rule, group: record.group).map { [$0] } ?? []
            let hasName = !homes.isEmpty
            if !hasName,
                let alarm = alarms.first(where: { ($0.alarm.rule, $0.alarm.group) == (record.rule, record.group) })
            {
                homes = alarm.home.map { [$0] } ?? []
            }
            if homes.isEmpty, let name = newNames[record.rule],
                let home = search.instance(rule: name, group: record.group)
            {
                homes = [home]
            }
            if homes.isEmpty { homes = search.successors(of: record, except: taken.union(suppressions.keys)) }
            if homes.isEmpty { restored.withoutEffect.append(record) }
            for home in homes {
                suppressions[home] = record.suppression?.brought(to: now)
                let isSame = hasName && record.origin == origin(of: home)
                if !isSame { kept.append(suppressionRecord(of: home)) }
            }
            if !hasName, !homes.isEmpty {
                restored.suppressions.append(
                    SuppressionRecord(rule: record.rule, group: record.group, suppression: nil))
            }
        }
        // Names may have been exchanged, so a removal must not remove a record that is kept under the same name.
        restored.suppressions += kept
    }

    /// The suppression of an instance, as the store keeps it.
    func suppressionRecord(of instance: Int) -> SuppressionRecord {
        let ruleInstance = rules.instances[instance]
        let suppression = suppressions[instance]
        return SuppressionRecord(
            rule: rules.rules[ruleInstance.rule].name, group: ruleInstance.group, suppression: suppression,
            origin: suppression == nil ? nil : origin(of: instance))
    }

    private mutating func takeUp(_ stored: Alarm, in index: Int, _ restored: inout RestoredAlarms, at now: Instant) {
        let ruleInstance = rules.instances[index]
        let rule = rules.rules[ruleInstance.rule]
        var alarm = stored
        (alarm.rule, alarm.group, alarm.hazard) = (rule.name, ruleInstance.group, rule.hazard)
        (alarm.labels, alarm.origin) = (ruleInstance.labels, origin(of: index))
        alarm.area = area(of: ruleInstance)
        alarm.level = rank(of: stored.levelName, else: stored.level)
        alarm.levelName = levels.name(of: alarm.level)
        let standing = stored.chattering.map { rank(of: $0.condition, else: stored.ladder.level) } ?? alarm.level
        let isSame = stored.origin?.conditions == alarm.origin?.conditions
        if alarm.ladder.hasNoData {
            alarm.ladder.level = rule.program.noDataLevel ?? .normal
            alarm.ladder.hasNoData = rule.program.noDataLevel != nil
        } else {
            alarm.ladder.level = standing == .normal ? .normal : rule.standing(at: standing)
            if !isSame || alarm.ladder.level != standing { alarm.ladder.held = rule.held(at: alarm.ladder.level) }
        }
        // The beginning of the suppression may have been limited to the present.
        if let suppression = suppressions[index], alarm.state.suppression != nil { alarm.state = suppression.state }
        alarm.chattering?.limitTimes(to: now)
        alarms[index] = alarm
        restored.ladders.append((index, alarm.ladder, alarm.moved))
        let isRenamed = (stored.rule, stored.group, stored.levelName) != (alarm.rule, alarm.group, alarm.levelName)
        if isRenamed { restored.renamed.append((alarm, "\(stored.key) \(stored.levelName)")) }
        let isSameElse = (stored.hazard, stored.labels, stored.origin) == (alarm.hazard, alarm.labels, alarm.origin)
        if isRenamed || !isSameElse { restored.changed.append(alarm) }
    }

    /// Returns the rank of a level by its name. If the ladder no longer has that name, returns the alarm's former rank.
    private func rank(of name: String, else rank: Level) -> Level {
        name == Ladder.normalName ? .normal : levels.level(named: name) ?? min(rank, levels.top)
    }

    private func retire(_ stored: Alarm, at now: Instant) -> Transition {
        var alarm = stored
        alarm.sequence += 1
        alarm.cleared = now
        _ = alarm.move(.retire)
        alarm.ladder = LadderState(level: .normal, held: 0, isUncertain: false)
        alarm.level = .normal
        alarm.levelName = Ladder.normalName
        alarm.chattering = nil
        alarm.summary = "\(stored.rule) \(stored.group): the rule or its devices are no longer there"
        return Transition(
            alarm: alarm, kind: .retired, time: now, recorded: now, from: stored.levelName, to: Ladder.normalName,
            severity: stored.level.rank, causes: [], device: nil, ruleVersion: "", runbook: nil, policy: nil)
    }

    /// Brings the visible level of a restored alarm to the level of its conditions, since its rule's levels may have
    /// changed.
    /// - Parameter account: the engine's level and values for the alarm.
    package mutating func settle(_ account: LevelChange, recorded: Instant) -> [Transition] {
        guard let alarm = alarms[account.instance], alarm.chattering == nil, alarm.level != account.to else {
            return []
        }
        var change = account
        change.from = alarm.level
        return apply(change, ladder: alarm.ladder, recorded: recorded)
    }

    func origin(of instance: Int) -> AlarmOrigin {
        let ruleInstance = rules.instances[instance]
        return AlarmOrigin(conditions: rules.rules[ruleInstance.rule].conditionsVersion, devices: ruleInstance.devices)
    }
}

/// The instances of rules that raise alarms, by names, and by their conditions and devices.
private struct SuccessorSearch {
    private let rules: CompiledRules
    private var byName: [String: [String: Int]] = [:]
    private var byConditions: [String: [Int]] = [:]

    init(_ rules: CompiledRules) {
        self.rules = rules
        for (index, instance) in rules.instances.enumerated() where !instance.isBallot {
            let rule = rules.rules[instance.rule]
            byName[rule.name, default: [:]][instance.group] = index
            byConditions[rule.conditionsVersion, default: []].append(index)
        }
    }

    func instance(rule: String, group: String) -> Int? { byName[rule]?[group] }

    /// Returns the instance in which an alarm continues after its rule or group got another name. The first choice is
    /// the group of the same rule with the most of its devices. The second is a rule with the same conditions. The last
    /// is an instance of the same hazard with its devices whose condition holds, because a rule may be renamed and
    /// changed at once.
    func successor(of alarm: Alarm, except taken: Set<Int>, standing: Set<Int>) -> Int? {
        guard let origin = alarm.origin else { return nil }
        let free = { (instances: [Int]) in instances.filter { !taken.contains($0) } }
        if let home = closest(free(instances(of: alarm.rule)), to: origin.devices) { return home }
        let same = free(byConditions[origin.conditions] ?? [])
        if let home = same.first(where: { rules.instances[$0].group == alarm.group })
            ?? closest(same, to: origin.devices)
        {
            return home
        }
        let related = free(standing.sorted()).filter {
            rule(of: $0).hazard == alarm.hazard && !rules.instances[$0].isBallot
        }
        return closest(related, to: origin.devices)
    }

    /// Returns the instances in which a suppression continues after its rule or group got another name. They belong to
    /// the same rule, or to a rule with the same conditions, and have no other devices.
    func successors(of record: SuppressionRecord, except taken: Set<Int>) -> [Int] {
        guard let origin = record.origin else { return [] }
        let devices = Set(origin.devices)
        for candidates in [instances(of: record.rule), byConditions[origin.conditions] ?? []] {
            let found = candidates.filter { !taken.contains($0) && devices.isSuperset(of: rules.instances[$0].devices) }
            if !found.isEmpty { return found }
        }
        return []
    }

    private func instances(of rule: String) -> [Int] { byName[rule]?.values.sorted() ?? [] }

    private func rule(of instance: Int) -> Rule { rules.rules[rules.instances[instance].rule] }

    /// Returns the first instance that shares the most devices with the list, and at least one.
    private func closest(_ instances: [Int], to devices: [String]) -> Int? {
        let devices = Set(devices)
        let shared = instances.map { (index: $0, count: devices.intersection(rules.instances[$0].devices).count) }
        return shared.filter { $0.count > 0 }.max { ($0.count, $1.index) < ($1.count, $0.index) }?.index
    }
}

extension Rule {
    /// Returns the level for an alarm whose level the rule may no longer have: the highest level up to it, or else the
    /// lowest.
    fileprivate func standing(at level: Level) -> Level {
        let own = levels.map(\.level)
        return own.filter { $0 <= level }.max() ?? own.min() ?? .normal
    }

    /// Returns the conditions that have become true for an alarm at a level, as the engine keeps them.
    fileprivate func held(at level: Level) -> UInt8 {
        program.steps.enumerated().reduce(0) { held, step in
            step.element.level <= level ? held | 1 << UInt8(step.offset) : held
        }
    }
}
