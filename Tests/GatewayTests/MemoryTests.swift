import Foundation
import Store
import TestSupport
import Testing

/// How much memory the gateway's process takes at most, for inputs that are large on purpose.
///
/// Ten times as much, and more, with `TOCSIN_MEMORY_TIMES=40`, which wants a release build:
/// `TOCSIN=.build-release/release/tocsin`.
@Suite struct MemoryTests {
    private static let times = ProcessInfo.processInfo.environment["TOCSIN_MEMORY_TIMES"].flatMap { Int($0) } ?? 1
    private static let limit = 200

    enum Input: String, CaseIterable {
        /// Messages of a hundred thousand samples each.
        case arrays
        /// The same while nothing can be stored.
        case arraysOnFullDisk
        /// Large payloads that cannot be read, while nothing can be stored.
        case refusedOnFullDisk
    }

    @Test(
        "whatever comes in, the process takes less than 200 MB", .enabled(if: SmallDisk.isPossible),
        arguments: Input.allCases)
    func peak(input: Input) async throws {
        let broker = try RealBroker(options: "max_queued_messages 0\nmax_inflight_messages 20\n")
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try gateway.folder.write(
            "profiles/test.yaml",
            """
            profile: test
            topic: test/{device}
            interval: 1m
            silence: 10m
            readings:
              - { quantity: acceleration_x, unit: m/s2, samples: { pointer: /x, rate: 1000 Hz, time: last } }
              - { quantity: water_level, pointer: /level, unit: m }
            """)
        try gateway.folder.write(
            "rules/rules.yaml",
            """
            hazard: flood
            rules: [ { name: high, for_each: device, levels: { watch: water_level > 99 m } } ]
            """)
        let disk = input == .arrays ? nil : try SmallDisk(at: gateway.folder.file("data"))
        try await gateway.startConnected()
        let publisher = try await Sensor(broker).publisher
        if let disk {
            disk.fill()
            try publisher.post(topic: "test/d2", payload: Array("{\"x\":[1,2,3]}".utf8))
            for _ in 0..<400 where !gateway.log.contains("the store takes no readings") {
                disk.fill()
                try publisher.post(
                    topic: "test/d2", payload: Array("{\"x\":[\(String(repeating: "1,", count: 2000))1]}".utf8))
                try await Task.sleep(for: .milliseconds(20))
            }
            try #require(gateway.log.contains("the store takes no readings"))
        }
        let isRefused = input == .refusedOnFullDisk
        let payload =
            isRefused ? String(repeating: "x", count: 250_000) : "{\"x\":[\(String(repeating: "1,", count: 100_000))2]}"
        let count = (isRefused ? 40 : 3) * Self.times
        for _ in 0..<count { try publisher.post(topic: "test/d1", payload: Array(payload.utf8)) }
        if input == .arrays {
            try await eventually(within: 240, "all samples are stored") {
                try StoreReader(path: gateway.storePath).newestReadingNumber() >= count * 100_001
            }
        } else {
            // As long as something comes in: what is not acknowledged waits at the broker.
            try await Task.sleep(for: .seconds(5))
        }
        let peak = try #require(gateway.peakMegabytes)
        print("\(input): \(count) messages of \(payload.utf8.count) bytes, at most \(peak) MB")
        #expect(peak < Self.limit)
        #expect(gateway.isRunning)
        gateway.kill()
    }
}
