import Diagnostics
import RuleLanguage
import Telemetry
import TestSupport
import Testing

/// Durations in rules that are too long to be added up.
@Suite struct LongDurationTests {
    private static func compile(_ condition: String) throws {
        let site = try SmallSite.site()
        let rules = "hazard: flood\nrules:\n  - { name: a, for_each: device, levels: { watch: '\(condition)' } }\n"
        _ = try RuleCompiler(
            RuleContext(
                ladder: SmallSite.ladder, policies: [], allowedLateness: .minutes(10), retention: .days(30),
                zone: ZoneTable())
        ).compile([SourceFile(name: "rules.yaml", text: rules)], for: site, series: SmallSite.series(site))
    }

    @Test(
        "a duration of more than 50 years is an error",
        arguments: [
            "water_level > 1 m for 60000d", "(water_level > 1 m for 1h) for 60000d",
            "water_level > 1 m then water_level > 2 m within 60000d",
            "share(water_level > 1 m, 60000d) > 0.5", "mean(water_level, 60000d) > 1 m",
        ])
    func tooLong(condition: String) {
        do {
            try Self.compile(condition)
            Issue.record("it was accepted")
        } catch {
            #expect("\(error)".contains("a duration must be at most 50 years"), "\(error)")
        }
    }

    @Test("durations that are nested as deep as they may be are no overflow")
    func nested() {
        let condition = (0..<12).reduce("water_level > 1 m") { text, _ in "(\(text) for 18000d)" }
        #expect(throws: Never.self) { try Self.compile(condition) }
    }
}
