import Foundation
import Store
import Telemetry
import TestSupport
import Testing

/// Sequences of messages whose every number may be one at which sums break, among messages that are right. Whatever
/// comes, the gateway lives, and hears the device when it is right again.
@Suite struct EdgeNumberTests {
    private static let rounds =
        ProcessInfo.processInfo.environment["TOCSIN_FUZZ_ROUNDS"].flatMap { Int($0) }.map { $0 / 50 } ?? 6

    @Test(
        "after a storm of odd numbers a device that is right again is heard at once",
        arguments: ["unix", "unix_ms", "unix_us", "unix_ns", "senml"], 0..<rounds)
    func storms(format: String, round: Int) throws {
        let scales: [String: Int64] = ["unix": 1, "unix_ms": 1000, "unix_us": 1_000_000, "unix_ns": 1_000_000_000]
        let profile = format == "senml" ? EdgeSite.senml : EdgeSite.json(time: format)
        let bench = try PipelineBench(
            profile: profile, devices: EdgeSite.inventory, rules: EdgeSite.rules,
            settings: "flapping: { changes: 1000 }\n")
        let seed = UInt64(round) * 31 + UInt64(format.count)
        var random = SeededRandom(seed: seed)
        var number = 0
        func send(_ level: String, odds: Int) {
            number += 1
            bench.clock.advance(by: .seconds(10))
            bench.take(
                EdgeSite.message(
                    number, time: bench.clock.now().nanoseconds / 1_000_000_000, scale: scales[format], level: level
                ) {
                    Int.random(in: 0..<100, using: &random) < odds
                        ? EdgeNumbers.json.randomElement(using: &random) : nil
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
        #expect(
            last.to == "watch" && last.kind != "fell",
            "seed \(seed): \(events.map { "\($0.time) \($0.kind) \($0.from) → \($0.to)" })")
        let newest = try bench.stored().filter { $0.quantity == "water_level" }.suffix(7).map(\.reading.value)
        #expect(newest == [1, 1, 1, 1, 1, 1, 5], "seed \(seed)")
        #expect(last.time == raisedAt.description, "seed \(seed)")
    }
}
