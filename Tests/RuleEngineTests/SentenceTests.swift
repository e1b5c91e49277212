import AlarmModel
import RuleLanguage
import TestSupport
import Testing

/// Why an alarm is as it is, in words that need no second reading.
@Suite struct SentenceTests {
    private func causes(_ condition: String, forEach: String, _ feed: (inout RuleBench) -> Void) throws -> [String] {
        var bench = RuleBench(
            try SmallSite.compile(
                "hazard: gas\nrules:\n  - { name: test, for_each: \(forEach), levels: { watch: \"\(condition)\" } }\n",
                devices: 3))
        feed(&bench)
        try #require(!bench.log.isEmpty)
        return bench.rules.rules[0].causes(from: .normal, to: Level(rank: 2), registers: bench.registers).map(
            \.sentence)
    }

    @Test(
        "a vote says how many of how many, and what each was asked",
        arguments: [
            ("at_least(2, mean(carbon_monoxide, 1m) > 35 ppm)", "2 of 3 sensors over 35 ppm"),
            ("any(carbon_monoxide >= 35 ppm)", "1 of 3 sensors at or over 35 ppm"),
            (
                "at_least(2, carbon_monoxide > 35 ppm or temperature > 50 degC)",
                "2 of 3 sensors with carbon_monoxide > 35 ppm or temperature > 50 degC"
            ),
        ])
    func votes(condition: String, sentence: String) throws {
        let found = try causes(condition, forEach: "site") { bench in
            for device in 1...3 { bench.feed(Double(device), device == 3 ? 3 : 40, device: device, quantity: 2) }
        }
        #expect(found == [sentence])
    }

    @Test("silence is said as silence, and by whose")
    func silence() throws {
        let found = try causes("silent(water_level, 30m)", forEach: "device") { bench in
            bench.feed(0, 1)
            bench.advance(to: 3600)
        }
        #expect(found == ["no reading of water_level for 30 min"])
    }
}
