package import Devices
package import Diagnostics
internal import RulePlan
package import Telemetry

/// Compiles rule files to the plan that the engine runs, in one pass over all files.
package struct RuleCompiler {
    let context: RuleContext

    package init(_ context: RuleContext) { self.context = context }

    /// Checks and compiles the rules for a site.
    /// - Parameters:
    ///   - builtIn: files whose rules are left out if the other files have rules of the same names.
    ///   - series: returns the series of a device's quantity.
    /// - Throws: ``DiagnosticList`` with every mistake in all files.
    package func compile(
        _ files: [SourceFile], builtIn: [SourceFile] = [], for site: Site,
        series: @escaping (_ device: String, _ quantity: Quantity) -> SeriesID
    ) throws(DiagnosticList) -> CompiledRules {
        var problems: [Diagnostic] = []
        var sources: [(source: RuleSource, version: String)] = []
        for file in files {
            let version = Self.version(of: file.text)
            sources += RuleFile.read(file, problems: &problems).rules.map { ($0, version) }
        }
        let own = Set(sources.map(\.source.name.string))
        for file in builtIn {
            let version = Self.version(of: file.text)
            sources += RuleFile.read(file, problems: &problems).rules.filter { !own.contains($0.name.string) }.map {
                ($0, version)
            }
        }
        var context = context
        var first: [String: SourceLocation] = [:]
        for (source, _) in sources {
            let name = source.name
            context.rules.insert(name.string)
            if let other = first[name.string] {
                problems.append(RuleProblem.duplicateRule(name.string, first: other).at(name.location))
            } else {
                first[name.string] = name.location
            }
        }
        var checker = RuleChecker(context: context, devices: DeviceIndex(site), problems: problems)
        var checked: [(rule: Rule, devices: [Device])] = []
        for (source, version) in sources {
            guard var found = checker.check(source) else { continue }
            found.rule.version = version
            found.rule.conditionsVersion = Self.version(of: source.conditionsText)
            checked.append(found)
        }
        Self.leaveOutWatched(&checked)
        let order = RuleOrder(checked.map(\.rule))
        problems = (checker.problems + order.cycles).inSourceOrder()
        if problems.hasErrors { throw DiagnosticList(problems) }
        var binder = RuleBinder(site, context, series: series)
        binder.bind(checked, in: order.indices)
        return CompiledRules(
            plan: binder.plan, rules: checked.map(\.rule), instances: binder.instances, warnings: problems)
    }

    /// The name of the built-in rule that watches whether devices are heard.
    package static let silenceRule = "device-silent"

    /// Leaves the devices out of the built-in rule about silence that another rule watches. That one raises a fault
    /// when their readings stay out, and one alarm about a dead device is enough.
    private static func leaveOutWatched(_ rules: inout [(rule: Rule, devices: [Device])]) {
        guard let index = rules.firstIndex(where: { $0.rule.name == silenceRule && $0.rule.isBuiltIn }) else { return }
        // A group of several devices has data as long as one of them sends.
        let watched = Set(
            rules.filter { !$0.rule.isBuiltIn && $0.rule.program.noDataLevel != nil }.flatMap { rule, devices in
                Dictionary(grouping: devices) { device in rule.forEach.map { device.labels[$0] ?? "" } }
                    .values.filter { $0.count == 1 }.map { $0[0].id }
            })
        rules[index].devices.removeAll { watched.contains($0.id) }
        if rules[index].devices.isEmpty { rules.remove(at: index) }
    }

    /// Returns the mistakes in rule files that do not depend on the devices: in their form, and in the syntax of their
    /// expressions.
    package static func mistakesOfForm(_ files: [SourceFile]) -> [Diagnostic] {
        var problems: [Diagnostic] = []
        for rule in files.flatMap({ RuleFile.read($0, problems: &problems).rules }) {
            for text in rule.expressions {
                do { _ = try Parser.parse(text) } catch { problems.append(error) }
            }
        }
        return problems.inSourceOrder()
    }

    /// Returns a fingerprint of a rule file (FNV-1a), so that a record of the past can be compared with the text of
    /// that time.
    private static func version(of text: String) -> String { String(FNV1a.hash(text.utf8), radix: 16) }
}

extension RuleSource {
    fileprivate var expressions: [ScalarText] {
        definitions.map(\.text) + levels.flatMap { [$0.when, $0.until].compactMap(\.self) }
            + [clear, suppress].compactMap(\.self)
    }

    /// The settings that decide when, and for which devices, the rule raises an alarm, each after its key.
    fileprivate var conditionsText: String {
        var parts = forEach.map { "for_each \($0.string)" }
        parts += matchers.map { "where \($0.key.string): \($0.value.string)" }.sorted()
        parts += definitions.map { "let \($0.name.string): \($0.text.string)" }
        parts += levels.flatMap {
            ["when \($0.when.string)", $0.until.map { "until \($0.string)" }].compactMap(\.self)
        }
        if let clear { parts.append("clear \(clear.string)") }
        return parts.joined(separator: "\n")
    }
}
