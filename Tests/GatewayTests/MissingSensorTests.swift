import Store
import Telemetry
import TestSupport
import Testing

/// One of several sensors falls silent while an alarm stands: what the others say decides, and the alarm says which one
/// is missing.
@Suite struct MissingSensorTests {
    private func bench(_ level: String) throws -> PipelineBench {
        let devices = (1...3).map { "  - { id: d\($0), profile: test, area: valley }" }.joined(separator: "\n")
        let rules = """
            hazard: flood
            rules:
              - name: high
                summary: "{area} is high"
                for_each: area
                levels: { watch: "\(level)" }
            """
        return try PipelineBench(
            profile: PipelineBench.gauge(interval: "1m", silence: "5m"), devices: devices, rules: rules)
    }

    private func minute(_ bench: PipelineBench, _ levels: [Double?]) {
        bench.pass(to: bench.clock.now() + .minutes(1))
        for (number, level) in levels.enumerated() {
            if let level { bench.take("{\"level\":\(level)}", from: "d\(number + 1)") }
        }
    }

    @Test(
        "the alarm says who is missing and who is back, by what the others say",
        arguments: [
            "max(water_level, 2m) > 2 m", "any(mean(water_level, 2m) > 2 m)", "at_least(2, water_level > 2 m)",
        ])
    func missing(level: String) throws {
        let bench = try bench(level)
        for _ in 0..<3 { minute(bench, [2.5, 2.5, 2.5]) }
        for _ in 0..<4 { minute(bench, [2.5, nil, 2.5]) }
        try bench.restart()
        for _ in 0..<6 { minute(bench, [2.5, nil, 2.5]) }
        try bench.restart()
        for _ in 0..<4 { minute(bench, [2.5, nil, 2.5]) }
        for _ in 0..<3 { minute(bench, [2.5, 2.5, 2.5]) }
        for _ in 0..<3 { minute(bench, [1, 1, 1]) }
        let events = try bench.events()
        #expect(events.map(\.kind) == ["raised", "sensors", "sensors", "cleared"])
        #expect(
            events.map(\.summary) == [
                "valley is high", "valley is high (nothing from d2)", "valley is high", "over: valley is high",
            ])
        #expect(events.map(\.note) == [nil, "nothing is heard from d2 any more", "d2 is heard again", nil])
        #expect(events[1].time.hasPrefix("2018-06-03T20:08:00"), "at the end of its device's silence")
        #expect(!events[1].uncertain)
    }

    @Test("while one is missing the others end the alarm; once all are, it is uncertain, and nothing ends it")
    func decided() throws {
        let bench = try bench("max(water_level, 2m) > 2 m")
        for _ in 0..<3 { minute(bench, [2.5, 2.5, nil]) }
        for _ in 0..<7 { minute(bench, [2.5, nil, nil]) }
        for _ in 0..<3 { minute(bench, [1, nil, nil]) }
        for _ in 0..<3 { minute(bench, [2.5, nil, nil]) }
        for _ in 0..<200 { minute(bench, [nil, nil, nil]) }
        let events = try bench.events()
        #expect(events.map(\.kind) == ["raised", "sensors", "sensors", "cleared", "raised", "uncertain"])
        #expect(events[3].summary == "over: valley is high (nothing from d2, d3)")
    }

    @Test(
        "once one is silent, what is left in its window pulls no value away from what the others say",
        arguments: [
            "mean(water_level, 1h) > 3.57 m", "median(water_level, 1h) > 3.57 m",
            "quantile(water_level, 0.1, 1h) > 3.09 m",
            "time_mean(water_level, 1h) > 3.57 m", "increase(water_level, 1h) > 1.1 m",
            "delta(water_level, 1h) > 1.1 m",
            "ewma(water_level, 30m) > 3.6 m", "spread(water_level) < 0.1 m",
        ])
    func half(level: String) throws {
        let bench = try bench(level)
        for minute in 0...110 {
            let level = 2 + 0.02 * Double(minute)
            self.minute(bench, [level, minute <= 70 ? level : nil, level])
        }
        let kinds = try bench.events().map(\.kind).filter { $0 != "sensors" }
        #expect(kinds == ["raised"])
    }
}
