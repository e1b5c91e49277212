import Foundation
import MQTT
import Store

/// Twice as much as can be evaluated: waves of samples come at QoS 0, a gas head beside them at QoS 1, and how long its
/// escalations take is measured.
enum OverloadBenchmark {
    static let sensors = 200
    /// Samples in a message: enough that the gateway, and not the broker, is what cannot do more.
    static let samples = 400
    static let seconds = 20

    static func lines(tocsin: String) async throws -> [Line] {
        let bench = try EscalationBench(rule: "gas")
        let stopwatch = bench.stopwatch
        try await bench.start(tocsin, files: files(bench))
        let publisher = try await bench.publisher()
        let sustained = try await sustainedRate(publisher, store: bench.storePath)
        let offered = sustained * 2
        try await overload(publisher, stopwatch, perSecond: offered)
        let lost = try await bench.waitForEscalations()
        // The last report tells what was passed over since the one before.
        try await Task.sleep(for: .seconds(2))
        await bench.stop()
        guard lost == 0 else { throw BenchmarkError("\(lost) escalations did not arrive under overload") }
        var shed = 0.0
        var worst = 0.0
        try StoreReader(path: bench.storePath).forEachReading { device, quantity, reading in
            guard device == "gateway" else { return }
            if quantity == "shed_messages" { shed += reading.value }
            if quantity == "evaluation_delay" { worst = max(worst, reading.value) }
        }
        return [
            Line("overload: messages of \(samples) samples a second that are evaluated and stored", sustained, "1/s"),
            Line("overload: messages a second offered at QoS 0", offered, "1/s"),
            Line("overload: share of them passed over", shed / (offered * Double(seconds)), ""),
            Line("overload: longest time without having read everything", worst, "s"),
            Line("overload: reading at QoS 1 to escalation, p50", stopwatch.quantile(0.5), "ms"),
            Line(
                "overload: reading at QoS 1 to escalation, p99 of \(stopwatch.taken.count)", stopwatch.quantile(0.99),
                "ms"),
            Line("overload: the slowest", stopwatch.quantile(1), "ms"),
        ]
    }

    private static let values = (0..<samples).map { "\(Double($0 * 37 % 200) / 10)" }.joined(separator: ",")
    private static let start = Int64(Date().timeIntervalSince1970 * 1000)

    /// Each sensor's samples follow one another without a gap, 400 in 4 ms.
    private static func wave(_ number: Int) -> (topic: String, payload: [UInt8]) {
        ("wave/w\(number % sensors)", Array("{\"t\":\(start + Int64(number / sensors * 4)),\"x\":[\(values)]}".utf8))
    }

    /// Messages a second, with acknowledgements holding back what is too much.
    private static func sustainedRate(_ publisher: Publisher, store: String) async throws -> Double {
        let count = 4000
        let begin = ContinuousClock.now
        for number in 0..<count {
            let (topic, payload) = wave(number)
            try publisher.post(topic: topic, payload: payload)
            while publisher.acknowledged < number - 500 { usleep(200) }
        }
        let reader = try StoreReader(path: store)
        while try reader.newestReadingNumber() < count * samples { try await Task.sleep(for: .milliseconds(50)) }
        let taken = begin.duration(to: .now)
        return Double(count) / (Double(taken.components.seconds) + Double(taken.components.attoseconds) * 1e-18)
    }

    private static func overload(_ publisher: Publisher, _ stopwatch: EscalationBench.Stopwatch, perSecond: Double)
        async throws
    {
        let begin = ContinuousClock.now
        let total = Int(perSecond * Double(seconds))
        var alarms = 0
        for number in 0..<total {
            let due = begin + .nanoseconds(Int64(Double(number) * 1e9 / perSecond))
            while ContinuousClock.now < due { usleep(100) }
            let (topic, payload) = wave(4000 + number)
            try publisher.post(topic: topic, payload: payload, qos: 0)
            // Twenty times a second a gas head says that there is gas, or no longer.
            if number % max(1, Int(perSecond / 20)) == 0 {
                let head = alarms / 2 % 50
                let isGas = alarms % 2 == 0
                if isGas { stopwatch.start(head) }
                let now = Int64(Date().timeIntervalSince1970 * 1000)
                try publisher.post(
                    topic: "gas/g\(head)", payload: Array("{\"t\":\(now),\"lel\":\(isGas ? 40 : 1)}".utf8))
                alarms += 1
            }
        }
    }

    private static func files(_ bench: EscalationBench) -> [String: String] {
        [
            "profiles/wave.yaml": """
            profile: wave
            topic: wave/{device}
            time: { pointer: /t, format: unix_ms }
            interval: 1s
            silence: 1m
            readings: [ { quantity: acceleration_x, unit: Gal, samples: { pointer: /x, rate: 100000 Hz, time: last } } ]
            """,
            "profiles/gas.yaml": """
            profile: gas
            topic: gas/{device}
            time: { pointer: /t, format: unix_ms }
            interval: 1s
            silence: 1m
            readings: [ { quantity: methane, pointer: /lel, unit: "%LEL" } ]
            """,
            "site.yaml": "site: bench\ndevices:\n"
                + (0..<sensors).map { "  - { id: w\($0), profile: wave }\n" }.joined()
                + (0..<50).map { "  - { id: g\($0), profile: gas }\n" }.joined(),
            "rules/bench.yaml": """
            hazard: earthquake
            rules:
              - name: shaking
                for_each: device
                levels: { watch: "stddev(acceleration_x, 10s) > 100 Gal" }
              - { name: gas, hazard: gas, for_each: device, levels: { warning: methane > 20 %LEL } }
            """,
            "tocsin.yaml": """
            site: site.yaml
            profiles: profiles
            rules: rules
            health: { every: 1s }
            flapping: { changes: 1000, within: 1m }
            broker: { host: 127.0.0.1, port: \(bench.broker.port), client_id: bench-overload }
            store: { path: data/t.db }
            destinations:
              - { name: up, kind: mqtt, topic: "up/{rule}/{kind}/{group}", broker: { host: 127.0.0.1, port: \(bench.upstream.port) } }
            """,
        ]
    }
}
