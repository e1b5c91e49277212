internal import Devices
internal import Diagnostics
internal import Telemetry

// The sentences of a rule, and the names in their braces.
extension RuleChecker {
    mutating func translations(_ work: inout Work) -> [String: Translation] {
        var translations: [String: Translation] = [:]
        for translation in work.source.translations {
            translations[translation.language.string] = Translation(
                hazard: translation.hazard, summary: translation.summary.map { summary($0, &work) },
                instruction: translation.instruction)
        }
        return translations
    }

    /// - Parameter text: `nil`: a sentence of the rule's name and the labels of its groups.
    mutating func summary(_ text: ScalarText?, _ work: inout Work) -> SummaryTemplate {
        let source = work.source
        guard let text else {
            let labels = source.forEach.flatMap { [SummaryTemplate.Part.text(" "), .label($0.string)] }
            return SummaryTemplate(parts: [.text(source.name.string)] + labels)
        }
        let labels = Set(work.devices.flatMap(\.labels.keys)).union(source.forEach.map(\.string))
            .union(source.labels.keys)
        // The template reports on its own while the names add to the problems, so both are collected apart.
        var ofNames: [Diagnostic] = []
        let template = SummaryTemplate.read(
            text, resolve: { Self.part(of: $0, labels, &work, &ofNames) }, problems: &problems)
        problems += ofNames
        return template
    }

    /// The part of a sentence that a name in braces becomes; `nil` after a mistake.
    private static func part(
        of name: SummaryTemplate.Name, _ labels: Set<String>, _ work: inout Work, _ problems: inout [Diagnostic]
    ) -> SummaryTemplate.Part? {
        if let typed = work.checker.definitions[name.text] {
            work.checker.usedDefinitions.insert(name.text)
            return value(of: name, typed, &work, &problems)
        }
        if work.checker.brokenDefinitions.contains(name.text) {
            work.checker.usedDefinitions.insert(name.text)
            return nil
        }
        guard labels.contains(name.text) || work.devices.isEmpty else {
            let known = labels.union(work.checker.definitions.keys)
            problems.append(RuleProblem.unknownSummaryName(name.text, among: known).at(name.location))
            return nil
        }
        if let warning = unsharedLabel(name.text, work) { problems.append(warning.at(name.location)) }
        if name.unit != nil { problems.append(RuleProblem.labelHasNoUnit(name.text).at(name.unitLocation)) }
        return .label(name.text)
    }

    private static func value(
        of name: SummaryTemplate.Name, _ typed: ExpressionChecker.Typed, _ work: inout Work,
        _ problems: inout [Diagnostic]
    ) -> SummaryTemplate.Part? {
        let value = work.builder.lower(typed.expression)
        var shown: Unit? = work.checker.shownUnit(of: name.text, typed)
        if let symbol = name.unit, let possible = shown {
            switch unit(symbol, of: name, typed, possible: possible) {
            case .success(let unit): shown = unit
            case .failure(let mistake):
                problems.append(mistake)
                shown = nil
            }
        }
        if typed.type == .logical { return .truth(register: value.register) }
        return shown.map {
            .value(
                register: value.register, from: value.unit, shown: $0,
                floor: work.builder.roundingFloor(of: typed.expression, in: $0))
        }
    }

    /// The unit that a summary asks for.
    /// - Parameter possible: a unit in which the value can be shown.
    private static func unit(
        _ symbol: String, of name: SummaryTemplate.Name, _ typed: ExpressionChecker.Typed, possible: Unit
    ) -> Result<Unit, Diagnostic> {
        guard case .number(let dimension, let isPoint) = typed.type else {
            return .failure(RuleProblem.valueHasNoUnit(name.text, typed.type).at(name.unitLocation))
        }
        guard let unit = Unit(symbol: symbol) else {
            return .failure(RuleProblem.unknownUnit(symbol).at(name.unitLocation))
        }
        guard unit.dimension == dimension else {
            return .failure(
                RuleProblem.wrongUnit(name.text, typed.type, in: unit, possible: possible).at(name.unitLocation))
        }
        // For a difference of temperatures the zero of the scale has no meaning.
        return .success(isPoint ? unit : Unit(scaling: unit.scale, of: dimension, symbol: unit.symbol))
    }

    /// Reports a label that the devices of a group do not share. The sentence would show a question mark there.
    private static func unsharedLabel(_ name: String, _ work: Work) -> RuleProblem? {
        let labels = work.source.forEach.map(\.string)
        guard !labels.contains(name), work.source.labels[name] == nil else { return nil }
        let groups = Dictionary(grouping: work.devices) { device in labels.map { device.labels[$0] ?? "" } }
        let group = groups.first { _, devices in
            devices.first?.labels[name] == nil || Set(devices.map { $0.labels[name] }).count > 1
        }
        return group.map { .labelNotShared(name, group: $0.key.joined(separator: ","), forEach: labels) }
    }
}
