import CAllocations
import Devices
import Diagnostics
import Foundation
import QualityControl
import Telemetry

/// What the quality tests of a reading cost: all that a profile can set for a series, beside none.
///
/// A hundred series take turns, as those of a site do, so that no series finds its state in the nearest cache.
enum QualityBenchmark {
    private static let devices = 100
    private static let rounds = 10_000
    private static let all = """
        plausible: 0 m .. 20 m, quality: { expected: 0 m .. 15 m, \
        climatology: [ { months: 1 .. 12, expected: 0 m .. 18 m } ], spike: { suspect: 1 m, fail: 3 m }, \
        rate_of_change: { suspect: 1 m/min, fail: 3 m/min }, \
        flat_line: { suspect: 3h, fail: 12h, tolerance: 1 mm }, \
        attenuated_signal: { within: 6h, suspect: 2 mm, fail: 1 mm }, gap: 30m, timeliness: 15m, duplicate: true },
        """
    private static let single = [
        "range": "plausible: 0 m .. 20 m, quality: { expected: 0 m .. 15 m },",
        "season": "quality: { climatology: [ { months: 1 .. 12, expected: 0 m .. 18 m } ] },",
        "spike": "quality: { spike: { suspect: 1 m, fail: 3 m } },",
        "rate of change": "quality: { rate_of_change: { suspect: 1 m/min, fail: 3 m/min } },",
        "flat line": "quality: { flat_line: { suspect: 3h, fail: 12h, tolerance: 1 mm } },",
        "attenuated signal, range": "quality: { attenuated_signal: { within: 6h, suspect: 2 mm, fail: 1 mm } },",
        "attenuated signal, deviation":
            "quality: { attenuated_signal: { within: 6h, suspect: 2 mm, fail: 1 mm, measure: deviation } },",
    ]

    static func lines() throws -> [Line] {
        let none = try measure("")
        let tested = try measure(all)
        var lines = [
            Line("judge a reading, without tests", none.time, "ns"),
            Line("judge a reading, all tests of it (limit: 60 ns)", tested.time - none.time, "ns", reference: 60),
            Line("judge a reading, all tests: allocations", tested.allocations, "per reading"),
        ]
        for (name, settings) in single.sorted(by: { $0.key < $1.key }) {
            lines.append(Line("judge a reading, \(name) alone", try measure(settings).time - none.time, "ns"))
        }
        return lines
    }

    private static func measure(_ settings: String) throws -> (time: Double, allocations: Double) {
        let list = (0..<devices).map { "{ id: d\($0), profile: p }" }.joined(separator: ", ")
        let site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: s\ndevices: [ \(list) ]\n"),
            profiles: [
                SourceFile(
                    name: "p.yaml",
                    text: """
                        profile: p
                        topic: t/{device}
                        interval: 1m
                        readings: [ { quantity: water_level, pointer: /l, \(settings) unit: m } ]

                        """)
            ])
        var stage = QualityStage(site) { device, _ in SeriesID(index: Int32(device.dropFirst()) ?? -1) }
        var message = DecodedMessage()
        var readings: [Reading] = []
        var moment = Instant(nanoseconds: 1_767_225_600_000_000_000)
        var random = UInt64(1)
        var kept = 0
        func judge(_ rounds: Int) {
            for round in 0..<rounds {
                moment = moment + .minutes(1)
                let wave = Double(round % 720) * 0.01
                for device in 0..<Int32(devices) {
                    // A linear congruential generator, whose constants are Knuth's.
                    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    let noise = Double(random >> 40) * 1e-9
                    readings.removeAll(keepingCapacity: true)
                    readings.append(
                        Reading(series: SeriesID(index: device), time: moment, value: 3 + wave + noise))
                    _ = stage.judge(&readings, of: &message, isRetained: false)
                    kept += readings.count
                }
            }
        }
        judge(1500)
        kept = 0
        let (before, start) = (tocsin_allocation_count(), CPUTime.own)
        judge(rounds)
        let time = (CPUTime.own - start) / Double(rounds * devices) * 1e9
        guard kept >= rounds * devices else { throw BenchmarkError("\(kept) readings came out") }
        return (time, Double(tocsin_allocation_count() - before) / Double(rounds * devices))
    }
}
