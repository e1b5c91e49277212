import RuleLanguage
import Store
import Telemetry
import TestSupport
import Testing

/// The state after a restart is that of a gateway that never stopped.
@Suite struct RestartTests {
    private static let profile = """
        profile: test
        topic: test/{device}
        time: { pointer: /t, format: unix_ms }
        interval: 1m
        silence: 10m
        readings:
          - { quantity: water_level, pointer: /level, unit: m }
          - { quantity: temperature, pointer: /temperature, unit: degC }
          - { quantity: rain, pointer: /rain, unit: mm }
          - { quantity: humidity, pointer: /humidity, unit: "%" }
        parameters: { low_water: 1.5 m }
        """

    /// What each function is asked here; every function of the language is here.
    private static let values: [String: String] = [
        "mean": "mean(water_level, 7m)", "min": "min(water_level, 7m)", "max": "max(water_level, 7m)",
        "sum": "sum(water_level, 7m)",
        "count": "count(water_level, 7m)", "stddev": "stddev(water_level, 7m)", "median": "median(water_level, 7m)",
        "coverage": "coverage(water_level, 7m)", "quality": "quality(water_level, 7m)",
        "suspect": "if(suspect(water_level), 1, 0)", "quantile": "quantile(water_level, 0.9, 7m)",
        "first": "first(water_level, 7m)",
        "last": "last(water_level, 7m)",
        "delta": "delta(water_level, 7m)", "slope": "slope(water_level, 7m)", "increase": "increase(rain, 7m)",
        "rate": "rate(rain, 7m)", "time_mean": "time_mean(water_level, 7m)", "integral": "integral(water_level, 7m)",
        "changes": "changes(temperature, 7m)", "zscore": "zscore(water_level, 7m)",
        "forecast": "forecast(water_level, 7m, 5m)",
        "ewma": "ewma(water_level, 2m)", "share": "share(water_level > 2.5 m, 7m)", "age": "age(rain)",
        "silent": "if(silent(rain, 2m), 1, 0)", "any": "if(any(water_level > 2.5 m), 1, 0)",
        "all": "if(all(water_level > 2.5 m), 1, 0)",
        "at_least": "if(at_least(2, water_level > 2.5 m), 1, 0)", "spread": "spread(water_level)",
        "alarm": "if(alarm(\"held\", watch), 1, 0)", "count_alarms": "count_alarms(\"held\", watch)", "hour": "hour()",
        "weekday": "weekday()", "abs": "abs(water_level - 2.5 m)", "sqrt": "sqrt(water_level / 1 m)",
        "ln": "ln(water_level / 1 m)",
        "exp": "exp(water_level / 1 m)", "pow": "pow(water_level, 2)", "clamp": "clamp(water_level, 2 m, 3 m)",
        "if": "if(water_level > 2.5 m, 1, 0)", "param": "water_level - param(low_water)",
    ]

    /// Each value is told with every message, since humidity swings to and fro; conditions with a memory by their own
    /// levels.
    private static var rules: String {
        let told = values.sorted { $0.key < $1.key }.map { name, value in
            """
              - name: \(name.replacing("_", with: "-"))
                for_each: site
                let: { value: '\(value)' }
                summary: "{value}"
                levels: { watch: "last(humidity, 1h) > 50 %" }
                blind: none

            """
        }
        return """
            hazard: flood
            rules:
              - { name: held, summary: held, for_each: device, levels: { watch: water_level > 2.5 m for 3m }, blind: none }
              - { name: followed, summary: then, for_each: device, levels: { watch: temperature > 22 degC then water_level > 2.5 m within 6m }, blind: none }
              - { name: ended, summary: until, for_each: device, levels: { watch: "water_level > 2.8 m" }, clear: "mean(water_level, 5m) < 2.4 m", blind: none }

            """ + told.joined()
    }

    private func bench() throws -> PipelineBench {
        try PipelineBench(
            profile: Self.profile, devices: "  - { id: d1, profile: test }\n  - { id: d2, profile: test }\n",
            rules: Self.rules,
            settings: "flapping: { changes: 1000, within: 1m }")
    }

    @Test("every function of the language is asked")
    func everyFunction() {
        #expect(Set(Function.all.map(\.name)) == Set(Self.values.keys))
    }

    @Test(
        "a gateway that is stopped and started again and again says what one says that never stops",
        arguments: [(1, false), (2, false), (3, true)] as [(UInt64, Bool)])
    func equal(seed: UInt64, late: Bool) throws {
        var random = SeededRandom(seed: seed)
        let (steady, stopped) = (try bench(), try bench())
        var stops: [String] = []
        var swing = false
        var rain = ["d1": 100.0, "d2": 7.0]
        var level = 2.4
        for _ in 0..<90 {
            // Mostly every minute, now and then late, or after a silence.
            let gap: Int64 = [60, 60, 60, 60, 60, 45, 90, 150, 400, 900][Int.random(in: 0..<10, using: &random)]
            let next = steady.clock.now() + .seconds(gap)
            for bench in [steady, stopped] { bench.pass(to: next) }
            if Int.random(in: 0..<8, using: &random) == 0 {
                try stopped.restart()
                stops.append("\(next) before")
            }
            for device in ["d1", "d2"] where device == "d1" || Int.random(in: 0..<5, using: &random) > 0 {
                if device == "d1" { swing.toggle() }
                level += Double.random(in: -0.3...0.3, using: &random)
                level = min(max(level, 1.8), 3.2)
                if Bool.random(using: &random) {
                    rain[device, default: 0] += Double(Int.random(in: 0..<5, using: &random)) / 5
                }
                if Int.random(in: 0..<40, using: &random) == 0 { rain[device] = 0 }
                let time =
                    next.nanoseconds / 1_000_000 - (Int.random(in: 0..<8, using: &random) == 0 && late ? 70_000 : 0)
                let parts = [
                    "\"t\":\(time)", "\"humidity\":\(swing ? 80 : 20)", "\"level\":\((level * 100).rounded() / 100)",
                    "\"temperature\":\(Int.random(in: 20...24, using: &random))",
                    Int.random(in: 0..<4, using: &random) > 0
                        ? "\"rain\":\(((rain[device] ?? 0) * 10).rounded() / 10)" : nil,
                ].compactMap(\.self)
                for bench in [steady, stopped] { bench.take("{\(parts.joined(separator: ","))}", from: device) }
            }
            if Int.random(in: 0..<8, using: &random) == 0 {
                try stopped.restart()
                stops.append("\(next) after")
            }
        }
        // What remembers conditions is formed anew for late readings as if they had come in time: at a start, for all
        // at once.
        let remembers = late ? ["held", "followed", "share", "alarm", "count-alarms"] : []
        let lines = try [steady, stopped].map { try $0.events().filter { !remembers.contains($0.rule) }.map(Self.line) }
        let (expected, found) = (lines[0], lines[1])
        #expect(expected.count > 700)
        if let at = zip(expected, found).enumerated().first(where: { $1.0 != $1.1 })?.offset {
            let (from, to) = (max(0, at - 3), at + 3)
            Issue.record(
                "stops at \(stops.suffix(5)):\n\(expected[from..<min(to, expected.count)].joined(separator: "\n"))\nafter a stop:\n\(found[from..<min(to, found.count)].joined(separator: "\n"))"
            )
        }
        #expect(expected.count == found.count)
    }

    private static func line(_ event: EventText) -> String {
        "\(event.time) \(event.rule)/\(event.group) \(event.from) → \(event.to) \(event.kind) \(event.uncertain): \(event.summary)"
    }
}
