import Demo
import Foundation
import Logging
import MQTT
import POSIX
import Synchronization

/// A gateway between a broker of sensors and one upstream, and how long the escalations of one rule take on their way.
final class EscalationBench {
    let broker: LocalBroker
    let upstream: LocalBroker
    let stopwatch = Stopwatch()
    private let folder: String
    private let subscriber: Subscriber
    private var gateway: Subprocess?
    private let quiet = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }

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

    /// - Parameter rule: the rule whose raises end the time of a sensor; its groups are a letter and the sensor's
    ///   number.
    init(rule: String) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tocsin-bench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder + "/upstream", withIntermediateDirectories: true)
        broker = try LocalBroker(folder: folder)
        upstream = try LocalBroker(folder: folder + "/upstream")
        subscriber = try Subscriber(
            upstream.settings("bench-upstream"), filters: ["up/\(rule)/raised/#"], logger: quiet
        ) {
            [stopwatch] topic, _ in
            let words = topic.split(separator: "/")
            if let number = words.last.flatMap({ Int($0.dropFirst()) }) { stopwatch.stop(number) }
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var storePath: String { folder + "/data/t.db" }

    /// Writes the gateway's files, starts it, and waits until it is connected.
    func start(_ executable: String, files: [String: String]) async throws {
        for (path, text) in files {
            let file = URL(fileURLWithPath: folder + "/" + path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let log = folder + "/gateway.log"
        gateway = try Subprocess(executable, ["run", "--config", folder + "/tocsin.yaml"], output: log, errors: log)
        for _ in 0..<1000 {
            if (try? String(contentsOfFile: log, encoding: .utf8))?.contains("connected to the broker") == true {
                break
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        try await Task.sleep(for: .milliseconds(500))
    }

    /// A connection for the sensors.
    func publisher() async throws -> Publisher {
        let publisher = try Publisher(broker.settings("bench-publisher"), logger: quiet)
        publisher.start()
        while !publisher.isConnected { try await Task.sleep(for: .milliseconds(5)) }
        return publisher
    }

    /// Returns how many have not come within ten seconds.
    func waitForEscalations() async throws -> Int {
        for _ in 0..<1000 where stopwatch.waiting > 0 { try await Task.sleep(for: .milliseconds(10)) }
        return stopwatch.waiting
    }

    /// Stops the gateway; its store stays as long as the bench.
    func stop() async {
        gateway?.signal(SIGTERM)
        gateway?.wait()
        await subscriber.stop()
    }
}
