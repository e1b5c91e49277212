import Devices
import RuleLanguage
import RulePlan
import Telemetry
import TestSupport
import Testing

@Suite struct CompilerTests {
    private func rule(_ body: String) throws -> CompiledRules {
        try SmallSite.compile(Diagnosed.file(body), devices: 1)
    }

    @Test("equal expressions are computed once, equal windows kept once")
    func sharing() throws {
        let compiled = try rule(
            """
            levels:
              watch: mean(water_level, 10m) > 2 m
              warning: mean(water_level, 10m) > 3 m and max(water_level, 10m) > 4 m
            """
        )
        #expect(compiled.plan.programs[0].operandCount == 2)
        #expect(compiled.plan.operands.map(\.measure.aggregate) == [.mean, .maximum])
        #expect(Set(compiled.plan.sources.map(\.window)) == [.minutes(10)])
    }

    @Test("a threshold in the reading's own unit stays exactly what was written")
    func exactThreshold() throws {
        let compiled = try rule("levels: { warning: carbon_monoxide >= 35 ppm, emergency: humidity > 60 % }")
        let constants = compiled.plan.programs[0].instructions.filter { $0.operation != .operand }.map(\.constant)
        // What is at or above 35 is above the number before it.
        #expect(constants == [35.nextDown, 60])
    }

    @Test("units are converted: feet, miles an hour as knots, Fahrenheit as a scale and as a step")
    func conversions() throws {
        func constant(_ condition: String) throws -> Double {
            let instructions = try rule("levels: { warning: \"\(condition)\" }").plan.programs[0].instructions
            return instructions.first { $0.operation == .threshold }?.constant ?? .nan
        }
        #expect(abs(try constant("water_level > 10 ft") - 3.048) < 1e-12)
        #expect(abs(try constant("temperature > 212 degF") - 100) < 1e-9)
        #expect(abs(try constant("delta(temperature, 1h) > 9 degF") - 5) < 1e-9)
        #expect(abs(try constant("slope(water_level, 1h) > 3.6 m/h") - 0.001) < 1e-15)
    }

    @Test("precedence: or, and, not, for, comparison, sum, product, sign")
    func precedence() throws {
        func evaluate(_ condition: String) throws -> [Instruction.Operation] {
            try rule("levels: { warning: \"\(condition)\" }").plan.programs[0].instructions.map(\.operation)
        }
        #expect(
            try evaluate("not water_level > 1 m for 2m or humidity > 1 % and humidity < 2 %")
                == [.operand, .threshold, .hold, .not, .operand, .threshold, .threshold, .not, .and, .or])
        #expect(
            try evaluate("water_level + water_level * 2 > 1 m")
                == [.operand, .constant, .multiply, .add, .constant, .less])
    }

    @Test("the groups of a rule share its program, each with the labels that its devices share")
    func groups() throws {
        let compiled = try SmallSite.compile(
            """
            hazard: flood
            rules:
              - name: test
                for_each: area
                where: { area: "up/**" }
                levels: { warning: water_level > 1 m }

            """
        )
        #expect(compiled.plan.programs.count == 1)
        #expect(compiled.instances.map(\.group) == ["up/down/a0", "up/down/a1"])
        #expect(compiled.instances[1].devices == ["d1", "d3"])
        #expect(compiled.instances[1].labels["station"] == nil)
        #expect(compiled.instances[0].labels["station"] == "s2")
    }

    @Test("globs match within a level and across levels")
    func globs() {
        #expect(PathGlob.matches("huai/henan/xinyang", "huai/**"))
        #expect(PathGlob.matches("huai/henan", "huai/*"))
        #expect(!PathGlob.matches("huai/henan/xinyang", "huai/*"))
        #expect(PathGlob.matches("gauge-17", "gauge-*"))
        #expect(!PathGlob.matches("huai", "huai/**"))
    }

    @Test("the rule files that ship compile for the example site without a warning")
    func shippedRules() throws {
        let root = RepositoryRoot.path
        let site = try Site.read(
            inventory: RepositoryRoot.file("Devices/example-site.yaml"),
            profiles: try RepositoryRoot.files("Devices/profiles"))
        let compiler = RuleCompiler(
            RuleContext(
                ladder: SmallSite.ladder, policies: ["flood-duty", "seismic-duty", "fire-duty", "plant-duty"],
                allowedLateness: .minutes(10)))
        let compiled = try compiler.compile(
            try RepositoryRoot.files("Rules").filter { !$0.name.hasSuffix("policies.yaml") }, for: site,
            series: SmallSite.series(site))
        #expect(compiled.warnings.isEmpty, "in \(root)")
        #expect(Set(compiled.rules.map(\.hazard)) == ["flood", "earthquake", "gas", "fire"])
    }
}
