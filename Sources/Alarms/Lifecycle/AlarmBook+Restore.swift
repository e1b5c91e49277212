package import RuleEngine
internal import RuleLanguage
internal import RulePlan
package import Telemetry

/// How the alarms of a store go on under the rules as they are.
package struct RestoredAlarms: Sendable {
    /// For the engine, where each instance stood and since when.
    package var ladders: [(instance: Int, ladder: LadderState, moved: Instant)] = []
    /// Alarms that go on with another rule, group, hazard, level name or labels than the store has.
    package var changed: [Alarm] = []
    /// Those of them that go on under another rule, group or level name, with what they were called.
    package var renamed: [(alarm: Alarm, before: String)] = []
    /// What is put aside under another name, and no longer under the one that it had.
    package var asides: [PlaceAside] = []
    /// For each alarm whose rule or devices are no longer there, the transition that ends it.
    package var retired: [Transition] = []
}

extension AlarmBook {
    /// Takes up the alarms that a store held when the gateway stopped, or before the rules were read again.
    ///
    /// An alarm belongs to the instance of its rule's name and its group. Where there is none any more, it goes on under the
    /// rule that asks for the same under another name, or in the group of the same devices. Where its level is gone from the
    /// rule, it stands at the highest of those below until it is judged.
    package mutating func restore(_ stored: [Alarm], returned: [Alarm] = [], asides: [PlaceAside] = [], at now: Instant)
        -> RestoredAlarms
    {
        for alarm in returned { keepReturned(alarm) }
        let places = RulePlaces(rules)
        var restored = RestoredAlarms()
        var homes: [Int?] = stored.map { places.instance(rule: $0.rule, group: $0.group) }
        var taken = Set(homes.compactMap(\.self))
        for (index, alarm) in stored.enumerated() where homes[index] == nil {
            guard let home = places.successor(of: alarm, except: taken) else { continue }
            homes[index] = home
            taken.insert(home)
        }
        var newNames: [String: String] = [:]
        for (alarm, home) in zip(stored, homes) {
            if let home { newNames[alarm.rule] = rules.rules[rules.instances[home].rule].name }
        }
        for stored in asides {
            if let index = places.instance(rule: stored.rule, group: stored.group) {
                self.asides[index] = stored.aside?.brought(to: now)
            } else if let name = newNames[stored.rule], let index = places.instance(rule: name, group: stored.group) {
                self.asides[index] = stored.aside?.brought(to: now)
                restored.asides += [
                    PlaceAside(rule: stored.rule, group: stored.group, aside: nil),
                    PlaceAside(rule: name, group: stored.group, aside: self.asides[index]),
                ]
            }
        }
        for (alarm, home) in zip(stored, homes) {
            if let home {
                takeUp(alarm, in: home, &restored, at: now)
            } else {
                let transition = retire(alarm, at: now)
                restored.retired.append(transition)
                if transition.alarm.state == .returned { keepReturned(transition.alarm) }
            }
        }
        return restored
    }

    private mutating func takeUp(_ stored: Alarm, in index: Int, _ restored: inout RestoredAlarms, at now: Instant) {
        let place = rules.instances[index]
        let rule = rules.rules[place.rule]
        var alarm = stored
        (alarm.rule, alarm.group, alarm.hazard) = (rule.name, place.group, rule.hazard)
        (alarm.labels, alarm.origin) = (place.labels, origin(of: index))
        alarm.area = area(of: place)
        alarm.level = rank(of: stored.levelName, else: stored.level)
        alarm.levelName = levelNames[Int(alarm.level.rank)]
        let standing = stored.flapping.map { rank(of: $0.condition, else: stored.ladder.level) } ?? alarm.level
        let isSame = stored.origin?.conditions == alarm.origin?.conditions
        if alarm.ladder.isBlind {
            alarm.ladder.level = rule.program.blindLevel ?? .normal
            alarm.ladder.isBlind = rule.program.blindLevel != nil
        } else {
            alarm.ladder.level = standing == .normal ? .normal : rule.standing(at: standing)
            if !isSame || alarm.ladder.level != standing { alarm.ladder.held = rule.held(at: alarm.ladder.level) }
        }
        alarm.aside = asides[index]
        alarm.flapping?.limitTimes(to: now)
        alarms[index] = alarm
        restored.ladders.append((index, alarm.ladder, alarm.moved))
        let isRenamed = (stored.rule, stored.group, stored.levelName) != (alarm.rule, alarm.group, alarm.levelName)
        if isRenamed { restored.renamed.append((alarm, "\(stored.place) \(stored.levelName)")) }
        if isRenamed || stored.hazard != alarm.hazard || stored.labels != alarm.labels { restored.changed.append(alarm) }
    }

    /// The rank of a level by its name; where the ladder has no such name any more, the one that it had.
    private func rank(of name: String, else rank: Level) -> Level {
        Level(rank: UInt8(levelNames.firstIndex(of: name) ?? min(Int(rank.rank), levelNames.count - 1)))
    }

    private func retire(_ stored: Alarm, at now: Instant) -> Transition {
        var alarm = stored
        alarm.sequence += 1
        alarm.cleared = now
        _ = alarm.move(.retire)
        alarm.ladder = LadderState(level: .normal, held: 0, isUncertain: false)
        alarm.level = .normal
        alarm.levelName = levelNames[0]
        alarm.flapping = nil
        alarm.summary = "\(stored.rule) \(stored.group): the rule or its devices are no longer there"
        return Transition(
            alarm: alarm, kind: .retired, time: now, recorded: now, from: stored.levelName, to: levelNames[0],
            severity: stored.level.rank, causes: [], device: nil, ruleVersion: "", runbook: nil, policy: nil)
    }

    /// What people see of an alarm that has been restored, brought to where its conditions stand: its rule's levels may have
    /// changed.
    /// - Parameter account: what the engine says of it.
    package mutating func settle(_ account: LevelChange, recorded: Instant) -> Transition? {
        guard let alarm = alarms[account.instance], alarm.flapping == nil, alarm.level != account.to else { return nil }
        var change = account
        change.from = alarm.level
        return apply(change, ladder: alarm.ladder, recorded: recorded).first
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

    /// The instance that an alarm goes on in whose rule or group has no longer the name that it had.
    func successor(of alarm: Alarm, except taken: Set<Int>) -> Int? {
        guard let origin = alarm.origin else { return nil }
        let sameName = byName[alarm.rule].map { Array($0.values) } ?? []
        // A rule that asks for the same is its new name only where the old one is gone.
        let candidates = sameName.isEmpty ? byConditions[origin.conditions] ?? [] : sameName
        let free = candidates.sorted().filter { !taken.contains($0) }
        if let same = free.first(where: { rules.instances[$0].group == alarm.group }) { return same }
        let devices = Set(origin.devices)
        let shared = free.map { (index: $0, count: devices.intersection(rules.instances[$0].devices).count) }
        return shared.filter { $0.count > 0 }.max { ($0.count, $1.index) < ($1.count, $0.index) }?.index
    }
}

extension Rule {
    /// Where an alarm stands that stood at a level which the rule may not have: at the highest of those below, or the lowest.
    fileprivate func standing(at level: Level) -> Level {
        let own = levels.map(\.level)
        return own.filter { $0 <= level }.max() ?? own.min() ?? .normal
    }

    /// The conditions that have come true for an alarm to stand at a level, as the engine keeps them.
    fileprivate func held(at level: Level) -> UInt8 {
        program.steps.enumerated().reduce(0) { held, step in step.element.level <= level ? held | 1 << UInt8(step.offset) : held }
    }
}
