internal import AlarmModel
internal import Devices
internal import Diagnostics
internal import RulePlan
internal import Telemetry

/// Checks rules against the devices, and builds their programs.
struct RuleChecker {
    let context: RuleContext
    var devices: DeviceIndex
    var problems: [Diagnostic] = []

    /// The rule, and the devices that it selects; `nil` if anything is wrong with it.
    mutating func check(_ source: RuleSource) -> (rule: Rule, devices: [Device])? {
        let before = problems.count
        let devices = select(source)
        var selection = MeasuredSelection(devices)
        // A rule that selects nothing is checked against what there is at all, and stands idle.
        if devices.isEmpty { selection.quantities = self.devices.quantities.merging(Quantity.known) { own, _ in own } }
        if devices.isEmpty { selection.sent = Set(selection.quantities.keys) }
        var checker = ExpressionChecker(
            selection, otherQuantities: self.devices.quantityNames, context: context)
        define(source.definitions, in: &checker)
        var builder = ProgramBuilder()
        let (levels, conditions) = lowerLevels(source, &checker, &builder)
        var clear: ExplainedCondition?
        if let text = source.clear, let condition = checker.condition(text, of: "'clear'") {
            for level in levels where Implication.overlap(level.when, condition) {
                problems.append(
                    Diagnostic(
                        .warning, id: "clear-overlaps",
                        "'clear' and '\(level.name)' can be true at once: the alarm would come and go around their border",
                        at: text.location,
                        hint: "leave a gap between them"))
                break
            }
            let isOfSilence = levels.allSatisfy { $0.when.subjects == .silence }
            if condition.subjects == .silence, !isOfSilence {
                problems.append(
                    Diagnostic(
                        .warning, id: "clear-by-silence",
                        "'clear' asks only whether readings come, and a level of this rule measures something: no alarm clears by silence",
                        at: text.location, hint: "say below which value it is over, such as water_level < 2.4 m for 10m"
                    ))
            }
            let first = builder.comparisons.count
            builder.setClear(builder.ending(condition, isOfSilence: isOfSilence))
            clear = ExplainedCondition(
                text: ExpressionChecker.bracketed(text), comparisons: Array(builder.comparisons[first...]))
        }
        var suppress: ExplainedCondition?
        if let text = source.suppress, let condition = checker.condition(text, of: "'suppress'") {
            let first = builder.comparisons.count
            builder.setSuppress(builder.condition(condition))
            suppress = ExplainedCondition(
                text: ExpressionChecker.bracketed(text), comparisons: Array(builder.comparisons[first...]))
        }
        let summary = summarise(source.summary, source, devices, &checker, &builder)
        let cleared = source.cleared.map { summarise($0, source, devices, &checker, &builder) }
        var translations: [String: Translation] = [:]
        for translation in source.translations {
            translations[translation.language.string] = Translation(
                hazard: translation.hazard,
                summary: translation.summary.map { summarise($0, source, devices, &checker, &builder) },
                instruction: translation.instruction)
        }
        problems += checker.problems
        // An expression that could not be read may have used it.
        let isReadable = !checker.problems.hasErrors
        for definition in source.definitions
        where isReadable && !checker.usedDefinitions.contains(definition.name.string) {
            problems.append(
                Diagnostic(
                    .warning, id: "unused-let", "'\(definition.name.string)' is not used", at: definition.name.location)
            )
        }
        if let escalate = source.escalate, let policies = context.policies, !policies.contains(escalate.string) {
            problems.append(
                Diagnostic(
                    id: "unknown-policy", "there is no escalation policy '\(escalate.string)' in the policies file",
                    at: escalate.location, hint: NearMiss.hint(for: escalate.string, among: policies),
                    fix: NearMiss.best(for: escalate.string, among: policies)))
        }
        builder.setNoDataLevel(noDataLevel(source))
        guard !problems[before...].contains(where: { $0.severity == .error }) else { return nil }
        if builder.operands.isEmpty, builder.tallies.isEmpty {
            problems.append(
                Diagnostic(id: "no-input", "the rule asks for no reading and no alarm", at: source.name.location))
            return nil
        }
        let rule = Rule(
            name: source.name.string, hazard: source.hazard, summary: summary, cleared: cleared,
            forEach: source.forEach.map(\.string),
            levels: levels.map { RuleLevel(level: $0.level, name: $0.name) }, escalate: source.escalate?.string,
            labels: source.labels,
            runbook: source.runbook,
            location: source.name.location, version: "", program: builder.program, operands: builder.operands,
            ballots: builder.ballots, tallies: builder.tallies, conditions: conditions, clear: clear,
            suppress: suppress,
            definitions: source.definitions.map { ($0.name.string, ExpressionChecker.bracketed($0.text)) },
            instruction: source.instruction, translations: translations)
        let wanted = Set((builder.operands + builder.ballots.flatMap(\.operands)).map(\.quantity.name))
        // A rule over alarms alone is about all devices that it selects.
        let concerned =
            wanted.isEmpty ? devices : devices.filter { $0.fields.contains { wanted.contains($0.quantity.name) } }
        warnOfMissingSensors(rule, concerned, checker)
        reportUngrouped(source, wanted)
        return problems[before...].contains { $0.severity == .error } ? nil : (rule, concerned)
    }

    /// Reports the devices that the rule selects and measures with, and that are in none of its groups: nothing would
    /// watch them.
    private mutating func reportUngrouped(_ source: RuleSource, _ wanted: Set<String>) {
        let labels = devices.labels
        guard source.forEach.allSatisfy({ labels.contains($0.string) }) else { return }
        for device in devices.select(source.matchers.map { ($0.key.string, $0.value.string) })
        where device.fields.contains(where: { wanted.contains($0.quantity.name) }) {
            let missing = source.forEach.map(\.string).filter { device.labels[$0] == nil }
            guard let first = missing.first else { continue }
            problems.append(
                Diagnostic(
                    id: "no-group",
                    "'\(device.id)' is in no group of the rule '\(source.name.string)', which would not watch it: it has no '\(first)', and the rule's 'for_each' asks for one",
                    at: device.location ?? source.name.location,
                    hint: "give the device a '\(first)', or leave it out by the rule's 'where'"
                ))
        }
    }

    /// Warns of groups without a sensor for something that the rule asks of them.
    private mutating func warnOfMissingSensors(_ rule: Rule, _ devices: [Device], _ checker: ExpressionChecker) {
        let groups = Dictionary(grouping: devices) { device in rule.forEach.map { device.labels[$0] ?? "" } }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        for (name, place) in checker.usedQuantities.sorted(by: { $0.key < $1.key }) {
            let without = groups.filter { !$0.value.contains { $0.field(name) != nil } }
            guard !without.isEmpty else { continue }
            let named = without.prefix(3).map { group in
                let ids = group.value.map(\.id)
                let name = group.key.joined(separator: ",")
                let devices = ids.prefix(4).joined(separator: ", ") + (ids.count > 4 ? ", …" : "")
                return ids == [name] ? name : "\(name) (\(devices))"
            }
            let rest = without.count > 3 ? " and \(without.count - 3) more" : ""
            problems.append(
                Diagnostic(
                    .warning, id: "no-sensor",
                    "nothing measures '\(name)' in \(named.joined(separator: ", "))\(rest): what asks for it is unknown there, and silent(\(name), …) is never true",
                    at: place.location,
                    hint: "make a rule for each kind of device, with 'where'; silent(30m) is for any sensor"))
        }
    }

    /// The level of the fault for a group that cannot be seen: the ladder's lowest, unless the rule says otherwise.
    private mutating func noDataLevel(_ source: RuleSource) -> Level? {
        guard let noData = source.noData else { return .lowest }
        if noData.string == "none" { return nil }
        if let level = context.ladder.level(named: noData.string) { return level }
        reportUnknownLevel(noData, orNone: true)
        return nil
    }

    private mutating func reportUnknownLevel(_ name: ScalarText, orNone: Bool = false) {
        let levels = context.ladder.names + (orNone ? ["none"] : [])
        problems.append(
            Diagnostic(
                id: "unknown-level", "'\(name.string)' is not a level of the ladder", at: name.location,
                hint: NearMiss.hint(for: name.string, among: levels)
                    ?? "the ladder is \(levels.joined(separator: ", "))",
                fix: NearMiss.best(for: name.string, among: levels)))
    }

    private mutating func select(_ source: RuleSource) -> [Device] {
        let labels = devices.labels
        for name in source.matchers.map(\.key) + source.forEach where !labels.contains(name.string) {
            problems.append(
                Diagnostic(
                    id: "unknown-label", "no device has a label '\(name.string)'", at: name.location,
                    hint: NearMiss.hint(for: name.string, among: labels)
                        ?? "the labels are \(labels.sorted().joined(separator: ", "))",
                    fix: NearMiss.best(for: name.string, among: labels)))
        }
        let selected = devices.select(source.matchers.map { ($0.key.string, $0.value.string) })
        if selected.isEmpty {
            // A value that no device has.
            let devices = devices
            let unmet = source.matchers.lazy.compactMap { key, value -> (location: SourceLocation, hint: String)? in
                let values = devices.values(of: key.string)
                guard labels.contains(key.string), !values.contains(where: { PathGlob.matches($0, value.string) })
                else { return nil }
                let known = "'\(key.string)' is \(values.prefix(8).joined(separator: ", "))"
                return (value.location, NearMiss.hint(for: value.string, among: values) ?? known)
            }.first
            problems.append(
                Diagnostic(
                    .warning, id: "idle-rule", "'\(source.name.string)' selects no device, and stands idle",
                    at: unmet?.location ?? source.name.location, hint: unmet?.hint))
        }
        let grouped = selected.filter { device in source.forEach.allSatisfy { device.labels[$0.string] != nil } }
        return grouped
    }

    private mutating func define(_ definitions: [RuleSource.Definition], in checker: inout ExpressionChecker) {
        for definition in definitions {
            let name = definition.name.string
            if checker.definitions[name] != nil || checker.brokenDefinitions.contains(name) {
                let first =
                    definitions.first { $0.name.string == name }.map {
                        ": the first is at \($0.name.location.fileAndLine)"
                    } ?? ""
                problems.append(
                    Diagnostic(
                        id: "duplicate-let", "there are two 'let' of the name '\(name)'\(first)",
                        at: definition.name.location))
            }
            if devices.quantities[name] != nil {
                problems.append(
                    Diagnostic(
                        id: "let-hides-quantity", "'\(name)' is a quantity; give the 'let' another name",
                        at: definition.name.location))
            }
            checker.define(name, definition.text)
        }
    }

    private struct CheckedLevel {
        var level: Level
        var name: String
        var when: CheckedExpression
        var hasUntil: Bool
        var place: SourceLocation
    }

    private mutating func lowerLevels(
        _ source: RuleSource, _ checker: inout ExpressionChecker, _ builder: inout ProgramBuilder
    ) -> ([CheckedLevel], [ExplainedCondition]) {
        var entries: [(level: Level, condition: RuleSource.LevelCondition)] = []
        for condition in source.levels {
            if let level = context.ladder.level(named: condition.name.string) {
                entries.append((level, condition))
            } else {
                reportUnknownLevel(condition.name)
                _ = checker.condition(condition.when, of: "a level")
            }
        }
        var levels: [CheckedLevel] = []
        var conditions: [ExplainedCondition] = []
        for (level, condition) in entries.sorted(by: { $0.level < $1.level }) {
            let when = checker.condition(condition.when, of: "a level")
            let until = condition.until.flatMap { checker.condition($0, of: "'until'") }
            guard let when else { continue }
            let first = builder.comparisons.count
            let step = LadderStep(level: level, when: builder.raising(when))
            var explained = ExplainedCondition(
                text: ExpressionChecker.bracketed(condition.when), comparisons: Array(builder.comparisons[first...]))
            let end = builder.comparisons.count
            builder.addStep(
                LadderStep(
                    level: level, when: step.when,
                    until: until.map { builder.ending($0, isOfSilence: when.subjects == .silence) }))
            if let text = condition.until {
                explained.until = (ExpressionChecker.bracketed(text), Array(builder.comparisons[end...]))
                if let until, Implication.overlap(when, until) {
                    problems.append(
                        Diagnostic(
                            .warning, id: "until-overlaps",
                            "'until' can be true while 'when' is: the level would come and go around their border",
                            at: text.location,
                            hint: "leave a gap between them"))
                }
            }
            levels.append(
                CheckedLevel(
                    level: level, name: condition.name.string, when: when, hasUntil: until != nil,
                    place: condition.name.location))
            conditions.append(explained)
            if Implication.isNever(when) {
                problems.append(
                    Diagnostic(
                        .warning, id: "never-true", "this condition can never be true", at: condition.when.location))
            }
        }
        reportUnreachable(levels)
        return (levels, conditions)
    }

    /// A level that holds only when a higher one does is never seen.
    private mutating func reportUnreachable(_ levels: [CheckedLevel]) {
        for (index, level) in levels.enumerated() where !level.hasUntil {
            guard let higher = levels[(index + 1)...].first(where: { Implication.implies(level.when, $0.when) }) else {
                continue
            }
            problems.append(
                Diagnostic(
                    .warning, id: "unreachable-level",
                    "the alarm can never be at '\(level.name)': whenever that holds, '\(higher.name)' holds too",
                    at: level.place,
                    hint: "are their thresholds the wrong way round?"))
        }
    }

    private mutating func summarise(
        _ text: ScalarText?, _ source: RuleSource, _ devices: [Device], _ checker: inout ExpressionChecker,
        _ builder: inout ProgramBuilder
    ) -> SummaryTemplate {
        guard let text else {
            let labels = source.forEach.flatMap { [SummaryTemplate.Part.text(" "), .label($0.string)] }
            return SummaryTemplate(parts: [.text(source.name.string)] + labels)
        }
        let labels = Set(devices.flatMap(\.labels.keys)).union(source.forEach.map(\.string)).union(source.labels.keys)
        var unknown: [Diagnostic] = []
        let template = SummaryTemplate.read(
            text,
            resolve: { part in
                let name = part.text
                if let typed = checker.definitions[name] {
                    checker.usedDefinitions.insert(name)
                    let value = builder.lower(typed.expression)
                    let shown =
                        part.unit == nil
                        ? checker.shownUnit(of: name, typed)
                        : Self.unit(part, of: typed, near: checker.shownUnit(of: name, typed), &unknown)
                    if typed.type == .logical { return .truth(register: value.register) }
                    return shown.map {
                        .value(
                            register: value.register, from: value.unit, shown: $0,
                            floor: builder.roundingFloor(of: typed.expression, in: $0))
                    }
                }
                if checker.brokenDefinitions.contains(name) {
                    checker.usedDefinitions.insert(name)
                    return nil
                }
                if labels.contains(name) || devices.isEmpty {
                    if let warning = Self.unsharedLabel(name, source, devices, at: part.place) {
                        unknown.append(warning)
                    }
                    if part.unit != nil {
                        unknown.append(
                            Diagnostic(
                                id: "summary-unit", "'\(name)' is a label, which has no unit", at: part.unitPlace))
                    }
                    return .label(name)
                }
                unknown.append(
                    Diagnostic(
                        id: "unknown-summary-name", "'\(name)' is neither a label nor a 'let'", at: part.place,
                        hint: NearMiss.hint(for: name, among: labels.union(checker.definitions.keys))))
                return nil
            }, problems: &problems)
        problems += unknown
        return template
    }

    /// Warns of a label that the devices of a group do not share: the sentence would have a question mark there.
    private static func unsharedLabel(
        _ name: String, _ source: RuleSource, _ devices: [Device], at place: SourceLocation
    ) -> Diagnostic? {
        let labels = source.forEach.map(\.string)
        guard !labels.contains(name), source.labels[name] == nil else { return nil }
        let groups = Dictionary(grouping: devices) { device in labels.map { device.labels[$0] ?? "" } }
        guard
            let group = groups.first(where: {
                Set($0.value.map { $0.labels[name] }).count > 1 || $0.value.first?.labels[name] == nil
            })
        else {
            return nil
        }
        return Diagnostic(
            .warning, id: "label-not-shared",
            "'\(name)' is not the same for all devices of the group '\(group.key.joined(separator: ","))', and is shown as '?'",
            at: place,
            hint: "name a label of 'for_each': \(labels.joined(separator: ", "))")
    }

    /// The unit that a summary asks for; `nil` if the value cannot be shown in it.
    /// - Parameter near: one in which it can be shown.
    private static func unit(
        _ part: SummaryTemplate.Name, of typed: ExpressionChecker.Typed, near: Unit, _ problems: inout [Diagnostic]
    ) -> Unit? {
        let symbol = part.unit ?? ""
        guard case .number(let dimension, let isPoint) = typed.type else {
            problems.append(
                Diagnostic(
                    id: "summary-unit", "'\(part.text)' is \(typed.type.name), which has no unit", at: part.unitPlace))
            return nil
        }
        guard let unit = Unit(symbol: symbol) else {
            problems.append(
                Diagnostic(
                    id: "unknown-unit", "'\(symbol)' is not a unit", at: part.unitPlace,
                    hint: NearMiss.hint(for: symbol, among: Unit.symbols),
                    fix: NearMiss.best(for: symbol, among: Unit.symbols)))
            return nil
        }
        guard unit.dimension == dimension else {
            problems.append(
                Diagnostic(
                    id: "summary-unit",
                    "'\(part.text)' is \(typed.type.name), and \(symbol) is a unit of \(unit.dimension.name)",
                    at: part.unitPlace,
                    hint: "such as '\(part.text) in \(near.symbol)'"))
            return nil
        }
        // Of a difference of temperatures the zero of the scale means nothing.
        return isPoint ? unit : Unit(scaling: unit.scale, of: dimension, symbol: unit.symbol)
    }
}
