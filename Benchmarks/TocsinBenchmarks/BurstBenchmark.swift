import Foundation
import MQTT

/// Every sensor of a large site raises an alarm at once, as after an earthquake: how long it takes until a destination
/// that takes them has been told of the last one, each by itself and grouped as a flood.
enum BurstBenchmark {
    static let alarms = 10_000

    static func lines(tocsin: String) async throws -> [Line] {
        let bench = try EscalationBench(rule: "gas")
        let stopwatch = bench.stopwatch
        try await bench.start(tocsin, files: files(bench))
        let publisher = try await bench.publisher()
        let begin = ContinuousClock.now
        let start = Int64(Date().timeIntervalSince1970 * 1000)
        for head in 0..<alarms {
            stopwatch.start(head)
            try publisher.post(topic: "gas/g\(head)", payload: Array("{\"t\":\(start),\"lel\":40}".utf8))
        }
        var lost = try await bench.waitForEscalations()
        for _ in 0..<9 where lost > 0 { lost = try await bench.waitForEscalations() }
        let taken = begin.duration(to: .now) / .seconds(1)
        await bench.stop()
        guard lost == 0 else { throw BenchmarkError("\(lost) of \(alarms) escalations did not arrive") }
        return [
            Line("burst: \(alarms) alarms at once, the last one told after", taken, "s"),
            Line("burst: half of them told after", stopwatch.quantile(0.5) / 1000, "s"),
        ]
    }

    private static func files(_ bench: EscalationBench) -> [String: String] {
        [
            "profiles/gas.yaml": """
            profile: gas
            topic: gas/{device}
            time: { pointer: /t, format: unix_ms }
            interval: 1m
            silence: 1h
            readings: [ { quantity: methane, pointer: /lel, unit: "%LEL" } ]
            """,
            "site.yaml": "site: bench\ndevices:\n" + (0..<alarms).map { "  - { id: g\($0), profile: gas }\n" }.joined(),
            "rules/bench.yaml": """
            hazard: gas
            rules:
              - { name: gas, for_each: device, levels: { warning: methane > 20 %LEL } }
            """,
            "tocsin.yaml": """
            site: site.yaml
            profiles: profiles
            rules: rules
            broker: { host: 127.0.0.1, port: \(bench.broker.port), client_id: bench-burst }
            store: { path: data/t.db }
            destinations:
              - { name: up, kind: mqtt, topic: "up/{rule}/{kind}/{group}", broker: { host: 127.0.0.1, port: \(bench.upstream.port) } }
            """,
        ]
    }
}
