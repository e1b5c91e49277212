import Demo
import Foundation
import Logging
import MQTT
import POSIX
import Store

/// The whole gateway, as a process of its own against a real broker, beside a subscriber that only counts.
enum GatewayBenchmark {
    static let messages = 200_000
    static let devices = 200

    static func lines(tocsin: String, subscriber: String) async throws -> [Line] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tocsin-bench-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let broker = try LocalBroker(folder: folder)
        let bare = try await measureSubscriber(subscriber, broker, folder)
        let gateway = try await measureGateway(tocsin, broker, folder)
        let slow = try await measureTrickle(tocsin, broker, folder)
        return [
            Line(
                "gateway throughput (reference: subscriber that counts)", Double(messages) / gateway.seconds,
                "messages/s",
                reference: Double(messages) / bare.seconds),
            Line(
                "gateway CPU per message (reference: the same)", gateway.cpu / Double(messages) * 1e6, "µs",
                reference: bare.cpu / Double(messages) * 1e6),
            Line("bytes to disk per reading, at full speed", gateway.bytes / Double(messages), "bytes"),
            Line("bytes to disk per reading, at 200 readings/s", slow, "bytes"),
        ]
    }

    private static func publish(_ count: Int, to broker: LocalBroker, perSecond: Int? = nil) async throws {
        let publisher = try Publisher(
            broker.settings("bench-publisher"), logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        publisher.start()
        while !publisher.isConnected { try await Task.sleep(for: .milliseconds(5)) }
        let start = Int64(Date().timeIntervalSince1970 * 1000) - 3_600_000
        for number in 0..<count {
            // The publisher is no part of what is measured; it may not run far ahead of the broker either.
            while number - publisher.acknowledged > 2000 { usleep(500) }
            if let perSecond, number % 20 == 19 { try await Task.sleep(for: .seconds(20.0 / Double(perSecond))) }
            let payload =
                "{\"t\":\(start + Int64(number / devices) * 1000),\"temperature\":\(20 + Double(number % 97) / 10)}"
            try publisher.post(topic: "bench/d\(number % devices)", payload: Array(payload.utf8))
        }
        while publisher.acknowledged < count { try await Task.sleep(for: .milliseconds(1)) }
    }

    private static func measureSubscriber(_ executable: String, _ broker: LocalBroker, _ folder: String) async throws
        -> (
            seconds: Double, cpu: Double
        )
    {
        let output = folder + "/subscriber"
        let child = try Subprocess(executable, ["\(broker.port)", "bench/#", "\(messages)"], output: output)
        try await wait("the subscriber subscribes") { text(output).contains("subscribed") }
        let start = Date()
        try await publish(messages, to: broker)
        child.wait()
        let seconds = Date().timeIntervalSince(start)
        let cpu =
            text(output).split(separator: "\n").last.flatMap { Double($0.split(separator: " ").last ?? "") } ?? .nan
        return (seconds, cpu)
    }

    private static func measureGateway(_ executable: String, _ broker: LocalBroker, _ folder: String) async throws -> (
        seconds: Double, cpu: Double, bytes: Double
    ) {
        let (child, store) = try await startGateway(executable, broker, folder, name: "full")
        let (cpu, bytes) = (CPUTime.of(child.identifier), DiskBytes.written(by: child.identifier))
        let start = Date()
        try await publish(messages, to: broker)
        try await wait("all readings are stored") { try StoreReader(path: store).count(.reading) >= messages }
        let seconds = Date().timeIntervalSince(start)
        let result = (seconds, CPUTime.of(child.identifier) - cpu, DiskBytes.written(by: child.identifier) - bytes)
        child.signal(SIGTERM)
        child.wait()
        return result
    }

    /// What an SD card sees at the pace of a site: with the default delay of a commit.
    private static func measureTrickle(_ executable: String, _ broker: LocalBroker, _ folder: String) async throws
        -> Double
    {
        let (child, store) = try await startGateway(executable, broker, folder, name: "slow")
        let bytes = DiskBytes.written(by: child.identifier)
        let count = 2000
        try await publish(count, to: broker, perSecond: 200)
        try await wait("all readings are stored") { try StoreReader(path: store).count(.reading) >= count }
        child.signal(SIGTERM)
        // Read before it is reaped, after it has checkpointed all but the last pages.
        let written = DiskBytes.written(by: child.identifier) - bytes
        child.wait()
        return written / Double(count)
    }

    private static func startGateway(_ executable: String, _ broker: LocalBroker, _ folder: String, name: String)
        async throws -> (
            Subprocess, String
        )
    {
        let list = (0..<devices).map { "  - { id: d\($0), profile: bench, kind: machine }\n" }.joined()
        let files = [
            "profiles/bench.yaml":
                """
            profile: bench
            topic: bench/{device}
            time: { pointer: /t, format: unix_ms }
            interval: 1s
            readings: [ { quantity: temperature, pointer: /temperature, unit: degC } ]
            """,
            "site.yaml": "site: bench\ndevices:\n" + list,
            "rules/bench.yaml":
                """
            hazard: fire
            rules:
              - { name: hot, for_each: device, levels: { warning: "mean(temperature, 5m) > 90 degC" } }
              - { name: steep, for_each: device, levels: { warning: "slope(temperature, 5m) > 900 K/h" } }
            """,
            "\(name).yaml":
                """
            site: site.yaml
            profiles: profiles
            rules: rules
            broker: { host: 127.0.0.1, port: \(broker.port), client_id: bench-\(name) }
            store: { path: \(name)/t.db }
            """,
        ]
        for (path, text) in files {
            let file = URL(fileURLWithPath: folder + "/" + path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let log = folder + "/\(name).log"
        let child = try Subprocess(
            executable, ["run", "--config", folder + "/\(name).yaml"], output: log, errors: log)
        try await wait("the gateway connects") { text(log).contains("connected to the broker") }
        try await Task.sleep(for: .milliseconds(300))
        return (child, folder + "/\(name)/t.db")
    }

    private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    private static func wait(_ what: String, _ condition: () throws -> Bool) async throws {
        for _ in 0..<12_000 {
            if try condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw BenchmarkError("not within two minutes: \(what)")
    }
}
