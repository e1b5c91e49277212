import AlarmModel
import RuleEngine
import RuleLanguage
import RulePlan
import Telemetry
import TestSupport
import Testing

/// The levels that rules come to, against brute force: what the engine decides by tests that it makes once for all
/// rules must be what each rule's comparison says by itself.
@Suite struct DecisionTests {
    private struct Comparison {
        var text: String
        var measure: Measure
        var window: TimeSpan
        var sign: String
        var threshold: Double
    }

    /// Comparisons of every kind over every window, several thresholds each, so that tests fill more than one word.
    private static func comparisons(_ random: inout SeededRandom) -> [Comparison] {
        let functions: [(String, Measure, ClosedRange<Double>, String)] = [
            ("mean", Measure(.mean), 2...8, "m"), ("max", Measure(.maximum), 5...10, "m"),
            ("min", Measure(.minimum), 0...5, "m"),
            ("stddev", Measure(.deviation), 1...4, "m"), ("slope", Measure(.slope), -0.5...0.5, "m/s"),
            ("sum", Measure(.sum), 0...200, "m"),
            ("count", Measure(.count), 0...40, ""), ("first", Measure(.first), 0...10, "m"),
            ("last", Measure(.last), 0...10, "m"),
            ("delta", Measure(.delta), -5...5, "m"), ("median", Measure(.quantile, 0.5), 2...8, "m"),
            ("increase", Measure(.increase), 0...100, "m"),
            ("time_mean", Measure(.timeMean), 2...8, "m"), ("changes", Measure(.changes), 0...40, ""),
            ("zscore", Measure(.standardScore), -2...2, ""),
        ]
        var found: [Comparison] = []
        for (name, measure, range, unit) in functions {
            for window in [5, 30, 120] as [Int64] {
                for sign in [">", "<", ">=", "<="] {
                    let threshold = (Double.random(in: range, using: &random) * 1000).rounded() / 1000
                    found.append(
                        Comparison(
                            text:
                                "\(name)(water_level, \(window)s) \(sign) \(threshold < 0 ? "-" : "")\(abs(threshold)) \(unit)",
                            measure: measure,
                            window: .seconds(window), sign: sign, threshold: threshold))
                }
            }
        }
        return found
    }

    @Test(
        "every comparison comes out as brute force says, in order, late, in bursts and after gaps",
        arguments: [(91, 1), (92, 1), (93, 1), (94, 2)] as [(UInt64, Int)])
    func decisions(seed: UInt64, sensors: Int) throws {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let comparisons = Self.comparisons(&random)
        // A let keeps YAML from reading a leading minus as anything else.
        let text =
            "hazard: flood\nrules:\n"
            + comparisons.enumerated().map {
                "  - { name: r-\($0), for_each: site, blind: none, levels: { warning: \"\($1.text)\" } }\n"
            }.joined()
        let rules = try SmallSite.compile(text, devices: sensors)
        var engine = Engine(rules.plan)
        var changes: [LevelChange] = []
        var all: [BruteForce.Sample] = []
        var now: Int64 = 1_528_000_000_000_000_000
        var decided = 0
        for step in 0..<350 {
            let gap: Int64 =
                switch Int.random(in: 0..<30, using: &random) {
                case 0: 200_000_000_000
                // Of two sensors' readings of one time neither is the newer.
                case 1, 2: sensors == 1 ? 0 : 1
                case 3: -Int64.random(in: 1...60_000_000_000, using: &random)
                default: Int64.random(in: 1...4_000_000_000, using: &random)
                }
            let time = now + gap
            let sensor = Int.random(in: 0..<sensors, using: &random)
            // Whole numbers now and then, so that values are equal to each other.
            var value = Double.random(in: 0...10, using: &random)
            if Int.random(in: 0..<4, using: &random) == 0 { value.round() }
            let reading = Reading(
                series: SeriesID(index: Int32(sensor * 4)), time: Instant(nanoseconds: time), value: value)
            guard engine.ingest(reading, into: &changes) == .evaluated else { continue }
            now = max(now, time)
            let place = all.lastIndex { $0.time <= time }.map { $0 + 1 } ?? 0
            all.insert(BruteForce.Sample(series: sensor, time: time, value: value), at: place)
            for (index, comparison) in comparisons.enumerated() {
                let expected = BruteForce.value(
                    comparison.measure, all, now: now, window: comparison.window.nanoseconds)
                // Nothing is said of what is unknown, nor of what rounding alone decides.
                guard !expected.isNaN, abs(expected - comparison.threshold) > 1e-9 * max(1, abs(expected)) else {
                    continue
                }
                let holds =
                    comparison.sign.hasPrefix(">") ? expected > comparison.threshold : expected < comparison.threshold
                decided += 1
                guard (engine.ladderState(of: index).level > .normal) == holds else {
                    Issue.record(
                        "'\(comparison.text)' is \(!holds), and the value is \(expected); step \(step), seed \(seed)")
                    return
                }
            }
        }
        #expect(decided > 20_000)
    }
}
