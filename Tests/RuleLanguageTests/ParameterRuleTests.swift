import Devices
import Diagnostics
import RuleLanguage
import Telemetry
import TestSupport
import Testing

/// `param(name)` in rules: one rule, and thresholds of each place's own.
@Suite struct ParameterRuleTests {
    private static func devices(_ parameters: [String]) -> String {
        zip(1..., parameters).map {
            "  - { id: d\($0), profile: test, station: s\(($0 + 1) / 2), parameters: { \($1) } }\n"
        }
        .joined()
    }

    private static let profile = SmallSite.profile.split(separator: "\n").filter { !$0.hasPrefix("parameters") }
        .joined(separator: "\n")

    private static func compile(_ levels: String, _ parameters: [String], forEach: String = "device") throws
        -> CompiledRules
    {
        try SmallSite.compile(
            "hazard: flood\nrules:\n  - name: test\n    for_each: \(forEach)\n    levels: \(levels)\n",
            devices: devices(parameters), profile: profile)
    }

    private static func text(_ levels: String, _ parameters: [String], forEach: String = "device") -> String {
        do {
            return try compile(levels, parameters, forEach: forEach).warnings.map { DiagnosticText.plain($0) }
                .joined(separator: "\n")
        } catch { return "\(error)" }
    }

    @Test("groups with equal parameters share a program; each set of others has its own, with the values as constants")
    func programs() throws {
        let compiled = try Self.compile(
            "{ warning: \"water_level > param(flood)\" }", ["flood: 3 m", "flood: 2 m", "flood: 300 cm", "flood: 2 m"])
        #expect(compiled.warnings.isEmpty)
        let thresholds = compiled.plan.instances.map { instance in
            compiled.plan.programs[Int(instance.program)].instructions.filter { $0.operation == .threshold }.map(
                \.constant)
        }
        #expect(thresholds == [[3], [2], [3], [2]])
        #expect(compiled.plan.instances[1].program == compiled.plan.instances[3].program)
        // No program that runs has an empty place.
        #expect(
            compiled.plan.instances.allSatisfy { instance in
                compiled.plan.programs[Int(instance.program)].instructions.allSatisfy { !$0.constant.isNaN }
            })
    }

    @Test("a group without the parameter gets the rule's own value, or is left out with a warning that names it")
    func missing() throws {
        let given = ["flood: 3 m", "other: 1", "flood: 2 m"]
        let compiled = try Self.compile("{ warning: \"water_level > param(flood)\" }", given)
        #expect(compiled.instances.map(\.group) == ["d1", "d3"])
        #expect(compiled.warnings.map(\.id) == ["parameter-missing"])
        #expect(compiled.warnings[0].message.contains("does not watch d2: the parameter 'flood' is missing there"))
        let filled = try Self.compile("{ warning: \"water_level >= param(flood, 4 m)\" }", given)
        #expect(filled.warnings.isEmpty)
        #expect(filled.instances.map(\.group) == ["d1", "d2", "d3"])
    }

    @Test("the devices of a group must agree; in a vote each sensor is asked with its own value")
    func groups() throws {
        let given = ["flood: 3 m", "flood: 2 m", "flood: 1 m", "bank: 1 m"]
        #expect(
            Self.text("{ warning: \"max(water_level, 5m) > param(flood)\" }", given, forEach: "station").contains(
                "'d1' and 'd2' have different values of 'flood', and are both in the group 's1'"))
        let compiled = try Self.compile(
            "{ warning: \"any(water_level > param(flood))\" }", given, forEach: "station")
        let votes = zip(compiled.instances, compiled.plan.instances).filter { $0.0.isBallot }.map {
            described, instance in
            "\(described.devices[0]) \(compiled.plan.programs[Int(instance.program)].instructions.first { $0.operation == .threshold }?.constant ?? 0)"
        }
        // The one without a value of its own has that of its group.
        #expect(votes == ["d1 3.0", "d2 2.0", "d3 1.0", "d4 1.0"])
    }

    @Test(
        "what can be wrong with a parameter",
        arguments: [
            (
                "{ warning: \"water_level > param(floood)\" }", "error: 'floood' is not a parameter",
                "did you mean 'flood'?"
            ),
            ("{ warning: \"temperature > param(flood)\" }", "error: ", "length"),
            (
                "{ warning: \"water_level > param()\" }", "'param' takes 1 or 2 arguments, but 0 were given",
                "write param(name) or param(name, 3 m)"
            ),
            (
                "{ warning: \"water_level > param(3 m)\" }", "'param' takes the name of a parameter",
                "param(flood_stage)"
            ),
            ("{ warning: \"water_level > param(flood, temperature)\" }", "is a number with its unit", "3 m"),
            (
                "{ warning: \"water_level > param(flood, 3 kg)\" }",
                "is length in the inventory, and this value is mass", "in m"
            ),
            (
                "{ warning: \"age(water_level) > param(wait)\" }", "an age cannot be compared with a parameter",
                "silence"
            ),
        ])
    func mistakes(levels: String, message: String, hint: String) {
        let text = Self.text(levels, ["flood: 3 m, wait: 5 min", "flood: 2 m, wait: 5 min"])
        #expect(text.contains(message) && text.contains(hint), "\(text)")
    }

    @Test("a parameter in kelvins is a difference of temperatures, and one in degrees a temperature")
    func temperatures() throws {
        let given = ["rise: 5 K, hot: 30 degC", "rise: 8 K, hot: 86 degF"]
        let compiled = try Self.compile(
            "{ warning: \"delta(temperature, 1h) > param(rise) and temperature > param(hot)\" }", given)
        #expect(compiled.warnings.isEmpty, "\(compiled.warnings)")
        let constants = compiled.plan.instances.map { instance in
            compiled.plan.programs[Int(instance.program)].instructions.filter { $0.operation == .threshold }.map {
                $0.constant.rounded()
            }
        }
        #expect(constants == [[5, 30], [8, 30]])
    }

    @Test("a value of another dimension in the inventory is its mistake, and ends nothing")
    func otherDimension() throws {
        let site = try #require(
            try Site.parse(
                inventory: SourceFile(
                    name: "site.yaml", text: "site: s\ndevices:\n" + Self.devices(["flood: 3 m", "flood: 3 degC"])),
                profiles: [SourceFile(name: "test.yaml", text: Self.profile)]))
        #expect(site.problems.map(\.id) == ["parameter-units"])
        let devices = try #require(site.site)
        let compiled = try RuleCompiler(
            RuleContext(ladder: SmallSite.ladder, policies: [], allowedLateness: .minutes(10))
        ).compile(
            [
                SourceFile(
                    name: "rules.yaml",
                    text:
                        "hazard: flood\nrules: [ { name: test, for_each: device, levels: { watch: water_level > param(flood) } } ]\n"
                )
            ], for: devices, series: SmallSite.series(devices))
        #expect(compiled.instances.map(\.group) == ["d1"])
    }

    @Test("an outline shows each group with its values")
    func outline() throws {
        let compiled = try Self.compile(
            "{ warning: \"water_level > param(flood) + param(reserve, 50 cm)\" }",
            ["flood: 3 m", "flood: 8 ft, reserve: 1 ft"])
        let site = try Site.read(
            inventory: SourceFile(
                name: "site.yaml",
                text: "site: s\ndevices:\n" + Self.devices(["flood: 3 m", "flood: 8 ft, reserve: 1 ft"])),
            profiles: [SourceFile(name: "test.yaml", text: Self.profile)])
        let outline = try #require(compiled.outline(of: "test", ladder: SmallSite.ladder, site: site))
        #expect(
            outline.groups.map(\.parameters) == [
                ["flood": "3 m", "reserve": "50 cm"], ["flood": "8 ft", "reserve": "1 ft"],
            ])
    }

    @Test("a threshold that no plausible reading can reach is a warning that names the groups")
    func outOfRange() {
        // The profile's range ends at 50 m.
        let text = Self.text("{ warning: water_level > param(flood) }", ["flood: 3 m", "flood: 75 m", "flood: 60 m"])
        #expect(text.contains("warning: in d2, d3 this is never true"), "\(text)")
    }

    @Test("a misspelt parameter with a value in the rule is a warning")
    func misspelt() {
        let text = Self.text("{ warning: \"water_level > param(floot, 3 m)\" }", ["flood: 3 m"])
        #expect(text.contains("warning: no device of this selection has the parameter 'floot'"), "\(text)")
        #expect(text.contains("did you mean 'flood'?"))
        #expect(Self.text("{ warning: \"water_level > param(embankment, 3 m)\" }", ["flood: 3 m"]).isEmpty)
    }

    @Test("levels that are in the wrong order in some groups are named")
    func order() {
        let levels = "{ watch: water_level > param(bank), warning: water_level > param(flood) }"
        let text = Self.text(levels, ["bank: 2 m, flood: 3 m", "bank: 3 m, flood: 2 m", "bank: 2 m, flood: 3 m"])
        #expect(
            text.contains("warning: in d2 'watch' is never seen, because 'warning' holds whenever it does"), "\(text)")
        #expect(!text.contains("d1"))
    }
}
