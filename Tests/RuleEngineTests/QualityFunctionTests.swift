import AlarmModel
import RuleEngine
import RuleLanguage
import Telemetry
import TestSupport
import Testing

/// What rules can ask about quality: `quality(q, w)`, `suspect(q)`, and votes that count suspect sensors less.
@Suite struct QualityFunctionTests {
    private static let suspect = Quality(.neighbours, .suspect)
    private static let failed = Quality(.spike, .fail)

    private static func sentences(_ bench: borrowing RuleBench, votes: Bool = true) -> [String] {
        guard let change = bench.history.last else { return [] }
        let cast = Dictionary(grouping: change.votes, by: \.tally).mapValues { votes in
            votes.map { (device: bench.rules.instances[Int($0.instance)].devices[0], isYes: $0.isYes) }
        }
        return bench.rules.rules[0].causes(
            from: .normal, to: change.to, registers: bench.registers, votes: cast
        ).map(\.sentence)
    }

    @Test(
        "quality is the good readings by the expected ones, or by those that came", arguments: 0..<20 as Range<UInt64>)
    func bruteForce(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let minutes = Int.random(in: 2...30, using: &random)
        let percent = Int.random(in: 1...100, using: &random)
        var bench = try RuleBench.oneRule("levels: { warning: 'quality(water_level, \(minutes)m) < \(percent) %' }")
        var taken: [(time: Double, isGood: Bool)] = []
        let kinds = [[], [], [], Self.suspect, Self.failed, Quality(.gap, .fail), .clockReplaced, .maintenance]
        for step in 0..<400 {
            let now = Double(step) * 20 + 3600
            bench.advance(to: now)
            guard Int.random(in: 0..<5, using: &random) > 0, let quality = kinds.randomElement(using: &random) else {
                continue
            }
            bench.feed(now, 1, quality: quality)
            taken.append((now, quality == [] || quality == .maintenance))
            guard step > 3 * minutes + 1 else { continue }
            let held = taken.filter { $0.time > now - Double(minutes) * 60 }
            let value = Double(held.count(where: \.isGood)) / Double(max(held.count, minutes))
            let wanted = value * 100 < Double(percent)
            let isOn = bench.engine.ladderState(of: 0).level > .normal
            #expect(isOn == wanted, "\(value) at \(step)")
        }
    }

    @Test("quality falls when nothing comes, and the window need not be named")
    func dropout() throws {
        var bench = try RuleBench.oneRule("levels: { warning: 'quality(water_level) < 80 %' }\nno_data: none")
        for minute in 0..<120 {
            bench.advance(to: Double(minute) * 60)
            bench.feed(Double(minute) * 60, 1)
        }
        #expect(bench.log.isEmpty, "\(bench.log)")
        bench.advance(to: 135 * 60)
        #expect(bench.log.count == 1, "\(bench.log)")
        #expect(bench.log.first?.hasSuffix("test d1 0→3") == true)
    }

    @Test("suspect is a sensor whose newest reading is, however it came")
    func suspicion() throws {
        var bench = try RuleBench.oneRule(
            "levels: { watch: suspect(water_level), warning: 'suspect(water_level) for 5m' }")
        bench.feed(0, 1)
        bench.feed(60, 1, quality: Self.suspect)
        #expect(Self.sentences(bench) == ["the newest water_level is suspect"])
        bench.feed(120, 1, quality: Self.failed)
        bench.feed(50, 1)
        #expect(bench.log.count == 1, "what has failed, and what comes late, is not the newest: \(bench.log)")
        bench.feed(180, 1)
        #expect(bench.log.last == "180: test d1 2→0")
        for minute in 4...10 {
            bench.advance(to: Double(minute) * 60)
            bench.feed(Double(minute) * 60, 1, quality: Self.suspect)
        }
        bench.feed(570, 1)
        #expect(bench.log.last == "540: test d1 2→3", "a late reading does not end a doubt: \(bench.log)")
    }

    @Test(
        "the vote of a suspect sensor counts what the rule says",
        arguments: [
            ("at_least(2, water_level > 3 m)", true), ("at_least(2, water_level > 3 m, 1)", true),
            ("at_least(2, water_level > 3 m, 0.5)", false), ("at_least(2, water_level > 3 m, 0)", false),
            ("at_least(1, water_level > 3 m, 0)", true),
        ])
    func weights(condition: String, isRaised: Bool) throws {
        var bench = try RuleBench.oneRule("levels: { warning: '\(condition)' }", forEach: "site", devices: 3)
        bench.feed(0, 2, device: 1)
        bench.feed(1, 4, device: 2)
        bench.feed(2, 4, device: 3, quality: Self.suspect)
        #expect(bench.log.isEmpty != isRaised, "\(bench.log)")
        // Two halves of suspect sensors and a sound one make two.
        bench.feed(60, 4, device: 1, quality: Self.suspect)
        #expect(bench.log.isEmpty == condition.contains("(2, water_level > 3 m, 0)"), "\(bench.log)")
        // It is trusted again.
        bench.feed(120, 4, device: 3)
        #expect(!bench.log.isEmpty)
    }

    @Test("the few that vote otherwise are named")
    func dissent() throws {
        var bench = try RuleBench.oneRule(
            "levels: { warning: 'at_least(2, water_level > 3 m, 0.5)' }", forEach: "site", devices: 3)
        for device in [3, 1, 2] { bench.feed(0, device == 3 ? 2 : 4, device: device) }
        #expect(
            Self.sentences(bench)
                == ["2 of 3 sensors over 3 m (a suspect one counts 0.5); d3 says otherwise"])
        var one = try RuleBench.oneRule("levels: { warning: 'any(water_level > 3 m)' }", forEach: "site", devices: 3)
        for device in 1...3 { one.feed(Double(device), device == 3 ? 4 : 2, device: device) }
        #expect(Self.sentences(one) == ["1 of 3 sensors over 3 m"], "those that are more are not named")
    }

    @Test("a weighted vote says that it has no data, and silence can be voted on")
    func silence() throws {
        var bench = try RuleBench.oneRule(
            "levels: { warning: 'at_least(2, water_level > 3 m, 0.5)' }", forEach: "site", devices: 3)
        for device in 1...3 { bench.feed(0, 2, device: device) }
        bench.advance(to: 3600)
        #expect(bench.log.count == 1)
        #expect(bench.log.first?.hasSuffix("0→3 blind") == true || bench.log.first?.contains("blind") == true)
        var silent = try RuleBench.oneRule(
            "levels: { warning: 'at_least(2, silent(water_level, 15m), 0.5)' }\nno_data: none", forEach: "site",
            devices: 3)
        for device in 1...3 { silent.feed(0, 2, device: device) }
        for minute in 1...60 {
            silent.advance(to: Double(minute) * 60)
            silent.feed(Double(minute) * 60, 2, device: 3)
        }
        #expect(silent.log.count == 1, "\(silent.log)")
    }

    @Test("what a sensor said before its maintenance no longer counts in a vote, from the maintenance's beginning on")
    func maintained() throws {
        var bench = try RuleBench.oneRule(
            "levels: { warning: 'at_least(2, water_level > 3 m)' }", forEach: "site", devices: 3)
        bench.feed(0, 4, device: 3)
        for device in 1...2 { bench.feed(1, 2, device: device) }
        bench.advance(to: 60)
        bench.excuse(device: 3, for: 1)
        bench.feed(61, 4, device: 1)
        #expect(bench.log.isEmpty, "one of the other two: \(bench.log)")
        bench.feed(62, 4, device: 2)
        #expect(bench.log.count == 1)
        var held = try RuleBench.oneRule("levels: { warning: 'water_level > 3 m for 30m' }\nno_data: none")
        held.feed(0, 4)
        for minute in 1...60 {
            held.advance(to: Double(minute) * 60)
            if minute > 9 { held.excuse(device: 1, for: 60) }
        }
        held.feed(3601, 2)
        #expect(held.log.isEmpty, "ten minutes are not thirty: \(held.log)")
    }
}
