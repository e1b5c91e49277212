package import AlarmModel
package import RuleEngine
internal import RuleLanguage
internal import RulePlan
package import Telemetry

/// How the alarms of a store continue under the present rules.
package struct RestoredAlarms: Sendable {
    /// For the engine: the level of each instance, and since when.
    package var ladders: [(instance: Int, ladder: LadderState, moved: Instant)] = []
    /// Alarms that continue with another rule, group, hazard, level name, labels or origin than the store has.
    package var changed: [Alarm] = []
    /// Those of them that continue under another rule, group or level name, with what they were called.
    package var renamed: [(alarm: Alarm, before: String)] = []
    /// Suppressions that continue under another name or another rule, and no longer under the name that they had.
    package var suppressions: [SuppressionRecord] = []
    /// Suppressions without a rule that watches there now: they have no effect.
    package var withoutEffect: [SuppressionRecord] = []
    /// For each alarm whose rule or devices are no longer there, the transition that ends it.
    package var retired: [Transition] = []
}

extension AlarmBook {
    /// Continues the alarms that a store held when the gateway stopped, or before the rules were read again.
    ///
    /// An alarm belongs to the instance of its rule's name and its group. Where there is none any more, it continues
    /// under the rule that asks for the same under another name, or in the group of the same devices. Where its level
    /// is gone from the rule, it has the highest of those below until it is judged.
    /// - Parameter standing: the instances whose conditions hold by the readings that are stored.
    package mutating func restore(
        _ stored: [Alarm], returned: [Alarm] = [], suppressions: [SuppressionRecord] = [], standing: Set<Int> = [],
        at now: Instant
    ) -> RestoredAlarms {
        for alarm in returned { keepReturned(alarm) }
        let places = RulePlaces(rules)
        var restored = RestoredAlarms()
        var homes: [Int?] = stored.map { places.instance(rule: $0.rule, group: $0.group) }
        var taken = Set(homes.compactMap(\.self))
        for (index, alarm) in stored.enumerated() where homes[index] == nil {
            guard let home = places.successor(of: alarm, except: taken, standing: standing) else { continue }
            homes[index] = home
            taken.insert(home)
        }
        restoreSuppressions(suppressions, Array(zip(stored, homes)), taken, places, &restored, at: now)
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

    /// Continues suppressions. Where the name is gone, a suppression goes with its alarm, or to a rule that asks for
    /// the same of its devices.
    private mutating func restoreSuppressions(
        _ stored: [SuppressionRecord], _ alarms: [(alarm: Alarm, home: Int?)], _ taken: Set<Int>, _ places: RulePlaces,
        _ restored: inout RestoredAlarms, at now: Instant
    ) {
        var newNames: [String: String] = [:]
        for case (let alarm, let home?) in alarms {
            newNames[alarm.rule] = rules.rules[rules.instances[home].rule].name
        }
        var kept: [SuppressionRecord] = []
        // Suppressions whose name is still there go first, so that no other takes their place.
        let isNamed = { (place: SuppressionRecord) in places.instance(rule: place.rule, group: place.group) != nil }
        for place in stored.filter(isNamed) + stored.filter({ !isNamed($0) }) {
            var homes = places.instance(rule: place.rule, group: place.group).map { [$0] } ?? []
            let hasName = !homes.isEmpty
            if !hasName,
                let alarm = alarms.first(where: { ($0.alarm.rule, $0.alarm.group) == (place.rule, place.group) })
            {
                homes = alarm.home.map { [$0] } ?? []
            }
            if homes.isEmpty, let name = newNames[place.rule],
                let home = places.instance(rule: name, group: place.group)
            {
                homes = [home]
            }
            if homes.isEmpty { homes = places.successors(of: place, except: taken.union(suppressions.keys)) }
            if homes.isEmpty { restored.withoutEffect.append(place) }
            for home in homes {
                suppressions[home] = place.suppression?.brought(to: now)
                let isSame = hasName && place.origin == origin(of: home)
                if !isSame { kept.append(suppressionRecord(of: home)) }
            }
            if !hasName, !homes.isEmpty {
                restored.suppressions.append(SuppressionRecord(rule: place.rule, group: place.group, suppression: nil))
            }
        }
        // Names may have been exchanged: a removal must not remove what is kept under the same name.
        restored.suppressions += kept
    }

    /// The suppression of an instance, as the store keeps it.
    func suppressionRecord(of instance: Int) -> SuppressionRecord {
        let place = rules.instances[instance]
        let suppression = suppressions[instance]
        return SuppressionRecord(
            rule: rules.rules[place.rule].name, group: place.group, suppression: suppression,
            origin: suppression == nil ? nil : origin(of: instance))
    }

    private mutating func takeUp(_ stored: Alarm, in index: Int, _ restored: inout RestoredAlarms, at now: Instant) {
        let place = rules.instances[index]
        let rule = rules.rules[place.rule]
        var alarm = stored
        (alarm.rule, alarm.group, alarm.hazard) = (rule.name, place.group, rule.hazard)
        (alarm.labels, alarm.origin) = (place.labels, origin(of: index))
        alarm.area = area(of: place)
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
        // The suppression may have been brought to the present.
        if let suppression = suppressions[index], alarm.state.suppression != nil { alarm.state = suppression.state }
        alarm.chattering?.limitTimes(to: now)
        alarms[index] = alarm
        restored.ladders.append((index, alarm.ladder, alarm.moved))
        let isRenamed = (stored.rule, stored.group, stored.levelName) != (alarm.rule, alarm.group, alarm.levelName)
        if isRenamed { restored.renamed.append((alarm, "\(stored.key) \(stored.levelName)")) }
        let isSameElse = (stored.hazard, stored.labels, stored.origin) == (alarm.hazard, alarm.labels, alarm.origin)
        if isRenamed || !isSameElse { restored.changed.append(alarm) }
    }

    /// The rank of a level by its name; where the ladder has no such name any more, the one that it had.
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

    /// Brings the level that people see of a restored alarm to the level of its conditions, since its rule's levels may
    /// have changed.
    /// - Parameter account: the level and the values that the engine has for it.
    package mutating func settle(_ account: LevelChange, recorded: Instant) -> [Transition] {
        guard let alarm = alarms[account.instance], alarm.chattering == nil, alarm.level != account.to else {
            return []
        }
        var change = account
        change.from = alarm.level
        return apply(change, ladder: alarm.ladder, recorded: recorded)
    }

    func origin(of instance: Int) -> AlarmOrigin {
        let place = rules.instances[instance]
        return AlarmOrigin(conditions: rules.rules[place.rule].conditionsVersion, devices: place.devices)
    }
}

/// The instances of rules that raise alarms, by names and by what they are apart from names.
private struct RulePlaces {
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

    /// The instance in which an alarm continues whose rule or group has another name now: of its rule's groups the one
    /// with its devices; else that of a rule which asks for the same; else one of the same hazard with its devices
    /// whose condition holds, as its rule may have been renamed and changed at once.
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

    /// The instances in which a suppression continues whose rule or group has another name now: those of its rule, or
    /// of one that asks for the same, with no other devices.
    func successors(of place: SuppressionRecord, except taken: Set<Int>) -> [Int] {
        guard let origin = place.origin else { return [] }
        let devices = Set(origin.devices)
        for candidates in [instances(of: place.rule), byConditions[origin.conditions] ?? []] {
            let found = candidates.filter { !taken.contains($0) && devices.isSuperset(of: rules.instances[$0].devices) }
            if !found.isEmpty { return found }
        }
        return []
    }

    private func instances(of rule: String) -> [Int] { byName[rule]?.values.sorted() ?? [] }

    private func rule(of instance: Int) -> Rule { rules.rules[rules.instances[instance].rule] }

    /// The first of those with the most of some devices, and with one at least.
    private func closest(_ instances: [Int], to devices: [String]) -> Int? {
        let devices = Set(devices)
        let shared = instances.map { (index: $0, count: devices.intersection(rules.instances[$0].devices).count) }
        return shared.filter { $0.count > 0 }.max { ($0.count, $1.index) < ($1.count, $0.index) }?.index
    }
}

extension Rule {
    /// The level of an alarm whose level the rule may not have any more: the highest of those below, or the lowest.
    fileprivate func standing(at level: Level) -> Level {
        let own = levels.map(\.level)
        return own.filter { $0 <= level }.max() ?? own.min() ?? .normal
    }

    /// The conditions that have come true for an alarm to stand at a level, as the engine keeps them.
    fileprivate func held(at level: Level) -> UInt8 {
        program.steps.enumerated().reduce(0) { held, step in
            step.element.level <= level ? held | 1 << UInt8(step.offset) : held
        }
    }
}
