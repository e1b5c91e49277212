import Alarms
import Escalation
import Foundation
import Store
import Synchronization
import TestSupport
import Testing
import Wire

/// From a reading to everyone who has to know, through the real gateway, a real broker and a real HTTPS receiver.
@Suite struct EscalationTests {
    private func tocsin(_ arguments: String..., gateway: GatewayProcess) throws -> (
        output: String, errors: String, code: Int32
    ) {
        try TocsinBinary.run(arguments + ["--config", gateway.folder.file("tocsin.yaml")])
    }

    private func kinds(_ requests: [HTTPReceiver.Request]) -> [String] {
        requests.compactMap { CloudEvent.read($0.body)?.data.transition.kind.rawValue }
    }

    @Test(
        "a policy's steps through mqtt, webhook and CAP: who is told, when, until someone has taken it on, and of the end"
    )
    func policy() async throws {
        let broker = try RealBroker()
        let certificates = try Certificates()
        let receiver = try await HTTPReceiver(certificate: (certificates.server, certificates.serverKey))
        let gateway = try GatewayProcess(
            brokerPort: broker.port,
            destinations: """
                  - { name: state, kind: mqtt, topic: "other/{level}", current_topic: "current/{rule}/{group}", broker: { host: 127.0.0.1, port: \(broker.port) } }
                  - name: pager
                    kind: webhook
                    url: https://localhost:\(receiver.port)/alarms
                    secret_env: PATH
                    tls: { ca: \(certificates.authority) }
                  - { name: public, kind: cap, status: Test, sender: t@example.org, to: { folder: cap } }
                """,
            policies: """
                policies:
                  - name: water
                    where: { hazard: flood }
                    steps:
                      - to: [upstream, state]
                      - { to: pager, after: 2s unacknowledged }
                      - { to: public, minimum_level: warning }
                """)
        let upstream = try await Upstream(broker)
        let current = try await Upstream(broker, filter: "current/#", name: "current-test")
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        try await sensor.send(2.5, at: now)
        try await eventually("upstream is told at once") { upstream.topics == ["up/test-site/high-water/s1/watch"] }
        #expect(receiver.received.isEmpty)
        try await eventually("nobody has taken it on for two seconds") { kinds(receiver.received) == ["raised"] }
        let page = try #require(receiver.received.first)
        #expect(page.headers["tocsin-signature"]?.hasPrefix("v1=") == true)
        #expect(CloudEvent.read(page.body)?.data.escalation?.reason == "after 2s unacknowledged")
        #expect(!FileManager.default.fileExists(atPath: gateway.folder.file("cap/x")))

        #expect(try tocsin("ack", "high-water/s1", "-m", "crew on the way", gateway: gateway).code == 0)
        try await eventually("the pager is kept up to date") { kinds(receiver.received) == ["raised", "acknowledged"] }
        try await sensor.send(9, at: now + 1000)
        try await eventually("a rise goes to everyone who is to know of it") {
            kinds(receiver.received).contains("rose") && files(gateway).count == 1
        }
        for step in 0..<20 { try await sensor.send(-0.9, at: now + 3000 + Int64(step)) }
        try await eventually("the end is told to those who were told") {
            kinds(receiver.received).last == "cleared" && files(gateway).count >= 2
                && upstream.topics.last == "up/test-site/high-water/s1/normal"
        }
        try await eventually("nothing of it is retained") { current.messages.last?.payload == "" }
        #expect(current.messages.first.flatMap { CloudEvent.read($0.payload) }?.data.alarm.level == "watch")
        // Each destination has a pace of its own.
        try await eventually("the public is told of the end") {
            guard let last = files(gateway).last else { return false }
            return try String(contentsOfFile: gateway.folder.file("cap/\(last)"), encoding: .utf8).contains(
                "<msgType>Cancel</msgType>")
        }

        gateway.signal(SIGHUP)
        try await eventually("it has reloaded") { gateway.log.contains("devices and rules reloaded") }
        try gateway.folder.write("rules/rules.yaml", "rules: nonsense")
        gateway.signal(SIGHUP)
        try await eventually("it has not reloaded") {
            gateway.log.contains("not reloaded, the running devices and rules stay")
        }

        // What happened can be shown, here and elsewhere.
        #expect(gateway.stop() == 0)
        let whole = try tocsin("audit", "verify", gateway: gateway)
        #expect(whole.code == 0 && whole.output.hasPrefix("whole: "), "\(whole.output)\(whole.errors)")
        let head = try tocsin("audit", "head", gateway: gateway).output.trimmingCharacters(in: .newlines)
        let export = try tocsin("audit", "export", gateway: gateway).output
        try gateway.folder.write("audit.jsonl", export)
        let elsewhere = try TocsinBinary.run(["audit", "verify", gateway.folder.file("audit.jsonl"), "--expect", head])
        #expect(elsewhere.code == 0, "\(elsewhere.output)\(elsewhere.errors)")
        for kind in [
            "started", "raised", "acknowledged", "delivered", "cleared", "reloaded", "reload-failed", "stopped",
        ] {
            #expect(export.contains("\\\"kind\\\":\\\"\(kind)\\\""), "\(kind)")
        }
        try gateway.folder.write("forged.jsonl", export.replacing("crew on the way", with: "asleep"))
        let forged = try TocsinBinary.run(["audit", "verify", gateway.folder.file("forged.jsonl")])
        #expect(forged.code == 1 && forged.output.contains("was altered"), "\(forged.output)")
        await upstream.stop()
        await current.stop()
        await receiver.stop()
    }

    @Test("CAP messages go over MQTT and to a webhook as they do into a folder")
    func cap() async throws {
        let broker = try RealBroker()
        let receiver = try await HTTPReceiver()
        let gateway = try GatewayProcess(
            brokerPort: broker.port,
            destinations: """
                  - name: over-mqtt
                    kind: cap
                    status: Exercise
                    note: a test
                    sender: t@example.org
                    to: { mqtt: { topic: "cap/{hazard}", broker: { host: 127.0.0.1, port: \(broker.port) } } }
                  - { name: over-https, kind: cap, status: Test, sender: t@example.org, to: { webhook: { url: "http://127.0.0.1:\(receiver.port)/" } } }
                """,
            policies: """
                policies:
                  - { name: all, where: { hazard: flood }, steps: [{ to: [over-mqtt, over-https] }] }
                """)
        let upstream = try await Upstream(broker, filter: "cap/#")
        try await gateway.startConnected()
        #expect(gateway.log.contains("the CAP messages of 'over-mqtt' expire after 12h"))
        try await Sensor(broker).send(2.5, at: Sensor.nowMilliseconds)
        try await eventually("both have it") { upstream.topics == ["cap/flood"] && receiver.received.count == 1 }
        let posted = try #require(receiver.received.first)
        #expect(posted.headers["content-type"] == "application/cap+xml")
        for xml in [posted.body, upstream.messages[0].payload] {
            #expect(xml.contains("<msgType>Alert</msgType>") && xml.contains("urn:oasis:names:tc:emergency:cap:1.2"))
        }
        #expect(gateway.stop() == 0)
        await upstream.stop()
        await receiver.stop()
    }

    private func files(_ gateway: GatewayProcess) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: gateway.folder.file("cap"))) ?? []).filter {
            $0.hasSuffix(".xml")
        }.sorted()
    }

    @Test(
        "one that hangs delays no other; what it refuses for good is parked, shown, and tried again when someone asks")
    func deadAndRefusing() async throws {
        let broker = try RealBroker()
        let hanging = try await HTTPReceiver { _, _ in nil }
        let isMended = Switch()
        let refusing = try await HTTPReceiver { _, _ in
            isMended.isOn.withLock { $0 } ? (200, [:], "") : (422, [:], "no such field")
        }
        let gateway = try GatewayProcess(
            brokerPort: broker.port,
            destinations: """
                  - { name: hanging, kind: webhook, url: "http://127.0.0.1:\(hanging.port)/", timeout: 30s }
                  - { name: refusing, kind: webhook, url: "http://127.0.0.1:\(refusing.port)/" }
                """)
        let upstream = try await Upstream(broker)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        try await sensor.send(2.5, at: now)
        try await eventually(within: 5, "upstream is told although another hangs") { upstream.topics.count == 1 }
        try await eventually("it is parked") {
            try tocsin("outbox", gateway: gateway).output.contains("refusing  PARKED")
        }
        let shown = try tocsin("outbox", "--destination", "refusing", gateway: gateway)
        #expect(
            shown.code == 1 && shown.output.contains("refuses this message with 422: no such field"), "\(shown.output)")
        #expect(
            try tocsin("outbox", "--retry", "--destination", "nowhere", gateway: gateway).errors.contains(
                "there is no destination 'nowhere'"))
        isMended.isOn.withLock { $0 = true }
        #expect(
            try tocsin("outbox", "--retry", "--destination", "refusing", gateway: gateway).output
                == "refusing: 1 escalation tried again now\n")
        try await eventually("it is delivered") { try !tocsin("outbox", gateway: gateway).output.contains("refusing") }
        #expect(gateway.stop() == 0)
        await upstream.stop()
        await hanging.stop()
        await refusing.stop()
    }

    @Test(
        "twenty-five kills: every escalation arrives, in order within its alarm, and a repeat carries the same identity"
    )
    func kills() async throws {
        let broker = try RealBroker(isPersistent: true)
        let receiver = try await HTTPReceiver()
        let gateway = try GatewayProcess(
            brokerPort: broker.port,
            destinations:
                "  - { name: hook, kind: webhook, url: \"http://127.0.0.1:\(receiver.port)/\", floods: each }\n",
            more: "flapping: { changes: 1000, within: 1m }")
        let upstream = try await Upstream(broker)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        var random = SystemRandomNumberGenerator()
        let start = Sensor.nowMilliseconds - 3_600_000
        // Three places that come and go, eleven minutes apart in event time, so that each value stands alone in its
        // window.
        var sent: Int64 = 0
        func send(_ count: Int) async throws {
            for _ in 0..<count {
                sent += 1
                let value: Double = sent.isMultiple(of: 2) ? 0.5 : 2.5
                for device in ["d1", "d2", "d3"] {
                    try await sensor.send(value, from: device, at: start + sent * 660_000 - 300 * 660_000)
                }
            }
        }
        for _ in 0..<25 {
            try await send(4)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...150, using: &random)))
            gateway.kill()
            try await send(1)
            try await gateway.startConnected()
        }
        try await send(4)
        let reader = try StoreReader(path: gateway.storePath)
        try await eventually("all readings are stored") { try reader.count(.reading) >= Int(sent) * 3 }
        try await eventually("all escalations are delivered") { try reader.outbox().isEmpty }
        let due = try reader.escalationIdentities(to: "hook")
        let arrived = receiver.received.compactMap { CloudEvent.read($0.body)?.id }
        #expect(Set(arrived) == Set(due), "of \(due.count) due, \(Set(arrived).count) arrived")
        #expect(
            receiver.received.allSatisfy {
                $0.headers["idempotency-key"] == "\"\(CloudEvent.read($0.body)?.id ?? "")\""
            })
        let mqtt = upstream.messages.compactMap { CloudEvent.read($0.payload)?.id }
        #expect(Set(mqtt) == Set(try reader.escalationIdentities(to: "upstream")))
        // First arrivals, alarm by alarm.
        var newest: [String: Int] = [:]
        var seen: Set<String> = []
        for event in receiver.received.compactMap({ CloudEvent.read($0.body)?.data })
        where seen.insert(event.id).inserted {
            #expect(event.transition.sequence > newest[event.alarm.id, default: 0], "\(event.id) overtaken")
            newest[event.alarm.id] = event.transition.sequence
        }
        print(
            "\(due.count) escalations due, \(arrived.count) arrived, \(arrived.count - Set(arrived).count) of them again"
        )
        #expect(due.count > 100)
        #expect(try reader.verifyAudit().faults == [])
        #expect(gateway.stop() == 0)
        await upstream.stop()
        await receiver.stop()
    }

    @Test(
        "readings are forwarded as SenML, all of them, though upstream was away", arguments: ["readings", "summaries"])
    func forward(form: String) async throws {
        let broker = try RealBroker()
        let upstreamBroker = try RealBroker()
        let gateway = try GatewayProcess(
            brokerPort: broker.port,
            more:
                "forward: { send: \(form), topic: \"fwd/{site}/{device}\", per_second: 5000, broker: { host: 127.0.0.1, port: \(upstreamBroker.port) } }"
        )
        try await gateway.startConnected()
        let upstream = try await Upstream(upstreamBroker, filter: "fwd/#")
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        try await sensor.send(0.5, at: now)
        let reader = try StoreReader(path: gateway.storePath)
        try await eventually("the first is stored") { try reader.count(.reading) == 1 }
        // What was there before the forward was asked for is not sent.
        try await Task.sleep(for: .milliseconds(1500))
        for number in 1...40 { try await sensor.send(Double(number) / 100, at: now + Int64(number)) }
        if form == "readings" {
            func values() -> [Double] {
                upstream.messages.flatMap { message in
                    ((try? JSONSerialization.jsonObject(with: Data(message.payload.utf8))) as? [[String: Any]] ?? [])
                        .compactMap {
                            $0["v"] as? Double
                        }
                }
            }
            try await eventually("all arrive: \(gateway.log.suffix(500))") {
                values().suffix(40) == (1...40).map { Double($0) / 100 }[...]
            }
            let pack = try #require(upstream.messages.last)
            #expect(pack.topic == "fwd/test-site/d1")
            #expect(
                pack.payload.contains("\"bn\":\"test-site/d1/\"") && pack.payload.contains("\"n\":\"water_level\"")
                    && pack.payload.contains("\"u\":\"m\""))
        } else {
            // A minute is summed up when it is over.
            func counts() -> Double {
                upstream.messages.flatMap { message in
                    ((try? JSONSerialization.jsonObject(with: Data(message.payload.utf8))) as? [[String: Any]] ?? [])
                        .filter { $0["n"] as? String == "water_level/count" }.compactMap { $0["v"] as? Double }
                }.reduce(0, +)
            }
            try await eventually(within: 70, "the minutes' summaries arrive") { counts() >= 40 }
            #expect(upstream.messages.contains { $0.payload.contains("water_level/max") })
        }
        #expect(gateway.stop() == 0)
        await upstream.stop()
    }
}

/// Something that a test turns on while others look at it.
private final class Switch: Sendable {
    let isOn = Mutex(false)
}
