import Foundation
import Store
import Telemetry
import TestSupport
import Testing

/// Sequences of messages whose every number may be one at which sums break, among messages that are right. Whatever comes, the
/// gateway lives, and hears the device when it is right again.
@Suite struct EdgeNumberTests {
    private static let rounds = ProcessInfo.processInfo.environment["TOCSIN_FUZZ_ROUNDS"].flatMap { Int($0) }.map { $0 / 50 } ?? 6

    private static let rules = """
        hazard: flood
        rules:
          - name: high
            for_each: device
            levels: { watch: water_level > 3 m }
            blind: none
          - name: all
            for_each: device
            levels:
              watch: "mean(water_level, 10m) > 9 m or increase(rain_total, 1h) > 5 mm or slope(water_level, 1h) > 9 m/h"
              warning: "quantile(acceleration_x, 0.9, 10m) > 1 m/s2 or time_mean(water_level, 1h) > 9 m"
            blind: none
        """

    private static let json = """
        profile: test
        topic: test/{device}
        time: { pointer: /t, format: FORMAT }
        interval: 10s
        silence: 1h
        sequence: { pointer: /n }
        readings:
          - { quantity: water_level, pointer: /level, unit: m }
          - { quantity: rain_total, pointer: /total, unit: mm, counter: { wraps: 65536, resolution: 0.2 mm, max_rate: 150 mm/h } }
          - { quantity: acceleration_x, unit: m/s2, samples: { pointer: /x, rate: /hz, time: first } }
        """

    private static let senml = """
        profile: test
        topic: test/{device}
        format: senml
        interval: 10s
        silence: 1h
        readings:
          - { quantity: water_level, record: level, unit: m }
          - { quantity: rain_total, record: total, unit: mm, counter: { wraps: 65536 } }
          - { quantity: acceleration_x, record: x, unit: m/s2 }
        """

    /// A message; numbers that are not given are right.
    private static func message(_ profile: String, _ bench: PipelineBench, _ number: Int, _ level: String, _ odd: () -> String?) -> String {
        let now = bench.clock.now()
        if profile == senml {
            let seconds = odd() ?? "\(now.nanoseconds / 1_000_000_000)"
            return """
                [{"bn":"d1/","bt":\(seconds)\(odd().map { ",\"bver\":\($0)" } ?? "")\(odd().map { ",\"bv\":\($0)" } ?? "")},\
                {"n":"level","v":\(odd() ?? level),"t":\(odd() ?? "0")},{"n":"total","v":\(odd() ?? "7")},{"n":"x","v":\(odd() ?? "0"),"t":\(odd() ?? "-1")}]
                """
        }
        let scale: Int64 =
            profile.contains("unix_ms") ? 1_000_000 : profile.contains("unix_us") ? 1000 : profile.contains("unix_ns") ? 1 : 1_000_000_000
        return """
            {"t":\(odd() ?? "\(now.nanoseconds / scale)"),"n":\(odd() ?? "\(number)"),"level":\(odd() ?? level),"total":\(odd() ?? "7"),\
            "hz":\(odd() ?? "100"),"x":[0,\(odd() ?? "0"),0]}
            """
    }

    @Test(
        "after a storm of odd numbers a device that is right again is heard at once",
        arguments: ["unix", "unix_ms", "unix_us", "unix_ns", "senml"], 0..<rounds)
    func storms(format: String, round: Int) throws {
        let profile = format == "senml" ? Self.senml : Self.json.replacing("FORMAT", with: format)
        let bench = try PipelineBench(
            profile: profile, devices: "  - { id: d1, profile: test, station: s1 }", rules: Self.rules,
            settings: "flapping: { changes: 1000 }\n")
        let seed = UInt64(round) * 31 + UInt64(format.count)
        var random = SeededRandom(seed: seed)
        var number = 0
        func send(_ level: String, odds: Int) {
            number += 1
            bench.clock.advance(by: .seconds(10))
            bench.take(
                Self.message(profile, bench, number, level) {
                    Int.random(in: 0..<100, using: &random) < odds ? EdgeNumbers.json.randomElement(using: &random) : nil
                })
        }
        for _ in 0..<5 { send("1", odds: 0) }
        for _ in 0..<60 { send("1", odds: [0, 10, 40, 100].randomElement(using: &random) ?? 0) }
        // What a wrong clock takes to be found right again, and a counter of messages to be found counting anew.
        for _ in 0..<6 { send("1", odds: 0) }
        send("5", odds: 0)
        let raisedAt = bench.clock.now()
        let events = try bench.events().filter { $0.rule == "high" }
        let last = try #require(events.last, "seed \(seed)")
        #expect(last.to == "watch" && last.kind != "fell", "seed \(seed): \(events.map { "\($0.time) \($0.kind) \($0.from) → \($0.to)" })")
        let newest = try bench.stored().filter { $0.quantity == "water_level" }.suffix(7).map(\.reading.value)
        #expect(newest == [1, 1, 1, 1, 1, 1, 5], "seed \(seed)")
        #expect(last.time == raisedAt.description, "seed \(seed)")
    }
}
