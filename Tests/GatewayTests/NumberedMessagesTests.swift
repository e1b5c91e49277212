import Foundation
import Store
import Telemetry
import TestSupport
import Testing

/// Message numbers and devices' clocks with a real broker, a real store and a gateway that is killed.
@Suite(.serialized) struct NumberedMessagesTests {
    private static func stored(_ gateway: GatewayProcess, _ quantity: String) throws -> [Double] {
        guard FileManager.default.fileExists(atPath: gateway.storePath) else { return [] }
        var values: [Double] = []
        try StoreReader(path: gateway.storePath).forEachReading { _, name, reading in
            if name == quantity { values.append(reading.value) }
        }
        return values
    }

    private static func publish(_ sensor: Sensor, _ number: Int64, level: Double = 1, offset: Int64 = 0) async throws {
        let payload = "{\"t\":\(Sensor.nowMilliseconds + offset),\"level\":\(level),\"n\":\(number)}"
        try await sensor.publisher.publish(topic: "test/d1", payload: Array(payload.utf8))
    }

    @Test(
        "numbers are known after a kill, a stop and a reload: copies bring no reading, and what is missing across them is counted"
    )
    func survival() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try gateway.folder.write("profiles/test.yaml", SmallSite.profile + "\nsequence: /n\n")
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        func count() throws -> Int { try Self.stored(gateway, "water_level").count }
        for number in 5...7 as ClosedRange<Int64> { try await Self.publish(sensor, number) }
        try await eventually("three are stored") { try count() == 3 }
        gateway.kill()
        try await gateway.startConnected()
        // A copy, one that is new, and one is missing between.
        for number in [7, 6, 9] as [Int64] { try await Self.publish(sensor, number) }
        try await eventually("one more is stored") { try count() == 4 }
        #expect(gateway.stop() == 0)
        try await gateway.startConnected()
        for number in [9, 5, 12] as [Int64] { try await Self.publish(sensor, number) }
        try await eventually("one more is stored") { try count() == 5 }
        let reloads = gateway.log.components(separatedBy: "devices and rules reloaded").count
        gateway.signal(SIGHUP)
        try await eventually("it is reloaded") {
            gateway.log.components(separatedBy: "devices and rules reloaded").count > reloads
        }
        // A copy, a late one, and a new one.
        for number in [12, 11, 14] as [Int64] { try await Self.publish(sensor, number) }
        try await eventually("two more are stored") { try count() == 7 }
        #expect(gateway.stop() == 0)
        #expect(try Self.stored(gateway, "water_level").count == 7)
        #expect(try Self.stored(gateway, "missing_messages").sorted() == [-1, 0, 0, 1, 1, 2])
    }

    @Test(
        "a clock that falls back leaves its device evaluated, and an alarm names the device until the clock is right",
        arguments: [
            -56 * 365 * 86_400_000, -3_600_000, -1024 * 7 * 86_400_000,
        ] as [Int64])
    func clock(back: Int64) async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(
            brokerPort: broker.port,
            rules:
                "hazard: flood\nrules:\n  - { name: high, for_each: station, levels: { warning: water_level > 3 m } }\n"
        )
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        func active() throws -> [String] {
            try StoreReader(path: gateway.storePath).alarms().filter { $0.cleared == nil }.map {
                "\($0.rule)/\($0.group)"
            }.sorted()
        }
        try await Self.publish(sensor, 0)
        for _ in 0..<6 {
            try await Task.sleep(for: .milliseconds(400))
            try await Self.publish(sensor, 0, level: 5, offset: back)
        }
        try await eventually("both are raised: \((try? active()) ?? [])") {
            try active() == ["device-clock/d1", "high/s1"]
        }
        // What is known of the clock is known after a kill.
        gateway.kill()
        try await gateway.startConnected()
        try await Self.publish(sensor, 0, level: 1, offset: back)
        try await eventually("the fall is evaluated: \((try? active()) ?? [])") { try active() == ["device-clock/d1"] }
        try await Self.publish(sensor, 0, level: 1)
        try await eventually("the clock is right: \((try? active()) ?? [])") { try active() == [] }
        #expect(gateway.stop() == 0)
    }

    @Test("over 30 kills every numbered message is stored once, though all look alike, and none is missing")
    func kills() async throws {
        let broker = try RealBroker(isPersistent: true)
        let gateway = try GatewayProcess(brokerPort: broker.port, broker: ", protocol: 5")
        try gateway.folder.write("profiles/test.yaml", SmallSite.profile + "\nsequence: /n\n")
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let seed: UInt64 = 30
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        var published = 0
        for round in 0..<30 {
            for _ in 0..<40 {
                try sensor.publisher.post(
                    topic: "test/d1", payload: Array("{\"level\":1,\"n\":\"\(65_000 + published)\"}".utf8))
                published += 1
            }
            try await Task.sleep(for: .microseconds(Int.random(in: 0...25_000, using: &random)))
            gateway.kill()
            if round % 10 == 9 { try await gateway.startConnected() } else { try gateway.start() }
            try await Task.sleep(for: .milliseconds(Int.random(in: 30...120, using: &random)))
        }
        try await eventually(within: 60, "all \(published) are stored") {
            try Self.stored(gateway, "water_level").count >= published
        }
        #expect(gateway.stop() == 0)
        #expect(try Self.stored(gateway, "water_level").count == published)
        #expect(try Self.stored(gateway, "missing_messages") == Array(repeating: 0, count: published - 1))
    }
}
