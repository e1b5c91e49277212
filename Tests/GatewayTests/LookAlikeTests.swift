import Foundation
import POSIX
import Store
import TestSupport
import Testing

/// Messages that look alike, and messages that the broker sends again. What is published and what is stored is counted.
@Suite(.serialized) struct LookAlikeTests {
    private static let rain = """
        hazard: flood
        rules:
          - name: cloudburst
            for_each: station
            levels: { warning: "sum(water_level, 1h) > 150 m" }

        """

    @Test(
        "of many messages that are the same to the last byte each is stored and evaluated, live and from the broker's queue",
        arguments: ["{\"level\":1}", "{\"t\":\(Sensor.nowMilliseconds / 60_000 * 60_000 - 60_000),\"level\":1}"])
    func bursts(payload: String) async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port, rules: Self.rain)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        func send(_ count: Int) async throws {
            for _ in 1..<count { try sensor.publisher.post(topic: "test/d1", payload: Array(payload.utf8)) }
            try await sensor.publisher.publish(topic: "test/d1", payload: Array(payload.utf8))
        }
        try await send(100)
        try await eventually("all are stored") { try StoreReader(path: gateway.storePath).count(.reading) == 100 }
        #expect(gateway.stop() == 0)
        #expect(try StoreReader(path: gateway.storePath).alarms().isEmpty)
        try await send(100)
        try await gateway.startConnected()
        try await eventually("so are those that waited") {
            try StoreReader(path: gateway.storePath).count(.reading) >= 200
        }
        #expect(gateway.stop() == 0)
        let reader = try StoreReader(path: gateway.storePath)
        #expect(try reader.count(.reading) == 200)
        // 200 m, and not as much as each of them would say alone.
        #expect(try reader.alarms().map(\.level) == ["warning"])
    }

    @Test("what waited at the broker without a time of its own is evaluated in the order in which it was sent")
    func order() async throws {
        let rules = """
            hazard: flood
            rules:
              - name: surge
                for_each: station
                levels: { warning: "water_level > 3 m then water_level < 1 m within 1h" }

            """
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port, rules: rules)
        try await gateway.startConnected()
        #expect(gateway.stop() == 0)
        let sensor = try await Sensor(broker)
        for level in [4, 0.5] {
            try await sensor.publisher.publish(topic: "test/d1", payload: Array("{\"level\":\(level)}".utf8))
        }
        for level in [0.5, 4] {
            try await sensor.publisher.publish(topic: "test/d2", payload: Array("{\"level\":\(level)}".utf8))
        }
        try await gateway.startConnected()
        try await eventually("all are stored") { try StoreReader(path: gateway.storePath).count(.reading) == 4 }
        #expect(gateway.stop() == 0)
        #expect(try StoreReader(path: gateway.storePath).alarms().map(\.group) == ["s1"])
    }

    @Test(
        "what was stored, and whose acknowledgement never reached the broker, is not stored again, and what only looks like it is",
        arguments: [false, true], ["5", "3.1.1"])
    func lostAcknowledgements(isKilled: Bool, version: String) async throws {
        let broker = try RealBroker()
        let proxy = try HostileBroker(before: broker.port)
        proxy.behave(.forward)
        let gateway = try GatewayProcess(
            brokerPort: proxy.port, upstreamPort: broker.port, broker: ", protocol: \(version)")
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let tip = Array("{\"level\":1}".utf8)
        var sent = 0
        for round in 0..<4 {
            // As many as mosquitto sends under 3.1.1 without an acknowledgement.
            for _ in 0..<15 { try await sensor.publisher.publish(topic: "test/d1", payload: tip) }
            sent += 15
            try await eventually("what is acknowledged is stored") {
                try StoreReader(path: gateway.storePath).count(.reading) == sent
            }
            try await Task.sleep(for: .milliseconds(100))
            proxy.behave(.losing)
            for _ in 0..<15 { try await sensor.publisher.publish(topic: "test/d1", payload: tip) }
            sent += 15
            try await eventually("so is what is not") {
                try StoreReader(path: gateway.storePath).count(.reading) == sent
            }
            if isKilled { gateway.kill() }
            proxy.behave(.hangsUp)
            // These wait behind those that are sent again.
            for _ in 0..<15 { try await sensor.publisher.publish(topic: "test/d1", payload: tip) }
            sent += 15
            proxy.behave(.forward)
            if isKilled { try gateway.start() }
            try await eventually(within: 60, "round \(round): those that waited come") {
                try StoreReader(path: gateway.storePath).count(.reading) >= sent
            }
        }
        try await Task.sleep(for: .milliseconds(300))
        #expect(gateway.stop() == 0)
        #expect(try StoreReader(path: gateway.storePath).count(.reading) == sent)
    }

    @Test("a device whose profile says so may send a measurement again by itself: it is stored once, also over a start")
    func ignoredRepeats() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try gateway.folder.write("profiles/test.yaml", SmallSite.profile + "\nrepeats: ignored\n")
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        for _ in 0..<5 { try await sensor.send(1, at: now) }
        try await sensor.send(1.5, at: now)
        try await sensor.send(1, at: now + 1)
        try await eventually("all three are stored") { try StoreReader(path: gateway.storePath).count(.reading) == 3 }
        #expect(gateway.stop() == 0)
        try await gateway.startConnected()
        for _ in 0..<5 { try await sensor.send(1, at: now) }
        // Without a time of their own they are news, whatever they say.
        for _ in 0..<5 { try await sensor.publisher.publish(topic: "test/d1", payload: Array("{\"level\":1}".utf8)) }
        try await eventually("the new ones are stored") {
            try StoreReader(path: gateway.storePath).count(.reading) >= 8
        }
        #expect(gateway.stop() == 0)
        #expect(try StoreReader(path: gateway.storePath).count(.reading) == 8)
    }
}
