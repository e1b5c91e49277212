import Foundation
import Store
import Telemetry
import TestSupport
import Testing

/// The gateway's own process against a real broker. One at a time: they measure nothing, but share two cores.
@Suite(.serialized) struct GatewayTests {
    @Test("a reading over the line arrives upstream, in the log, in the store and in tail")
    func endToEnd() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        let upstream = try await Upstream(broker)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        try await sensor.send(2.5, at: now)
        try await sensor.send(4.5, at: now + 1)
        try await eventually("both escalations arrive") { upstream.topics.count == 2 }
        #expect(upstream.topics == ["up/test-site/high-water/s1/watch", "up/test-site/high-water/s1/warning"])
        try await sensor.send(-7, at: now + 2)
        // Not plausible: kept, not evaluated.
        try await sensor.send(0.5, at: now + 700_000)
        try await Task.sleep(for: .milliseconds(200))
        #expect(gateway.stop() == 0)
        #expect(gateway.log.contains("everything is committed"))
        let reader = try StoreReader(path: gateway.storePath)
        // And that one was not plausible.
        #expect(try reader.count(.reading) == 5)
        let lines = try String(contentsOfFile: gateway.folder.file("escalations.jsonl"), encoding: .utf8).split(
            separator: "\n")
        #expect(lines.count >= 2)
        let tail = try TocsinBinary.run(["tail", "--config", gateway.folder.file("tocsin.yaml"), "--no-follow"])
        #expect(tail.code == 0)
        #expect(
            tail.output.contains(
                "   1 WARNING       s1: water at 3.5 m  [was watch]  because mean(water_level, 10m) is 3.5 m, over 3 m")
        )
        let json = try TocsinBinary.run([
            "tail", "--store", gateway.storePath, "--no-follow", "--json", "--level", "warning",
        ])
        let first = try #require(json.output.split(separator: "\n").first)
        let event = try JSONDecoder().decode(EventText.self, from: Data(first.utf8))
        #expect(event.to == "warning" && event.delivered == ["file", "upstream"] && event.device == "d1")
        await upstream.stop()
    }

    enum Payloads: CaseIterable { case different, equal }

    @Test(
        "over 100 kills every QoS 1 message that was published is stored, and once, also where all look alike",
        arguments: [(Payloads.different, "5"), (.equal, "5"), (.equal, "3.1.1")])
    func hundredKills(payloads: Payloads, version: String) async throws {
        let broker = try RealBroker(isPersistent: true)
        // Its own way out after so many deaths, MQTT 3.1.1, is not what is looked at here.
        let gateway = try GatewayProcess(brokerPort: broker.port, broker: ", protocol: \(version)")
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let publisher = sensor.publisher
        let seed: UInt64 = 101
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        var published = 0
        let start = Sensor.nowMilliseconds - 500_000
        for round in 0..<100 {
            for _ in 0..<40 {
                let payload =
                    payloads == .equal
                    ? Array("{\"level\":1.5}".utf8) : Sensor.payload(1.5, at: start + Int64(published))
                try publisher.post(topic: "test/d1", payload: payload)
                published += 1
            }
            try await Task.sleep(for: .microseconds(Int.random(in: 0...25_000, using: &random)))
            gateway.kill()
            if round % 10 == 9 { try await gateway.startConnected() } else { try gateway.start() }
            try await Task.sleep(for: .milliseconds(Int.random(in: 30...120, using: &random)))
        }
        let expected = published
        try await eventually(within: 60, "all \(expected) readings are in the store") {
            try StoreReader(path: gateway.storePath).count(.reading) >= expected
        }
        #expect(gateway.stop() == 0)
        var times: Set<Int64> = []
        var rows = 0
        try StoreReader(path: gateway.storePath).forEachReading { _, _, reading in
            times.insert(reading.time.nanoseconds)
            rows += 1
        }
        // None lost, and none twice: what the broker sends again is recognised, and nothing else is taken for it.
        #expect(times.count == expected)
        #expect(rows == expected)
        print("kills 100, published \(expected), stored \(times.count), rows \(rows)")
    }

    @Test("an alarm that was active before a kill is active after it, and is not raised again")
    func restartWithAlarm() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        let upstream = try await Upstream(broker)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        try await sensor.send(2.5, at: now)
        try await eventually("the raise arrives") { upstream.firstTopics.count == 1 }
        gateway.kill()
        try await gateway.startConnected()
        // 1.5 m on average: under the line, not clear. The window still holds what came before the kill.
        try await sensor.send(0.6, at: now + 1000)
        try await Task.sleep(for: .milliseconds(300))
        #expect(upstream.firstTopics.count == 1)
        try await sensor.send(-0.5, at: now + 2000)
        try await eventually("the clear arrives") { upstream.firstTopics.last == "up/test-site/high-water/s1/normal" }
        #expect(upstream.firstTopics.count == 2)
        let event = try #require(try StoreReader(path: gateway.storePath).events(after: 0, since: nil).last)
        #expect(event.causes.map(\.sentence) == ["mean(water_level, 10m) is 0.8667 m, under 1 m"])
        #expect(gateway.stop() == 0)
        await upstream.stop()
    }

    @Test("a reload keeps the state of rules that did not change: what has held for a while goes on holding")
    func reloadKeepsState() async throws {
        let broker = try RealBroker()
        let rules = """
            hazard: flood
            rules:
              - name: lasting
                for_each: station
                levels: { watch: water_level > 2 m for 4s }

            """
        let gateway = try GatewayProcess(brokerPort: broker.port, rules: rules)
        try await gateway.startConnected()
        let now = Sensor.nowMilliseconds
        try await Sensor(broker).send(2.5, at: now)
        try await Task.sleep(for: .milliseconds(1500))
        try gateway.folder.write(
            "rules/more.yaml",
            "hazard: flood\nrules: [ { name: other, for_each: station, levels: { warning: water_level > 9 m } } ]\n")
        gateway.signal(SIGHUP)
        try await eventually("it is reloaded") { gateway.log.contains("devices and rules reloaded") }
        try await eventually("the alarm is raised") { try StoreReader(path: gateway.storePath).alarms().count == 1 }
        // At the moment at which it had held for four seconds, as if there had been no reload.
        let raised = try #require(try StoreReader(path: gateway.storePath).alarms().first?.raised)
        #expect(raised == Instant(nanoseconds: now * 1_000_000) + .seconds(4))
        #expect(gateway.stop() == 0)
    }

    @Test(
        "the gateway starts without a broker, says so once, and survives the broker's restart with what was sent meanwhile"
    )
    func brokerRestart() async throws {
        let broker = try RealBroker(isPersistent: true)
        broker.stop()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try gateway.start()
        try await eventually("it says that there is no broker") { gateway.log.contains("no connection to the broker") }
        try await Task.sleep(for: .seconds(2))
        #expect(gateway.log.components(separatedBy: "no connection to the broker").count == 2)
        try broker.start()
        try await eventually("it connects") { gateway.connections == 1 }
        let now = Sensor.nowMilliseconds
        try await Sensor(broker).send(1, at: now)
        gateway.kill()
        // The session stays with the broker, over a restart of both.
        try await Sensor(broker, name: "sensor2").send(2, at: now + 1)
        broker.stop()
        try broker.start()
        try gateway.start()
        try await eventually("what was sent meanwhile is stored") {
            try StoreReader(path: gateway.storePath).count(.reading) == 2
        }
        broker.stop()
        try broker.start()
        try await eventually(within: 40, "it connects again") { gateway.connections == 3 }
        try await Sensor(broker, name: "sensor3").send(3, at: now + 2)
        try await eventually("readings come in again") { try StoreReader(path: gateway.storePath).count(.reading) == 3 }
        #expect(gateway.stop() == 0)
    }

    @Test("a reload with a mistake changes nothing; one without takes rules and devices over, and keeps the alarms")
    func reload() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port, devices: 1)
        let upstream = try await Upstream(broker)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        try await sensor.send(2.5, at: now)
        try await eventually("the raise arrives") { upstream.topics.count == 1 }
        try gateway.folder.write(
            "rules/rules.yaml", GatewayProcess.rules.replacingOccurrences(of: "water_level", with: "watr_level"))
        gateway.signal(SIGHUP)
        try await eventually("the mistake is shown") { gateway.log.contains("did you mean 'water_level'?") }
        try await sensor.send(4.5, at: now + 1)
        try await eventually("the old rules go on") { upstream.topics.count == 2 }
        try gateway.folder.write("rules/rules.yaml", GatewayProcess.rules.replacingOccurrences(of: "3 m", with: "20 m"))
        try gateway.folder.write("site.yaml", SmallSite.inventory(2))
        gateway.signal(SIGHUP)
        try await eventually("the new files are in force") { gateway.log.contains("devices and rules reloaded") }
        try await sensor.send(4.6, at: now + 2)
        try await eventually("the alarm, still the same, falls") {
            upstream.topics.last == "up/test-site/high-water/s1/watch"
        }
        try await sensor.send(9, from: "d2", at: now)
        try await eventually("the new device raises its own") {
            upstream.topics.last == "up/test-site/high-water/s2/watch"
        }
        try gateway.folder.write(
            "rules/rules.yaml", GatewayProcess.rules.replacingOccurrences(of: "high-water", with: "other-name"))
        gateway.signal(SIGHUP)
        try await eventually("the alarms go on under the new name, at the level that they have by it") {
            upstream.topics.contains("up/test-site/other-name/s1/warning")
                && upstream.topics.contains("up/test-site/other-name/s2/warning")
        }
        let gas =
            "hazard: gas\nrules: [ { name: gas, summary: gas, for_each: device, levels: { watch: carbon_monoxide > 50 ppm } } ]\n"
        try gateway.folder.write("rules/rules.yaml", gas)
        gateway.signal(SIGHUP)
        try await eventually("the alarms of the rule that is gone are retired") {
            upstream.topics.count { $0.hasPrefix("up/test-site/other-name/") && $0.hasSuffix("/normal") } == 2
        }
        #expect(gateway.stop() == 0)
        await upstream.stop()
    }

    @Test("unknown topics and payloads that do not fit are counted, kept and said; nothing stops")
    func strangers() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let bad = [
            "", "{", "[1,2]", "{\"level\":\"x\"}", "{\"level\":1e999}", "\u{0}\u{1}",
            String(repeating: "[", count: 5000), "{\"level\":[]}",
        ]
        for _ in 0..<5 {
            for payload in bad { try await sensor.publisher.publish(topic: "test/d1", payload: Array(payload.utf8)) }
        }
        try await sensor.publisher.publish(
            topic: "test/d1", payload: Array(repeating: UInt8(ascii: " "), count: 1_000_000))
        for number in 0..<300 {
            try sensor.publisher.post(topic: "test/stranger\(number)", payload: Array("{\"level\":1}".utf8))
        }
        try await sensor.send(1, at: Sensor.nowMilliseconds)
        try await eventually("the good reading is stored") {
            try StoreReader(path: gateway.storePath).count(.reading) == 1
        }
        #expect(gateway.isRunning)
        #expect(gateway.stop() == 0)
        // What is empty is no fault.
        #expect(try StoreReader(path: gateway.storePath).count(.refused_payload) == (bad.count - 1) * 5 + 1)
        // Once for the device, and for no more topics than the limit.
        #expect(gateway.log.components(separatedBy: "a payload did not fit").count == 2)
        #expect(gateway.log.components(separatedBy: "no device of the inventory publishes there").count - 1 == 256)
    }

    @Test("what upstream did not get while it was away, it gets in order when it is back")
    func upstreamAway() async throws {
        let broker = try RealBroker()
        let away = try RealBroker()
        away.stop()
        let gateway = try GatewayProcess(brokerPort: broker.port, upstreamPort: away.port)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        try await sensor.send(2.5, at: now)
        try await sensor.send(5, at: now + 1)
        try await sensor.send(-0.9, at: now + 2)
        try await eventually("the local log has them") {
            let log = (try? String(contentsOfFile: gateway.folder.file("escalations.jsonl"), encoding: .utf8)) ?? ""
            return log.split(separator: "\n").count == 3
        }
        gateway.kill()
        try away.start()
        let upstream = try await Upstream(away)
        try await gateway.startConnected()
        try await eventually(within: 40, "all three arrive") { upstream.topics.count >= 3 }
        #expect(upstream.topics.map { $0.split(separator: "/").last } == ["watch", "warning", "watch"])
        let waiting = try StoreReader(path: gateway.storePath).events(after: 0, since: nil).flatMap(\.waiting)
        #expect(waiting.isEmpty || upstream.topics.count == 3)
        #expect(gateway.stop() == 0)
        await upstream.stop()
    }

    @Test("a broker that wants TLS, a password and a client certificate gets them; one with the wrong name does not")
    func tls() async throws {
        let certificates = try Certificates()
        let broker = try RealBroker(
            options: """
                cafile \(certificates.authority)
                certfile \(certificates.server)
                keyfile \(certificates.serverKey)
                require_certificate true
                password_file \(certificates.passwords)
                """, allowsAnonymous: false)
        try certificates.folder.write("secret", "swordfish\n")
        let gateway = try GatewayProcess(
            brokerPort: broker.port,
            broker:
                ", username: gateway, password_file: \(certificates.folder.file("secret")), tls: { ca: \(certificates.authority), certificate: \(certificates.client), key: \(certificates.clientKey) }"
        )
        try await gateway.startConnected()
        #expect(!gateway.log.contains("swordfish"))
        #expect(gateway.stop() == 0)
        let stranger = try GatewayProcess(
            brokerPort: broker.port,
            broker:
                ", tls: { ca: \(certificates.otherAuthority), certificate: \(certificates.client), key: \(certificates.clientKey) }"
        )
        try stranger.start()
        try await eventually("it says why there is no connection") {
            stranger.log.contains("no connection to the broker")
        }
        try await Task.sleep(for: .seconds(1))
        #expect(stranger.connections == 0)
        #expect(stranger.stop() == 0)
    }

    @Test("a broker that knows no MQTT v5 gets 3.1.1")
    func oldBroker() async throws {
        let broker = try OldBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try gateway.start()
        try await eventually("it goes on with 3.1.1: \(gateway.log)") { gateway.connections == 1 }
        #expect(gateway.log.contains("going on with 3.1.1"))
        #expect(gateway.stop() == 0)
    }
}
