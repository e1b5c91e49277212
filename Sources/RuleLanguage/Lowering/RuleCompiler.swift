package import Devices
internal import RulePlan
package import SourceText
package import Telemetry

/// Rule files → what the engine runs, in one pass over all of them.
package struct RuleCompiler {
    /// The names of the levels, lowest first.
    let ladder: [String]
    let policies: Set<String>
    let lateness: TimeSpan

    package init(ladder: [String], policies: Set<String>, lateness: TimeSpan) {
        self.ladder = ladder
        self.policies = policies
        self.lateness = lateness
    }

    /// Checks and compiles the rules for a site.
    /// - Parameter series: the series of a device's quantity.
    /// - Throws: ``DiagnosticList`` with every mistake in any file, if there is one.
    package func compile(
        _ files: [SourceFile], for site: Site, series: (_ device: String, _ quantity: Quantity) -> SeriesID
    ) throws(DiagnosticList) -> CompiledRules {
        var quantities: [String: Quantity] = [:]
        for field in site.devices.flatMap(\.fields) { quantities[field.quantity.name] = field.quantity }
        var checker = RuleChecker(ladder: ladder, site: site, siteQuantities: quantities, policies: policies)
        var result = CompiledRules(plan: Plan(), rules: [], instances: [], warnings: [])
        result.plan.lateness = lateness
        var names: Set<String> = []
        var windows: [TimeSpan] = []
        // Every series keeps samples for the lateness at least, even if no rule reads it: so a repeated
        // reading is recognised.
        let all = site.devices.flatMap { device in device.fields.map { series(device.id, $0.quantity) } }
        result.plan.series = Array(repeating: SeriesPlan(), count: Int((all.max()?.index ?? -1) + 1))
        for file in files {
            for source in RuleFile.read(file, problems: &checker.problems).rules {
                if !names.insert(source.name.string).inserted {
                    checker.problems.append(
                        Diagnostic(id: "duplicate-rule", "there are two rules '\(source.name.string)'", at: source.name.location))
                }
                guard case (var rule, let devices)? = checker.check(source) else { continue }
                rule.version = Self.version(of: file.text)
                bind(rule, devices, series, into: &result, windows: &windows)
            }
        }
        // The index of a window is known only now that all rules have asked for theirs.
        for (index, window) in windows.enumerated() {
            let plan = result.plan.series[Int(result.plan.sources[index].series.index)]
            result.plan.sources[index].window = Int32(plan.windows.firstIndex { $0.length == window } ?? -1)
        }
        let problems = checker.problems.inSourceOrder()
        if problems.hasErrors { throw DiagnosticList(problems) }
        result.warnings = problems
        return result
    }

    /// Makes an instance for each group of a rule's devices.
    private func bind(
        _ rule: Rule, _ devices: [Device], _ series: (String, Quantity) -> SeriesID, into result: inout CompiledRules,
        windows: inout [TimeSpan]
    ) {
        let program = Int32(result.plan.programs.count)
        result.plan.programs.append(rule.program)
        let ruleIndex = result.rules.count
        result.rules.append(rule)
        let groups = Dictionary(grouping: devices) { device in rule.forEach.map { device.labels[$0] ?? "" } }
        for (values, members) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let base = Int32(result.plan.operands.count)
            for operand in rule.operands {
                let first = Int32(result.plan.sources.count)
                for device in members {
                    guard let field = device.field(operand.quantity) else { continue }
                    let id = series(device.id, field.quantity)
                    let window = operand.window ?? device.silence
                    result.plan.series[Int(id.index)].window(window, for: operand.aggregate.uses)
                    result.plan.sources.append(OperandSource(series: id, window: -1))
                    windows.append(window)
                }
                let count = Int32(result.plan.sources.count) - first
                result.plan.operands.append(Operand(aggregate: operand.aggregate, firstSource: first, sourceCount: count))
            }
            let interval = max(members.map(\.interval).min() ?? .minutes(1), .milliseconds(100))
            result.plan.instances.append(Instance(program: program, operandBase: base, interval: interval))
            var labels = members.first?.labels ?? [:]
            for member in members { labels = labels.filter { member.labels[$0.key] == $0.value } }
            labels.merge(rule.labels) { _, own in own }
            result.instances.append(
                RuleInstance(
                    rule: ruleIndex, group: values.joined(separator: ","), labels: labels, devices: members.map(\.id)))
        }
    }

    /// A fingerprint of the file that a rule stands in (FNV-1a), so that a record of the past can be held
    /// against the text of that time.
    private static func version(of text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
