import Foundation
import Gateway
import Store
import TestSupport
import Testing

/// Alarms as operators work with them, beside a running gateway.
@Suite struct OperatorTests {
    private func tocsin(_ arguments: String..., gateway: GatewayProcess) throws -> (
        output: String, errors: String, code: Int32
    ) {
        try TocsinBinary.run(arguments + ["--config", gateway.folder.file("tocsin.yaml")])
    }

    @Test("an alarm is shown, acknowledged, still acknowledged after a kill, and its history says by whom")
    func acknowledge() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try await gateway.startConnected()
        #expect(try tocsin("alarms", gateway: gateway).output == "no active alarms\n")
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        try await sensor.send(2.5, at: now)
        try await eventually("the alarm is stored") { try StoreReader(path: gateway.storePath).alarms().count == 1 }
        let shown = try tocsin("alarms", gateway: gateway).output
        #expect(
            shown.contains("NOT ACKNOWLEDGED (1)") && shown.contains("    1 WATCH")
                && shown.contains("s1: water at 2.5 m"), "\(shown)")

        let done = try tocsin("ack", "high-water/s1", "-m", "crew on the way", "--name", "ada", gateway: gateway)
        #expect(done.code == 0, "\(done.errors)")
        #expect(done.output.contains("acknowledged by ada ("))
        let again = try tocsin("ack", "high-water/s1", gateway: gateway)
        #expect(again.code == 1)
        #expect(again.errors.contains("was acknowledged by ada"))
        #expect(
            try tocsin("ack", "low-water", gateway: gateway).errors.contains(
                "there is no alarm 'low-water'"))

        // What was answered is on the disk.
        gateway.kill()
        #expect(try tocsin("ack", "high-water/s1", gateway: gateway).errors.contains("no gateway is running there"))
        try await gateway.startConnected()
        #expect(try tocsin("alarms", gateway: gateway).output.hasPrefix("ACKNOWLEDGED (1)"))
        try await sensor.send(3.9, at: now + 1000)
        try await sensor.send(9, at: now + 2000)
        try await eventually("it rises, and has to be acknowledged again") {
            try StoreReader(path: gateway.storePath).alarms().first?.state.kind == .unacknowledged
        }
        for step in 0..<20 { try await sensor.send(-0.9, at: now + 3000 + Int64(step)) }
        try await eventually("it returns, and nobody has acknowledged it") {
            try StoreReader(path: gateway.storePath).alarms().first?.state.kind == .returnedUnacknowledged
        }
        gateway.kill()
        try await gateway.startConnected()
        #expect(try tocsin("ack", "high-water/s1", gateway: gateway).code == 0)
        #expect(try tocsin("alarms", gateway: gateway).output == "no active alarms\n")

        let history = try tocsin("history", "high-water/s1", gateway: gateway).output
        #expect(history.contains("by ada (") && history.contains(": crew on the way"), "\(history)")
        let kinds = try tocsin("history", "high-water/s1", "--json", gateway: gateway).output.split(separator: "\n").map
        { line in
            (try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["kind"] as? String ?? ""
        }
        #expect(kinds.first == "raised" && kinds.last == "acknowledged" && kinds.contains("cleared"), "\(kinds)")
        #expect(gateway.stop() == 0)
        #expect(!FileManager.default.fileExists(atPath: gateway.storePath + ".control"))
    }

    @Test("a shelved alarm stays so through a kill, and upstream hears that it is shelved and that it is back")
    func shelve() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        let upstream = try await Upstream(broker)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        try await sensor.send(2.5, at: now)
        try await eventually("the raise arrives") { upstream.firstTopics.count == 1 }
        #expect(try tocsin("shelve", "high-water/s1", "2h", gateway: gateway).code == 64)
        #expect(try tocsin("shelve", "high-water/s1", "soon", "-m", "x", gateway: gateway).code == 64)
        let done = try tocsin("shelve", "high-water/s1", "3s", "-m", "cleaning the gauge", gateway: gateway)
        #expect(done.code == 0, "\(done.errors)")
        try await eventually("upstream hears of it") { upstream.firstTopics.count == 2 }
        gateway.kill()
        try await gateway.startConnected()
        #expect(try tocsin("alarms", gateway: gateway).output.contains("shelved for "))
        try await sensor.send(9, at: now + 1000)
        try await eventually("it rises, and nobody is notified") {
            try StoreReader(path: gateway.storePath).alarms().first?.level == "warning"
        }
        #expect(upstream.firstTopics.count == 2)
        try await eventually("it is back by itself") { upstream.firstTopics.count == 3 }
        #expect(upstream.firstTopics.last == "up/test-site/high-water/s1/warning")
        #expect(try tocsin("alarms", gateway: gateway).output.hasPrefix("NOT ACKNOWLEDGED (1)"))
        #expect(try tocsin("unshelve", "high-water/s1", gateway: gateway).errors.contains("is not shelved"))
        #expect(try tocsin("history", "high-water/s1", gateway: gateway).output.contains(": cleaning the gauge"))
        #expect(gateway.stop() == 0)
        await upstream.stop()
    }

    @Test(
        "an alarm whose escalation state cannot be read after a start is said to be so, and its end reaches those who were told"
    )
    func unreadableState() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        let upstream = try await Upstream(broker)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        try await sensor.send(2.5, at: now - 660_000)
        try await eventually("the raise arrives") { upstream.firstTopics.count == 1 }
        #expect(try tocsin("ack", "high-water/s1", gateway: gateway).code == 0)
        #expect(gateway.stop() == 0)
        let store = try Store(path: gateway.storePath)
        let alarm = try #require(try store.activeAlarms().first)
        var batch = StoreBatch()
        batch.escalationStates = [(alarm.id, "{}")]
        try store.commit(batch)
        try store.close()
        try await gateway.startConnected()
        #expect(
            gateway.log.contains(
                "the escalation state of \(alarm.id) cannot be read; its end goes to file, upstream"))
        try await sensor.send(0.5, at: now)
        try await eventually("upstream hears of the end: \(upstream.firstTopics)") {
            upstream.firstTopics.last == "up/test-site/high-water/s1/normal"
        }
        #expect(try tocsin("history", "high-water/s1", gateway: gateway).code == 0)
        #expect(try tocsin("history", "high-water/s", gateway: gateway).code == 1)
        #expect(gateway.stop() == 0)
        await upstream.stop()
    }

    @Test("a damaged store is set aside at the start, its alarms go on, and someone has to take note of it")
    func damagedStore() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        let upstream = try await Upstream(broker)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        try await sensor.send(2.5, at: now)
        for number in 1..<3000 {
            try sensor.publisher.post(topic: "test/d2", payload: Sensor.payload(0.5, at: now + Int64(number)))
        }
        try await eventually("all is stored") { try StoreReader(path: gateway.storePath).count(.reading) == 3000 }
        // A clean stop brings everything into the file; then it is as after a crash.
        #expect(gateway.stop() == 0)
        try await gateway.startConnected()
        gateway.kill()
        let path = gateway.storePath
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        // The second half of the readings' pages: every byte of the last quarter of the file.
        for index in bytes.count * 3 / 4..<bytes.count { bytes[index] = 0x5a }
        try bytes.write(to: URL(fileURLWithPath: path))
        try await gateway.startConnected()
        #expect(gateway.log.contains("the store was damaged"))
        let shown = try tocsin("alarms", gateway: gateway).output
        #expect(shown.contains("store-damaged/gateway") && shown.contains("ENDED, NOT ACKNOWLEDGED (1)"), "\(shown)")
        // It is still active, and nothing is known of the water until the next reading.
        #expect(shown.contains("WATCH?") && shown.contains("high-water/s1"), "\(shown)")
        try await eventually("upstream hears of it") { upstream.topics.contains { $0.contains("store-damaged") } }
        #expect(try tocsin("ack", "store-damaged", "-m", "card replaced", gateway: gateway).code == 0)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: gateway.folder.file("data")).contains {
                $0.contains("t.db.damaged-")
            })
        try await sensor.send(-0.9, at: now + 660_000)
        try await eventually("the alarm ends as ever") {
            try !tocsin("alarms", gateway: gateway).output.contains("WATCH")
        }
        #expect(gateway.stop() == 0)
        await upstream.stop()
    }

    @Test("the outbox says what waits, where and why")
    func outbox() async throws {
        let broker = try RealBroker()
        // Nothing listens on port 1.
        let gateway = try GatewayProcess(brokerPort: broker.port, upstreamPort: 1)
        try await gateway.startConnected()
        #expect(try tocsin("outbox", gateway: gateway).code == 0)
        try await Sensor(broker).send(2.5, at: Sensor.nowMilliseconds)
        try await eventually("one waits, and has been tried") {
            try tocsin("outbox", gateway: gateway).output.contains("tried")
        }
        let waiting = try tocsin("outbox", gateway: gateway)
        #expect(waiting.code == 1)
        #expect(waiting.output.hasPrefix("upstream  since "), "\(waiting.output)")
        #expect(!waiting.output.contains("\nfile"))
        #expect(gateway.stop() == 0)
    }

    @Test("a control socket takes no nonsense, and only its group may use it")
    func strangers() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try await gateway.startConnected()
        let path = gateway.storePath + ".control"
        for request in ["", "{}", "{\"verb\":\"explode\"}", String(repeating: "x", count: 100_000), "\u{0}\u{0}"] {
            let client = try ControlSocket.connect(to: path)
            client.write(line: Data(request.utf8))
            // A request that is not a line gets no answer.
            guard let answer = client.readLine(within: .seconds(3)) else { continue }
            #expect(String(decoding: answer, as: UTF8.self).contains("the gateway does not know this request"))
        }
        let client = try ControlSocket.connect(to: path)
        client.write(line: Data(#"{"verb":"shelve","alarm":"","person":"","note":"x","device":"d1"}"#.utf8))
        let answer = try #require(client.readLine(within: .seconds(3)))
        #expect(String(decoding: answer, as: UTF8.self).contains("can only be taken out of service and put back"))
        #expect(gateway.isRunning)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o660)
        #expect(gateway.stop() == 0)
    }
}
