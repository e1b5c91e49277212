import Foundation
import Logging
import MQTT
import Store
import TestSupport
import Testing

/// What the gateway subscribes to, what the broker makes of that, and what it says about lost messages.
@Suite(.serialized) struct SubscriptionTests {
    @Test(
        "a refused subscription is an alarm that names the filter and the reason, and that ends when the broker grants it",
        arguments: [("5", 0x87, "Not authorized (0x87)"), ("3.1.1", 0x80, "MQTT 3.1.1 gives no reason")]
            as [(String, UInt8, String)])
    func refused(version: String, code: UInt8, reason: String) async throws {
        let broker = try ScriptedBroker(.refusesFilters(code, prefix: "test/"))
        let gateway = try GatewayProcess(brokerPort: broker.port, broker: ", protocol: \(version)", health: "1s")
        try await gateway.startConnected()
        func events() throws -> [StoreReader.Event] {
            try StoreReader(path: gateway.storePath).events(after: 0, since: nil).filter {
                $0.rule == "gateway-subscription-refused"
            }
        }
        try await eventually("it is raised: \(gateway.log)") { try !events().isEmpty }
        #expect(
            try events().first?.summary
                == "the broker refuses 1 of the gateway's subscriptions, 3 sensors are not heard: test/+ (\(reason))")
        #expect(
            gateway.log.contains("the broker refuses the subscription of test/+, asking again now and then: \(reason)"))
        broker.behave(.right)
        try await eventually(within: 40, "it ends: \(gateway.log)") { try events().last?.to == "normal" }
        #expect(gateway.connections == 1)
        #expect(gateway.stop() == 0)
    }

    @Test("overlapping topics bring each message once, also in a session that an earlier run left")
    func overlapping() async throws {
        let broker = try RealBroker(isPersistent: true)
        let earlier = try Subscriber(
            broker.settings("gateway"), filters: ["test/+", "test/old"],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { _, _ in }
        try await Task.sleep(for: .milliseconds(500))
        await earlier.stop()
        let gateway = try GatewayProcess(brokerPort: broker.port, devices: 1)
        func site(_ topics: [String]) throws {
            let devices = topics.enumerated().map { number, topic in
                "  - { id: own\(number), profile: test, topic: \(topic), kind: gauge, station: own\(number), position: { latitude: 47, longitude: \(number) } }\n"
            }
            try gateway.folder.write("site.yaml", SmallSite.inventory(1) + devices.joined())
        }
        try site(["test/old", "other/old"])
        try await gateway.startConnected()
        try await eventually("what is needless is left: \(gateway.log)") {
            gateway.log.contains("no longer subscribed to test/old")
        }
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        for number in 0..<50 {
            for topic in ["test/old", "test/d1", "other/old"] {
                try await sensor.publisher.publish(topic: topic, payload: Sensor.payload(0.5, at: now + Int64(number)))
            }
        }
        try await eventually("all are stored") { try StoreReader(path: gateway.storePath).count(.reading) >= 150 }
        try await Task.sleep(for: .milliseconds(300))
        #expect(try StoreReader(path: gateway.storePath).count(.reading) == 150)
        #expect(gateway.stop() == 0)
        // A device that is gone while the gateway does not run.
        try site(["test/old"])
        try await gateway.startConnected()
        try await eventually("its topic is left: \(gateway.log)") {
            gateway.log.contains("no longer subscribed to other/old")
        }
        #expect(gateway.stop() == 0)
    }

    @Test(
        "what the broker throws away while the gateway is away is counted, also after a crash soon after the first connection"
    )
    func dropped() async throws {
        let broker = try RealBroker(options: "sys_interval 1\nmax_queued_messages 10\nmax_inflight_messages 20")
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try await gateway.startConnected()
        try await eventually("the broker's count is known") {
            try StoreReader(path: gateway.storePath).count(.reading) == 1
        }
        gateway.kill()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        for number in 0..<100 { try await sensor.send(0.5, at: now + Int64(number)) }
        let path = gateway.folder.file("tocsin.yaml")
        let often = try String(contentsOfFile: path, encoding: .utf8).replacingOccurrences(
            of: "every: 1h", with: "every: 1s")
        try gateway.folder.write("tocsin.yaml", often)
        try await gateway.startConnected()
        try await eventually("the loss is an alarm: \(gateway.log)") {
            try StoreReader(path: gateway.storePath).alarms().contains { $0.rule == "gateway-messages-dropped" }
        }
        #expect(gateway.stop() == 0)
    }
}
