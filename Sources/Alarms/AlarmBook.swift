package import AlarmModel
package import Devices
package import RuleEngine
package import RuleLanguage
internal import RulePlan
package import Telemetry

/// Keeps all active alarms, by the instance of the rule that raised them. It turns level changes into transitions. No
/// I/O; the same changes give the same transitions.
package struct AlarmBook: Sendable {
    let rules: CompiledRules
    /// Level names by rank, `normal` first.
    let levels: Ladder
    private let devices: [String: Device]
    /// The device of each series, for the cause of a transition.
    private let seriesDevices: [String]
    var alarms: [Int: Alarm] = [:]
    /// The operators' suppressions, by instance. A suppression stays when its alarm ends and another begins.
    var suppressions: [Int: Suppression] = [:]
    /// The alarms that have ended and are not yet acknowledged, by identity.
    var returned: [String: Alarm] = [:]
    /// Additions to the summaries of a rule's alarms, by the rule's name, or by rule/group.
    package var remarks: [String: String] = [:]
    private var watch: ChatteringWatch
    /// The time of the newest raise of each instance.
    private var lastRaised: [Int: Instant] = [:]
    /// The largest number of ended alarms that are kept. More of them are in the store, but can no longer be
    /// acknowledged.
    package static let returnedMax = 1000

    package init(
        rules: CompiledRules, ladder: Ladder, site: Site, seriesDevices: [String],
        chattering: ChatteringLimit = ChatteringLimit()
    ) {
        self.rules = rules
        self.seriesDevices = seriesDevices
        levels = ladder
        devices = Dictionary(site.devices.map { ($0.id, $0) }) { first, _ in first }
        watch = ChatteringWatch(chattering)
    }

    /// The active alarms, highest level first.
    package var active: [Alarm] {
        alarms.values.sorted { ($1.level, $0.raised, $0.id) < ($0.level, $1.raised, $1.id) }
    }

    package func alarm(of instance: Int) -> Alarm? { alarms[instance] }

    /// Turns a change of the engine into transitions of its alarm, usually one. A chattering alarm gives none, unless
    /// the level becomes higher than the one at which it is held.
    package mutating func apply(_ change: LevelChange, ladder: LadderState, recorded: Instant) -> [Transition] {
        let ruleInstance = rules.instances[change.instance]
        let rule = rules.rules[ruleInstance.rule]
        var words = AlarmTexts(
            change, of: rule, in: ruleInstance, device: device(of: change.trigger), missing: missing(change),
            votes: votes(change), hadNoData: alarms[change.instance]?.ladder.hasNoData ?? false)
        words.summary += remark(rule, ruleInstance, change)
        // The engine may be ahead of this change, because one reading can cause several.
        var ladder = ladder
        (ladder.level, ladder.isUncertain) = (change.to, change.isUncertain)
        (ladder.hasNoData, ladder.isSuppressed) = (change.hasNoData, change.isSuppressed)
        guard var alarm = alarms[change.instance] else {
            guard change.to > .normal else { return [] }
            return raise(change, ladder, words, recorded: recorded)
        }
        var transitions: [Transition] = []
        let wasSuppressed = alarm.ladder.isSuppressed
        let isKnownOtherwise =
            alarm.ladder.isUncertain != ladder.isUncertain || alarm.ladder.hasNoData != ladder.hasNoData
        alarm.ladder = ladder
        let missingBefore = alarm.missing
        alarm.missing = words.missing
        if change.isSuppressed != wasSuppressed, change.to > .normal || alarm.chattering != nil {
            let before = alarm.state.kind
            _ = alarm.move(change.isSuppressed ? .suppress : .release)
            // An operator's suppression stays, regardless of the rule.
            if alarm.state.kind != before {
                let kind: Transition.Kind = change.isSuppressed ? .suppressed : .released
                let causes = rule.suppressionCauses(registers: change.registers)
                transitions.append(
                    step(&alarm, change.instance, kind, at: change.time, recorded: recorded, causes: causes, words))
            }
        }
        let isMove = change.to != change.from
        guard isMove || isKnownOtherwise else {
            alarms[change.instance] = alarm
            if alarm.missing != missingBefore, change.to > .normal, alarm.chattering == nil {
                let note = Self.sensorNews(missingBefore, alarm.missing)
                transitions.append(
                    step(&alarm, change.instance, .sensors, at: change.time, recorded: recorded, words, note: note))
            }
            return transitions
        }
        let isTooMuch = watch.noteChange(change.instance, at: recorded, time: change.time)
        if var chattering = alarm.chattering {
            chattering.count(change.time)
            chattering.latest = recorded
            chattering.note(words, levels.name(of: change.to))
            alarm.chattering = chattering
            alarms[change.instance] = alarm
            guard change.to > alarm.level else { return transitions }
            transitions.append(moveLevel(&alarm, change, .rose, words, recorded: recorded))
            return transitions
        }
        let isUp = change.to > change.from
        if isUp || !isTooMuch {
            let kind: Transition.Kind =
                change.to == .normal
                ? .cleared : isMove ? (isUp ? .rose : .fell) : change.isUncertain ? .uncertain : .certain
            transitions.append(moveLevel(&alarm, change, kind, words, recorded: recorded))
        }
        if isTooMuch { transitions.append(hold(&alarm, change, words, recorded: recorded)) }
        return transitions
    }

    private mutating func raise(_ change: LevelChange, _ ladder: LadderState, _ words: AlarmTexts, recorded: Instant)
        -> [Transition]
    {
        let ruleInstance = rules.instances[change.instance]
        let rule = rules.rules[ruleInstance.rule]
        // Readings that share one time may raise the alarm more than once. Each alarm then gets a time a nanosecond
        // after the one before.
        var raised = change.time
        if let last = lastRaised[change.instance], last >= raised, last - raised < .milliseconds(1) {
            raised = last + TimeSpan(nanoseconds: 1)
        }
        lastRaised[change.instance] = raised
        var alarm = Alarm(
            id: "\(rule.name)/\(ruleInstance.group)@\(raised)", rule: rule.name, group: ruleInstance.group,
            hazard: rule.hazard,
            labels: ruleInstance.labels, area: area(of: ruleInstance), ladder: ladder, levelName: Ladder.normalName,
            raised: raised, cleared: nil, sequence: 0, summary: "")
        alarm.origin = origin(of: change.instance)
        alarm.missing = words.missing
        alarm.level = .normal
        alarm.state = suppressions[change.instance]?.state ?? (ladder.isSuppressed ? .suppressed : .normal(nil))
        let isTooMuch = watch.noteChange(change.instance, at: recorded, time: change.time)
        var transitions = [moveLevel(&alarm, change, change.hasNoData ? .noData : .raised, words, recorded: recorded)]
        if isTooMuch { transitions.append(hold(&alarm, change, words, recorded: recorded)) }
        return transitions
    }

    /// Changes the visible level, and keeps the alarm.
    private mutating func moveLevel(
        _ alarm: inout Alarm, _ change: LevelChange, _ kind: Transition.Kind, _ words: AlarmTexts, recorded: Instant
    ) -> Transition {
        let from = alarm.level
        alarm.level = change.to
        alarm.levelName = levels.name(of: change.to)
        alarm.moved = change.time
        switch kind {
        case .raised, .noData: _ = alarm.move(.raise)
        case .rose: _ = alarm.move(.rise)
        case .fell: _ = alarm.move(.fall)
        case .cleared:
            _ = alarm.move(.clear)
            alarm.cleared = change.time
        case .uncertain, .certain, .sensors, .chattering, .calm, .acknowledged, .shelved, .unshelved, .suppressed,
            .released, .outOfService, .inService, .retired:
            break
        }
        return step(
            &alarm, change.instance, kind, at: change.time, recorded: recorded, from: from,
            severity: max(from, change.to),
            causes: words.causes, words)
    }

    private mutating func hold(_ alarm: inout Alarm, _ change: LevelChange, _ words: AlarmTexts, recorded: Instant)
        -> Transition
    {
        let limit = watch.limit
        var chattering = Chattering(since: recorded)
        for time in watch.counted(change.instance) { chattering.count(time) }
        chattering.note(words, levels.name(of: change.to))
        alarm.chattering = chattering
        return step(
            &alarm, change.instance, .chattering, at: change.time, recorded: recorded, words,
            note:
                "\(limit.changes) changes within \(TimeSpanText.short(limit.within)): held at \(alarm.levelName) until it has been quiet as long"
        )
    }

    /// Ends chattering that has been quiet for long enough, and forgets changes that are too old to count.
    package mutating func calm(at now: Instant) -> [Transition] {
        watch.forget(before: now)
        var transitions: [Transition] = []
        for instance in alarms.filter({ $0.value.chattering != nil }).keys.sorted() {
            guard let stored = alarms[instance], let chattering = stored.chattering,
                chattering.latest <= now - watch.limit.within
            else {
                continue
            }
            var alarm = stored
            alarm.chattering = nil
            let from = alarm.level
            alarm.level = alarm.ladder.level
            alarm.levelName = levels.name(of: alarm.level)
            let kind: Transition.Kind = alarm.level == .normal ? .cleared : alarm.level < from ? .fell : .calm
            if kind == .cleared { alarm.cleared = now }
            if kind != .calm { _ = alarm.move(kind == .cleared ? .clear : .fall) }
            let words = AlarmTexts(
                summary: chattering.summary, texts: alarm.texts, causes: chattering.causes, device: chattering.device)
            transitions.append(
                step(
                    &alarm, instance, kind, at: now, recorded: now, from: from, severity: from,
                    causes: chattering.causes,
                    words,
                    note: chattering.calmText))
        }
        return transitions
    }

    /// Numbers a transition, and keeps the alarm in its new state.
    private mutating func step(
        _ alarm: inout Alarm, _ instance: Int, _ kind: Transition.Kind, at time: Instant, recorded: Instant,
        from: Level? = nil,
        severity: Level? = nil, causes: [Cause] = [], _ words: AlarmTexts, note: String? = nil
    ) -> Transition {
        alarm.sequence += 1
        alarm.summary = words.summary
        alarm.texts = words.texts
        alarms[instance] = kind == .cleared ? nil : alarm
        if alarm.state.kind == .returnedUnacknowledged { keepReturned(alarm) }
        let rule = rules.rules[rules.instances[instance].rule]
        return Transition(
            alarm: alarm, kind: kind, time: time, recorded: recorded, from: levels.name(of: from ?? alarm.level),
            to: alarm.levelName, severity: (severity ?? alarm.level).rank, causes: causes, device: words.device,
            ruleVersion: rule.version, runbook: rule.runbook, policy: rule.escalate, instruction: rule.instruction,
            note: note)
    }

    /// Returns the devices of the silent sensors.
    private func missing(_ change: LevelChange) -> [String] {
        Set(change.silent.map { seriesDevices[Int($0.index)] }).sorted()
    }

    /// Notes the silent sensors of a restored alarm, without a transition.
    package mutating func noteMissing(_ account: LevelChange) {
        let missing = missing(account)
        alarms[account.instance]?.missing = missing
    }

    /// Returns the status of the active alarm of an instance; `nil` if there is none.
    /// - Parameter account: the instance's rule, with present values.
    package func status(
        _ account: LevelChange, newestReading: Instant?, trend: AlarmStatus.Trend?, next: [AlarmStatus.NextStep]
    ) -> AlarmStatus? {
        guard let alarm = alarms[account.instance] else { return nil }
        let ruleInstance = rules.instances[account.instance]
        let rule = rules.rules[ruleInstance.rule]
        var words = AlarmTexts(
            account, of: rule, in: ruleInstance, device: nil, missing: alarm.missing, votes: votes(account))
        words.summary += remark(rule, ruleInstance, account)
        return AlarmStatus(
            alarm: alarm.id, summary: words.summary, causes: words.causes, newestReading: newestReading?.description,
            trend: trend,
            missing: alarm.missing, next: next, runbook: rule.runbook, instruction: rule.instruction)
    }

    private func remark(_ rule: Rule, _ ruleInstance: RuleInstance, _ change: LevelChange) -> String {
        guard change.to > .normal, let remark = remarks[rule.name] ?? remarks["\(rule.name)/\(ruleInstance.group)"]
        else {
            return ""
        }
        return ": \(remark)"
    }

    /// The instances that have an active alarm, in order.
    package var activeInstances: [Int] { alarms.keys.sorted() }

    private static func sensorNews(_ before: [String], _ now: [String]) -> String {
        let (gone, back) = (now.filter { !before.contains($0) }, before.filter { !now.contains($0) })
        return [
            gone.isEmpty ? nil : "nothing is heard from \(gone.joined(separator: ", ")) any more",
            back.isEmpty ? nil : "\(back.joined(separator: ", ")) is heard again",
        ].compactMap(\.self).joined(separator: "; ")
    }

    /// Returns the area that holds the devices of a group, if the inventory has their positions.
    func area(of ruleInstance: RuleInstance) -> AlarmArea? {
        AlarmArea(of: ruleInstance.devices.compactMap { devices[$0]?.position })
    }

    /// Returns how the devices voted.
    private func votes(_ change: LevelChange) -> CastVotes {
        Dictionary(grouping: change.votes, by: \.tally).mapValues { votes in
            votes.map { (rules.instances[Int($0.instance)].devices.first ?? "", $0.isYes) }
        }
    }

    private func device(of trigger: LevelChange.Trigger) -> String? {
        if case .reading(let series) = trigger { return seriesDevices[Int(series.index)] }
        return nil
    }
}

/// The texts of a rule in a group at one moment.
struct AlarmTexts {
    var summary: String
    var texts: [String: AlarmText]
    var causes: [Cause]
    var device: String?
    /// The silent devices, if there are several devices.
    var missing: [String] = []
}

extension AlarmTexts {
    /// - Parameter hadNoData: true if the ending alarm had no data about its group.
    init(
        _ change: LevelChange, of rule: Rule, in ruleInstance: RuleInstance, device: String?, missing: [String],
        votes: CastVotes, hadNoData: Bool = false
    ) {
        self.device = device
        self.missing = missing
        causes =
            change.hasNoData
            ? rule.unknowns(registers: change.registers)
            : rule.causes(from: change.from, to: change.to, registers: change.registers, votes: votes)
        var own = rule.summary.text(labels: ruleInstance.labels, registers: change.registers)
        if change.to == .normal {
            if let cleared = rule.cleared {
                own = cleared.text(labels: ruleInstance.labels, registers: change.registers)
            } else if hadNoData {
                own = "\(ruleInstance.group): heard again"
            } else if !rule.summary.hasValues {
                own = "over: \(own)"
            }
        }
        if !ruleInstance.maintained.isEmpty {
            own += " (\(ruleInstance.maintained.joined(separator: ", ")) in maintenance)"
        }
        if !missing.isEmpty, !(hadNoData && change.to == .normal) {
            own += " (nothing from \(missing.joined(separator: ", ")))"
        }
        summary =
            change.hasNoData ? "\(ruleInstance.group): no data of \(rule.quantities.joined(separator: ", "))" : own
        texts = rule.translations.mapValues { translation in
            AlarmText(
                hazard: translation.hazard,
                summary: translation.summary?.text(labels: ruleInstance.labels, registers: change.registers) ?? own,
                instruction: translation.instruction)
        }
    }
}

extension Chattering {
    /// Notes the texts to send if the alarm is quiet from now on.
    mutating func note(_ words: AlarmTexts, _ level: String) {
        condition = level
        summary = words.summary
        causes = words.causes
        device = words.device
    }
}
