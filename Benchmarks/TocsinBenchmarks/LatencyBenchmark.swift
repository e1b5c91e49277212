import Foundation
import Logging
import MQTT
import Programs
import Scenario
import Synchronization

/// From the publishing of a reading to the arrival of the escalation that it causes at an upstream broker's subscriber,
/// while 5,000 readings a second come in: both brokers' ways are in it.
enum LatencyBenchmark {
    static let perSecond = 5000
    static let seconds = 40
    static let sensors = 2000
    /// Every so many readings one is too hot.
    static let every = 100

    /// What was sent when, by the sensor's number, and how long its escalation took.
    final class Stopwatch: Sendable {
        private let state = Mutex((sent: [Int: Double](), taken: [Double]()))

        func start(_ sensor: Int) { state.withLock { $0.sent[sensor] = now() } }
        func stop(_ sensor: Int) {
            let end = now()
            state.withLock { state in
                guard let start = state.sent.removeValue(forKey: sensor) else { return }
                state.taken.append(end - start)
            }
        }

        var waiting: Int { state.withLock { $0.sent.count } }
        var taken: [Double] { state.withLock { $0.taken.sorted() } }

        /// A quantile of what has been taken, in milliseconds.
        func quantile(_ share: Double) -> Double {
            let taken = taken
            return taken.isEmpty ? .nan : taken[min(taken.count - 1, Int(Double(taken.count) * share))] * 1000
        }

        private func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
        }
    }

    static func lines(tocsin: String) async throws -> [Line] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tocsin-bench-\(UUID().uuidString)").path
        let upstreamFolder = folder + "/upstream"
        try FileManager.default.createDirectory(atPath: upstreamFolder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (broker, upstream) = (try LocalBroker(folder: folder), try LocalBroker(folder: upstreamFolder))
        let stopwatch = Stopwatch()
        let quiet = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let subscriber = try Subscriber(upstream.settings("bench-upstream"), filters: ["up/hot/raised/#"], logger: quiet) { topic, _ in
            let words = topic.split(separator: "/")
            if let number = words.last.flatMap({ Int($0.dropFirst()) }) { stopwatch.stop(number) }
        }
        let gateway = try await start(tocsin, broker, upstream, folder)
        try await publish(to: broker, stopwatch)
        for _ in 0..<1000 where stopwatch.waiting > 0 { try await Task.sleep(for: .milliseconds(10)) }
        let lost = stopwatch.waiting
        gateway.signal(SIGTERM)
        gateway.wait()
        await subscriber.stop()
        let taken = stopwatch.taken
        guard lost == 0, !taken.isEmpty else { throw BenchmarkError("\(lost) of \(lost + taken.count) escalations did not arrive") }
        return [
            Line("reading to escalation at \(perSecond) readings/s, p50", stopwatch.quantile(0.5), "ms"),
            Line("reading to escalation at \(perSecond) readings/s, p99", stopwatch.quantile(0.99), "ms"),
            Line("reading to escalation at \(perSecond) readings/s, p99.9 of \(taken.count)", stopwatch.quantile(0.999), "ms"),
        ]
    }

    private static func publish(to broker: LocalBroker, _ stopwatch: Stopwatch) async throws {
        let publisher = try Publisher(broker.settings("bench-publisher"), logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        try publisher.start()
        while !publisher.isConnected { try await Task.sleep(for: .milliseconds(5)) }
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

    private static func start(_ executable: String, _ broker: LocalBroker, _ upstream: LocalBroker, _ folder: String) async throws
        -> ChildProcess
    {
        try await start(
            executable, folder,
            files: [
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
                broker: { host: 127.0.0.1, port: \(broker.port), client_id: bench-latency }
                store: { path: data/t.db }
                destinations:
                  - { name: up, kind: mqtt, topic: "up/{rule}/{kind}/{group}", broker: { host: 127.0.0.1, port: \(upstream.port) } }
                """,
            ])
    }

    /// Writes a gateway's files, starts it, and waits until it is connected.
    static func start(_ executable: String, _ folder: String, files: [String: String]) async throws -> ChildProcess {
        for (path, text) in files {
            let file = URL(fileURLWithPath: folder + "/" + path)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let log = folder + "/gateway.log"
        let child = try ChildProcess(executable, ["run", "--config", folder + "/tocsin.yaml"], output: log, errors: log)
        for _ in 0..<1000 {
            if (try? String(contentsOfFile: log, encoding: .utf8))?.contains("connected to the broker") == true { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        try await Task.sleep(for: .milliseconds(500))
        return child
    }
}
