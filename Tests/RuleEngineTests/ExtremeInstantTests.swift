import AlarmModel
import RuleEngine
import RuleLanguage
import Telemetry
import TestSupport
import Testing

/// Times at the borders of what an instant can be: whatever comes, every loop of the engine ends, and nothing traps.
@Suite struct ExtremeInstantTests {
    private static let rules = """
          - name: test
            for_each: device
            let:
              a: mean(water_level, 10m)
              b: slope(water_level, 20d)
              c: quantile(water_level, 0.9, 29d)
              d: increase(water_level, 1h) + delta(water_level, 1h)
              e: time_mean(water_level, 1h) + ewma(water_level, 1h) + median(water_level, 1h)
            levels:
              watch: a > 2 m for 10m or max(water_level, 29d) > 1e9 m or count(water_level, 1ms) > 2 or changes(water_level, 1h) > 3
              warning: b > 1 m/h or d > 3 m or share(water_level > 1 m, 1h) > 0.5 or silent(water_level, 5m)
              emergency: (c > 5 m or e > 1e9 m) then water_level < 1 m within 1h

        """

    private static let edges: [Int64] = {
        let range = Instant.range
        let marks = [
            0, .min, .max, range.lowerBound.nanoseconds, range.upperBound.nanoseconds, AlarmBench.start.nanoseconds,
            Int64.max / 2,
            Int64.min / 2, TimeSpan.longestWritten.nanoseconds, -TimeSpan.longestWritten.nanoseconds,
        ]
        return marks.flatMap { mark in [-1_000_000_000, -1, 0, 1, 1_000_000_000].map { mark.saturatingAdd($0) } }
    }()

    private static let values: [Double] = [
        0, -0.0, 1, -1, 5, 1e300, -1e300, 1e-300, .leastNonzeroMagnitude, .nan, .infinity, -.infinity,
        9_007_199_254_740_992,
        .greatestFiniteMagnitude,
    ]

    @Test(
        "readings, ticks and looks at any times and values end, and a sane reading after them is evaluated",
        arguments: 0..<12)
    func extremes(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var engine = Engine(try SmallSite.compile("hazard: flood\nrules:\n" + Self.rules, devices: 2).plan)
        var changes: [LevelChange] = []
        func time() -> Instant { Instant(nanoseconds: Self.edges.randomElement(using: &random) ?? 0) }
        for _ in 0..<60 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0: engine.advance(to: time(), into: &changes)
            case 1: engine.heartbeat(at: time())
            default:
                let reading = Reading(
                    series: SeriesID(index: Int32.random(in: 0..<8, using: &random)), time: time(),
                    value: Self.values.randomElement(using: &random) ?? 0)
                _ = engine.ingest(reading, into: &changes)
            }
            _ = engine.nextTimer
        }
        #expect(engine.sampleCount <= 60 * 2)
    }
}

/// Values next to which others are nothing.
@Suite struct AbsurdValueTests {
    @Test(
        "an absurd value leaves nothing behind in a window that it has left",
        arguments: [1e9, 1e18, -1e18, 1e155, -1e300, .greatestFiniteMagnitude, 9_223_372_036_854_775_807])
    func residue(absurd: Double) throws {
        var bench = try RuleBench.oneRule(
            """
            levels:
              watch: mean(water_level, 1m) > 1.5 m or sum(water_level, 1m) > 10 m or stddev(water_level, 1m) > 1 m
              warning: slope(water_level, 1m) > 10 m/h or slope(water_level, 1m) < -10 m/h or time_mean(water_level, 1m) > 1.5 m
              emergency: mean(water_level, 1m) < 0.5 m or sum(water_level, 1m) < 5 m or time_mean(water_level, 1m) < 0.5 m
            """)
        for second in 0..<10 { bench.feed(Double(second * 10), 1) }
        bench.feed(100, absurd)
        for second in 11..<40 { bench.feed(Double(second * 10), 1 + Double(second % 2) * 0.001) }
        #expect(bench.log.last?.hasSuffix("→0") == true, "\(bench.log)")
    }
}
