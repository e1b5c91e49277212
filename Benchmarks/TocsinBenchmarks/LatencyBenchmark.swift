import Demo
import Foundation
import Logging
import MQTT
import POSIX
import Synchronization

/// From the publishing of a reading to the arrival of the escalation that it causes at an upstream broker's subscriber,
/// while 5,000 readings a second come in: both brokers' ways are in it.
enum LatencyBenchmark {
    static let perSecond = 5000
    static let seconds = 40
    static let sensors = 2000
    /// Every so many readings one is too hot.
    static let every = 100

    static func lines(tocsin: String) async throws -> [Line] {
        let bench = try EscalationBench(rule: "hot")
        let stopwatch = bench.stopwatch
        try await bench.start(tocsin, files: files(bench))
        try await publish(bench)
        let lost = try await bench.waitForEscalations()
        await bench.stop()
        let taken = stopwatch.taken
        guard lost == 0, !taken.isEmpty else {
            throw BenchmarkError("\(lost) of \(lost + taken.count) escalations did not arrive")
        }
        return [
            Line("reading to escalation at \(perSecond) readings/s, p50", stopwatch.quantile(0.5), "ms"),
            Line("reading to escalation at \(perSecond) readings/s, p99", stopwatch.quantile(0.99), "ms"),
            Line(
                "reading to escalation at \(perSecond) readings/s, p99.9 of \(taken.count)", stopwatch.quantile(0.999),
                "ms"),
        ]
    }

    private static func publish(_ bench: EscalationBench) async throws {
        let (publisher, stopwatch) = (try await bench.publisher(), bench.stopwatch)
        let begin = ContinuousClock.now
        let start = Int64(Date().timeIntervalSince1970 * 1000)
        for number in 0..<perSecond * seconds {
            let due = begin + .microseconds(number * 1_000_000 / perSecond)
            while ContinuousClock.now < due { usleep(200) }
            let sensor = number % sensors
            // Hot in one of its rounds, and cool again in the next.
            let round = number / sensors
            let isHot = number % every == round % every
            let payload = "{\"t\":\(start + Int64(number * 1000 / perSecond)),\"temperature\":\(isHot ? 95 : 20)}"
            if isHot { stopwatch.start(sensor) }
            try publisher.post(topic: "bench/d\(sensor)", payload: Array(payload.utf8))
        }
        while publisher.acknowledged < perSecond * seconds { try await Task.sleep(for: .milliseconds(5)) }
    }

    private static func files(_ bench: EscalationBench) -> [String: String] {
        [
            "profiles/bench.yaml": """
            profile: bench
            topic: bench/{device}
            time: { pointer: /t, format: unix_ms }
            interval: 1s
            silence: 1m
            readings: [ { quantity: temperature, pointer: /temperature, unit: degC } ]
            """,
            "site.yaml": "site: bench\ndevices:\n"
                + (0..<sensors).map { "  - { id: d\($0), profile: bench, kind: machine }\n" }.joined(),
            "rules/bench.yaml": """
            hazard: fire
            rules:
              - { name: hot, for_each: device, levels: { warning: temperature > 90 degC } }
              - { name: warm, for_each: device, levels: { warning: "mean(temperature, 5m) > 90 degC" } }
            """,
            "tocsin.yaml": """
            site: site.yaml
            profiles: profiles
            rules: rules
            broker: { host: 127.0.0.1, port: \(bench.broker.port), client_id: bench-latency }
            store: { path: data/t.db }
            destinations:
              - { name: up, kind: mqtt, topic: "up/{rule}/{kind}/{group}", broker: { host: 127.0.0.1, port: \(bench.upstream.port) } }
            """,
        ]
    }
}
