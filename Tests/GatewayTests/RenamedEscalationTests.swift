import Alarms
import Telemetry
import TestSupport
import Testing

/// Alarms whose escalation is under way when rules, policies or levels are given other names: the steps still to come,
/// and nobody else's.
@Suite struct RenamedEscalationTests {
    private static func rules(
        name: String = "high-water", hazard: String = "flood", level: String = "high", more: String = ""
    ) -> String {
        """
        hazard: \(hazard)
        rules:
          - { name: \(name), for_each: station, levels: { \(level): water_level > 2 m }, blind: none\(more) }
        """
    }

    private static func policies(name: String = "duty", where matcher: String, level: String? = nil) -> String {
        """
        policies:
          - name: \(name)
            where: \(matcher)
            steps:
              - { to: log }
              - { to: mayor, after: 15m unacknowledged\(level.map { ", minimum_level: \($0)" } ?? "") }
        """
    }

    private static let ladder = "ladder: [low, high]"

    /// An alarm that has stood for ten minutes.
    private func bench(rules: String, policies: String) throws -> PipelineBench {
        let bench = try PipelineBench(
            profile: PipelineBench.gauge(interval: "1h", silence: "2d"),
            devices: "  - { id: d1, profile: test, station: s1, labels: { basin: up } }",
            rules: rules, settings: Self.ladder, destinations: ["log", "mayor", "public-relations"], policies: policies)
        bench.take("{\"level\":2.5}")
        bench.pass(to: PipelineBench.start + .minutes(10))
        #expect(try bench.escalations(to: "log").count == 1)
        #expect(try bench.escalations(to: "mayor").isEmpty)
        return bench
    }

    /// The mayor is told when the quarter of an hour is over, and nobody but the mayor.
    private func expectStep(_ bench: PipelineBench) throws {
        bench.pass(to: PipelineBench.start + .minutes(14))
        #expect(try bench.escalations(to: "mayor").isEmpty)
        bench.pass(to: PipelineBench.start + .minutes(16))
        #expect(try bench.escalations(to: "mayor") == ["high-water/s1@2018-06-03T20:00:00Z#1/mayor"])
        #expect(try bench.escalations(to: "public-relations").isEmpty)
        #expect(try bench.escalations(to: "log").count == 1)
    }

    @Test("a rule, a hazard or a group is renamed, and the policies' matchers with it", arguments: [true, false])
    func matchers(byReload: Bool) throws {
        let changes = [
            ("{ rule: high-water }", Self.rules(name: "river-high"), "{ rule: river-high }"),
            ("{ hazard: flood }", Self.rules(hazard: "river-flood"), "{ hazard: river-flood }"),
            (
                "{ group: s1 }", Self.rules().replacing("for_each: station", with: "for_each: device"),
                "{ group: d1 }"
            ),
            ("{ basin: up }", Self.rules(more: ", labels: { basin: lower }"), "{ basin: lower }"),
        ]
        for (before, rules, after) in changes {
            let bench = try bench(rules: Self.rules(), policies: Self.policies(where: before))
            try bench.folder.write("policies.yaml", Self.policies(where: after))
            try bench.change(rules: rules, byReload: byReload)
            try expectStep(bench)
        }
    }

    @Test("the policy that a rule names is renamed, and its steps are as far as they were", arguments: [true, false])
    func escalate(byReload: Bool) throws {
        let bench = try bench(rules: Self.rules(more: ", escalate: duty"), policies: Self.policies(where: "{}"))
        try bench.folder.write("policies.yaml", Self.policies(name: "night-watch", where: "{}"))
        try bench.change(rules: Self.rules(more: ", escalate: night-watch"), byReload: byReload)
        try expectStep(bench)
    }

    @Test("a level gets another rank, as one is put in or taken away below it")
    func ladder() throws {
        for ladder in ["[low, middle, high]", "[high]"] {
            let bench = try bench(
                rules: Self.rules(), policies: Self.policies(where: "{ rule: high-water }", level: "high"))
            try bench.configure("ladder: \(ladder)", rules: Self.rules())
            try expectStep(bench)
        }
    }
}
