import Diagnostics
import RuleEngine
import RuleLanguage
import Telemetry
import TestSupport
import Testing

/// A rule with parameters decides for each group what a rule with that group's numbers decides.
@Suite struct ParameterEngineTests {
    private static func bench(_ levels: String, _ devices: String) throws -> RuleBench {
        RuleBench(
            try SmallSite.compile(
                "hazard: flood\nrules:\n  - name: test\n    for_each: device\n    levels: \(levels)\n", devices: devices
            ))
    }

    @Test(
        "every sign and every place of a parameter decides as the number does",
        arguments: [
            "water_level > X", "water_level >= X", "water_level < X", "water_level <= X", "water_level == X",
            "water_level != X", "X < water_level", "X >= water_level", "mean(water_level, 5m) > X",
            "max(water_level, 3m) - min(water_level, 3m) > X", "water_level > X + 10 cm", "water_level * 2 > X for 2m",
            "water_level in X .. 3 m", "delta(water_level, 5m) > X", "any(water_level > X)",
            "share(water_level > X, 5m) > 0.4", "if(water_level > X, 1 m, 2 m) > 1.5 m",
        ])
    func sameAsNumber(condition: String) throws {
        let stages = [1.5, 2.0, 2.5]
        var random = SeededRandom(seed: 0x7061_7261)
        func devices(_ parameters: Bool) -> String {
            zip(1..., stages).map {
                "  - { id: d\($0), profile: test, kind: k\($0)\(parameters ? ", parameters: { x: \($1) m }" : "") }\n"
            }.joined()
        }
        func level(_ text: String) -> String { "{ warning: \"\(condition.replacing("X", with: text))\" }" }
        let feeds = (0..<400).map { step in
            (
                at: Double(step) * 20, value: Double(Int.random(in: 8...60, using: &random)) / 20,
                device: Int.random(in: 1...3, using: &random)
            )
        }
        var shared = try Self.bench(level("param(x)"), devices(true))
        for feed in feeds { shared.feed(feed.at, feed.value, device: feed.device) }
        #expect(!shared.log.isEmpty)
        for (device, stage) in zip(1..., stages) {
            var own = try Self.bench(level("\(stage) m"), devices(false))
            for feed in feeds { own.feed(feed.at, feed.value, device: feed.device) }
            let isOfDevice = { (line: String) in line.contains(" d\(device) ") }
            #expect(shared.log.filter(isOfDevice) == own.log.filter(isOfDevice))
        }
    }
}
