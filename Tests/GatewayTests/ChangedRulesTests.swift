import Alarms
import Store
import Telemetry
import TestSupport
import Testing

/// Rules that are changed while alarms stand: by a reload, or between a stop and a start. No reading comes after the
/// change: the sensors send only what changes.
@Suite struct ChangedRulesTests {
    private static func rules(
        name: String = "high", forEach: String = "station", level: String = "watch: water_level > 2 m"
    ) -> String {
        """
        hazard: flood
        rules:
          - { name: \(name), summary: high, for_each: \(forEach), levels: { \(level) }, blind: none }
        """
    }

    /// An alarm at 2.5 m that stands, and a change of its rules five hours later.
    private func bench(_ rules: String, byReload: Bool, orders: [OperatorCommand.Action] = [], level: Double = 2.5)
        throws
        -> PipelineBench
    {
        let bench = try PipelineBench(
            profile: PipelineBench.gauge(interval: "1h", silence: "2d"),
            devices: "  - { id: d1, profile: test, station: s1 }\n  - { id: d2, profile: test, station: s2 }",
            rules: Self.rules())
        bench.take("{\"level\":\(level)}")
        bench.pass(to: PipelineBench.start + .hours(1))
        for action in orders { bench.order(action, "high/s1") }
        bench.pass(to: PipelineBench.start + .hours(5))
        try bench.change(rules: rules, byReload: byReload)
        return bench
    }

    private static func told(_ bench: PipelineBench) throws -> [String] {
        try bench.events().map { "\($0.rule)/\($0.group) \($0.kind) \($0.from) → \($0.to)" }
    }

    @Test("a rule that is renamed keeps its alarm, under its new name", arguments: [true, false])
    func renamedRule(byReload: Bool) throws {
        let bench = try bench(Self.rules(name: "high-water"), byReload: byReload)
        #expect(try Self.told(bench) == ["high-water/s1 raised normal → watch"])
        let alarms = try bench.alarms()
        #expect(alarms.map(\.id) == ["high/s1@2018-06-03T20:00:00Z"])
        #expect(alarms.map(\.rule) == ["high-water"])
        bench.take("{\"level\":1}")
        #expect(try Self.told(bench).last == "high-water/s1 cleared watch → normal")
    }

    @Test("a level under another name: the alarm stands at it at once", arguments: [true, false])
    func otherLevel(byReload: Bool) throws {
        let bench = try bench(Self.rules(level: "warning: water_level > 2 m"), byReload: byReload)
        #expect(try Self.told(bench) == ["high/s1 raised normal → watch", "high/s1 rose watch → warning"])
        let lower = try self.bench(Self.rules(level: "advisory: water_level > 2 m"), byReload: byReload)
        #expect(try Self.told(lower) == ["high/s1 raised normal → watch", "high/s1 fell watch → advisory"])
        #expect(try lower.alarms().map(\.level) == ["advisory"])
    }

    @Test("a group under another name keeps its alarm by its devices", arguments: [true, false])
    func renamedGroup(byReload: Bool) throws {
        let bench = try bench(Self.rules(forEach: "device"), byReload: byReload)
        #expect(try Self.told(bench) == ["high/d1 raised normal → watch"])
    }

    @Test("a threshold that is changed is judged at once, up and down", arguments: [true, false])
    func otherThreshold(byReload: Bool) throws {
        let higher = try bench(Self.rules(level: "watch: water_level > 3 m"), byReload: byReload)
        #expect(try Self.told(higher) == ["high/s1 raised normal → watch", "high/s1 cleared watch → normal"])
        let lower = try bench(Self.rules(level: "watch: water_level > 1 m"), byReload: byReload, level: 1.5)
        #expect(try Self.told(lower) == ["high/s1 raised normal → watch"])
    }

    @Test("rules that are read again as they were change nothing", arguments: [true, false])
    func same(byReload: Bool) throws {
        let bench = try bench(Self.rules(), byReload: byReload)
        #expect(try Self.told(bench) == ["high/s1 raised normal → watch"])
    }

    @Test("a rule that is taken away ends its alarm", arguments: [true, false])
    func gone(byReload: Bool) throws {
        let bench = try bench(Self.rules(name: "other", level: "watch: water_level > 9 m"), byReload: byReload)
        #expect(try Self.told(bench) == ["high/s1 raised normal → watch", "high/s1 retired watch → normal"])
    }

    @Test("what is shelved stays so under its rule's new name", arguments: [true, false])
    func shelved(byReload: Bool) throws {
        let bench = try bench(Self.rules(name: "high-water"), byReload: byReload, orders: [.shelve(.hours(20))])
        #expect(try Self.told(bench) == ["high-water/s1 raised normal → watch", "high-water/s1 shelved watch → watch"])
        bench.pass(to: PipelineBench.start + .hours(22))
        #expect(try Self.told(bench).last == "high-water/s1 unshelved watch → watch")
    }

    @Test(
        "a suppression without an alarm stays where its rule or its group is renamed", arguments: [true, false])
    func suppressionWithoutAlarm(byReload: Bool) throws {
        let changes = [(Self.rules(name: "high-water"), "high-water/s1"), (Self.rules(forEach: "device"), "high/d1")]
        for (rules, name) in changes {
            let bench = try bench(rules, byReload: byReload, orders: [.takeOutOfService], level: 1)
            // Also after another start, and where the rule is changed before it is renamed.
            try bench.change(rules: rules.replacing("> 2 m", with: "> 3 m"), byReload: byReload)
            bench.take("{\"level\":4}")
            #expect(try bench.alarms().map(\.state) == ["out-of-service"])
            bench.order(.putBack, name)
            #expect(try Self.told(bench).last == "\(name) in-service watch → watch")
        }
        let gone = try bench(
            Self.rules(name: "other", level: "watch: water_level > 9 m"), byReload: byReload,
            orders: [.takeOutOfService], level: 1)
        #expect(try gone.notes().contains { $0.hasPrefix("high/s1 is suppressed, but no rule watches there any more") })
    }

    @Test(
        "a rule that is changed, and later renamed, keeps its alarm, although nothing happened between",
        arguments: [true, false])
    func changedThenRenamed(byReload: Bool) throws {
        let bench = try bench(Self.rules(level: "watch: water_level > 3 m"), byReload: byReload, level: 5)
        bench.pass(to: PipelineBench.start + .hours(6))
        try bench.change(rules: Self.rules(name: "high-water", level: "watch: water_level > 3 m"), byReload: byReload)
        #expect(try Self.told(bench) == ["high-water/s1 raised normal → watch"])
    }

    @Test(
        "a rule that is renamed, and another that gets its name: the alarm goes with the condition",
        arguments: [true, false])
    func nameTaken(byReload: Bool) throws {
        let rules = """
            hazard: flood
            rules:
              - { name: high, summary: other, for_each: station, where: { station: s2 }, levels: { watch: water_level > 7 m }, blind: none }
              - { name: high-river, summary: high, for_each: station, levels: { watch: water_level > 2 m }, blind: none }
            """
        #expect(try Self.told(bench(rules, byReload: byReload)) == ["high-river/s1 raised normal → watch"])
    }

    @Test(
        "a rule that is renamed and changed at once keeps its alarm while its condition holds",
        arguments: [true, false])
    func renamedAndChanged(byReload: Bool) throws {
        let rules = Self.rules(name: "high-water", level: "watch: water_level > 3 m")
        #expect(try Self.told(bench(rules, byReload: byReload, level: 5)) == ["high-water/s1 raised normal → watch"])
        #expect(
            try Self.told(bench(rules, byReload: byReload)) == [
                "high/s1 raised normal → watch", "high/s1 retired watch → normal",
            ])
    }
}
