internal import AlarmModel
internal import Devices
internal import Diagnostics
internal import RulePlan
internal import Telemetry

/// Checks rules against the devices of a site, and builds their programs.
struct RuleChecker {
    let context: RuleContext
    var devices: DeviceIndex
    var problems: [Diagnostic] = []

    /// The parts of a rule that is being checked.
    struct Work {
        let source: RuleSource
        /// The devices that the rule selects and that are in one of its groups.
        let devices: [Device]
        var checker: ExpressionChecker
        var builder = ProgramBuilder()
    }

    /// Checks one rule.
    /// - Returns: the rule, and the devices that it measures with; `nil` if the rule has a mistake.
    mutating func check(_ source: RuleSource) -> (rule: Rule, devices: [Device])? {
        let problemsBefore = problems.count
        let devices = select(source)
        var work = Work(source: source, devices: devices, checker: expressionChecker(for: devices))
        define(source.definitions, &work)
        let levels = checkLevels(&work)
        let clear = checkClear(levels, &work)
        let suppress = checkSuppress(&work)
        let summary = summary(source.summary, &work)
        let cleared = source.cleared.map { self.summary($0, &work) }
        let translations = translations(&work)
        problems += work.checker.problems
        warnOfUnusedDefinitions(work)
        checkPolicy(source.escalate)
        work.builder.setNoDataLevel(noDataLevel(source.noData))
        guard !problems[problemsBefore...].contains(where: { $0.severity == .error }) else { return nil }
        let builder = work.builder
        if builder.operands.isEmpty, builder.tallies.isEmpty {
            report(.noInput, at: source.name.location)
            return nil
        }
        let rule = Rule(
            name: source.name.string, hazard: source.hazard, summary: summary, cleared: cleared,
            forEach: source.forEach.map(\.string),
            levels: levels.map { RuleLevel(level: $0.level, name: $0.name) }, escalate: source.escalate?.string,
            labels: source.labels, runbook: source.runbook, location: source.name.location, version: "",
            program: builder.program, operands: builder.operands, ballots: builder.ballots, tallies: builder.tallies,
            parameters: builder.parameters, conditions: levels.map(\.explained), clear: clear, suppress: suppress,
            definitions: source.definitions.map { ($0.name.string, ExpressionChecker.bracketed($0.text)) },
            instruction: source.instruction, translations: translations)
        let measured = Set(rule.quantities)
        // A rule that only asks for alarms is about all devices that it selects.
        var concerned = measured.isEmpty ? devices : devices.filter { $0.measuresAny(of: measured) }
        concerned = checkParameters(rule, concerned, levels, work.checker)
        warnOfMissingSensors(rule, concerned, work.checker)
        reportUngrouped(source, measured)
        return problems[problemsBefore...].contains { $0.severity == .error } ? nil : (rule, concerned)
    }

    mutating func report(_ problem: RuleProblem, at location: SourceLocation) {
        problems.append(problem.at(location))
    }

    /// Returns a checker for the rule's devices. A rule that selects no device is checked against everything that the
    /// site reports, and against the quantities that the language knows. So its mistakes are still found.
    private func expressionChecker(for selected: [Device]) -> ExpressionChecker {
        var selection = MeasuredSelection(selected)
        if selected.isEmpty {
            selection.quantities = devices.quantities.merging(Quantity.known) { own, _ in own }
            selection.sent = Set(selection.quantities.keys)
            selection.parameters = MeasuredSelection(devices.site.devices).parameters
        }
        return ExpressionChecker(
            selection, otherQuantities: devices.quantityNames, otherParameters: devices.parameterNames,
            context: context)
    }

    private mutating func define(_ definitions: [RuleSource.Definition], _ work: inout Work) {
        for definition in definitions {
            let name = definition.name.string
            if work.checker.definitions[name] != nil || work.checker.brokenDefinitions.contains(name) {
                let first = definitions.first { $0.name.string == name }?.name.location
                report(.duplicateLet(name, first: first), at: definition.name.location)
            }
            if devices.quantities[name] != nil { report(.letHidesQuantity(name), at: definition.name.location) }
            work.checker.define(name, definition.text)
        }
    }

    private mutating func warnOfUnusedDefinitions(_ work: Work) {
        // An expression with a mistake may have used it.
        guard !work.checker.problems.hasErrors else { return }
        for definition in work.source.definitions where !work.checker.usedDefinitions.contains(definition.name.string) {
            report(.unusedLet(definition.name.string), at: definition.name.location)
        }
    }

    private mutating func checkClear(_ levels: [CheckedLevel], _ work: inout Work) -> ExplainedCondition? {
        guard let text = work.source.clear, let condition = work.checker.condition(text, of: "'clear'") else {
            return nil
        }
        if let level = levels.first(where: { Implication.overlap($0.when, condition) }) {
            report(.clearOverlaps(level: level.name), at: text.location)
        }
        let isOfSilence = levels.allSatisfy { $0.when.subjects == .silence }
        if condition.subjects == .silence, !isOfSilence { report(.clearBySilence, at: text.location) }
        return explained(text, &work) { builder in
            builder.setClear(builder.ending(condition, isOfSilence: isOfSilence))
        }
    }

    private mutating func checkSuppress(_ work: inout Work) -> ExplainedCondition? {
        guard let text = work.source.suppress, let condition = work.checker.condition(text, of: "'suppress'") else {
            return nil
        }
        return explained(text, &work) { builder in builder.setSuppress(builder.condition(condition)) }
    }

    /// A condition with the comparisons that `lower` adds to the program.
    private func explained(
        _ text: ScalarText, _ work: inout Work, _ lower: (inout ProgramBuilder) -> Void
    ) -> ExplainedCondition {
        let first = work.builder.comparisons.count
        lower(&work.builder)
        return ExplainedCondition(
            text: ExpressionChecker.bracketed(text), comparisons: Array(work.builder.comparisons[first...]))
    }

    private mutating func checkPolicy(_ name: ScalarText?) {
        guard let name, let policies = context.policies, !policies.contains(name.string) else { return }
        report(.unknownPolicy(name.string, among: policies), at: name.location)
    }

    /// The level at which a group without data is raised: the ladder's lowest, unless the rule says otherwise.
    private mutating func noDataLevel(_ name: ScalarText?) -> Level? {
        guard let name else { return .lowest }
        if name.string == "none" { return nil }
        if let level = context.ladder.level(named: name.string) { return level }
        report(.unknownLevel(name.string, context.ladder, orNone: true), at: name.location)
        return nil
    }

    struct CheckedLevel {
        var level: Level
        var name: String
        var when: CheckedExpression
        var hasUntil: Bool
        var location: SourceLocation
        var explained: ExplainedCondition
    }

    /// The levels, lowest first. Levels with a mistake are left out.
    private mutating func checkLevels(_ work: inout Work) -> [CheckedLevel] {
        var entries: [(level: Level, condition: RuleSource.LevelCondition)] = []
        for condition in work.source.levels {
            if let level = context.ladder.level(named: condition.name.string) {
                entries.append((level, condition))
            } else {
                report(.unknownLevel(condition.name.string, context.ladder), at: condition.name.location)
                _ = work.checker.condition(condition.when, of: "a level")
            }
        }
        var levels: [CheckedLevel] = []
        for (level, condition) in entries.sorted(by: { $0.level < $1.level }) {
            if let checked = checkLevel(level, condition, &work) { levels.append(checked) }
        }
        warnOfUnreachable(levels)
        return levels
    }

    private mutating func checkLevel(
        _ level: Level, _ condition: RuleSource.LevelCondition, _ work: inout Work
    ) -> CheckedLevel? {
        let when = work.checker.condition(condition.when, of: "a level")
        let until = condition.until.flatMap { work.checker.condition($0, of: "'until'") }
        guard let when else { return nil }
        var step = LadderStep(level: level, when: 0)
        var explained = explained(condition.when, &work) { step.when = $0.raising(when) }
        if let text = condition.until {
            let end = self.explained(text, &work) { builder in
                step.until = until.map { builder.ending($0, isOfSilence: when.subjects == .silence) }
            }
            explained.until = (end.text, end.comparisons)
            if let until, Implication.overlap(when, until) { report(.untilOverlaps, at: text.location) }
        }
        work.builder.addStep(step)
        if Implication.isNever(when) { report(.neverTrue, at: condition.when.location) }
        return CheckedLevel(
            level: level, name: condition.name.string, when: when, hasUntil: until != nil,
            location: condition.name.location, explained: explained)
    }

    /// Warns of levels that are never seen, because a higher level holds whenever they do.
    private mutating func warnOfUnreachable(_ levels: [CheckedLevel]) {
        for (index, level) in levels.enumerated() where !level.hasUntil {
            guard let higher = levels[(index + 1)...].first(where: { Implication.implies(level.when, $0.when) }) else {
                continue
            }
            report(.unreachableLevel(level.name, below: higher.name), at: level.location)
        }
    }
}
