import Foundation
import POSIX
import Store
import TestSupport
import Testing

/// The gateway's own process among brokers that are killed, that hang, and that mean it ill.
@Suite(.serialized) struct TortureTests {
    /// Starts a gateway again whenever it has died, as systemd does, until it has lived for four seconds or died ten
    /// times.
    ///
    /// libmosquitto 2.0.11 ends the process at an unknown property of MQTT v5. After three deaths the gateway speaks
    /// 3.1.1, which has none.
    /// - Returns: how often it died.
    private func deathsUntilQuiet(_ gateway: GatewayProcess) async throws -> Int {
        var deaths = 0
        try gateway.start()
        var quiet = Date()
        while Date().timeIntervalSince(quiet) < 4, deaths < 10 {
            if !gateway.isRunning {
                deaths += 1
                quiet = Date()
                try gateway.start()
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        return deaths
    }

    @Test(
        "whatever a broker sends, the gateway lives, answers people, and goes on with the next good connection",
        arguments: HostileBroker.Behaviour.allCases.filter { !$0.isPassing })
    func hostile(behaviour: HostileBroker.Behaviour) async throws {
        let real = try RealBroker()
        let hostile = try HostileBroker(before: real.port)
        hostile.behave(behaviour)
        let gateway = try GatewayProcess(brokerPort: hostile.port, upstreamPort: real.port, broker: ", keepalive: 5s")
        let deaths = try await deathsUntilQuiet(gateway)
        #expect(gateway.isRunning)
        #expect(deaths <= (behaviour == .unknownProperty ? 3 : 0))
        #expect(try TocsinBinary.run(["alarms", "--config", gateway.folder.file("tocsin.yaml")]).code == 0)
        if let memory = gateway.residentMegabytes { #expect(memory < 400, "\(memory) MB") }
        hostile.behave(.forward)
        let sensor = try await Sensor(real)
        try await eventually(within: 90, "it connects: \(gateway.log.suffix(500))") {
            gateway.log.contains("connected to the broker") && hostile.connections > 0
        }
        let now = Sensor.nowMilliseconds
        try await eventually(within: 90, "a good reading is stored: \(gateway.log.suffix(500))") {
            try await sensor.send(1, at: now)
            return try StoreReader(path: gateway.storePath).holds(device: "d1", at: now)
        }
        #expect(gateway.stop() == 0)
        print("\(behaviour): \(deaths) deaths of the process")
    }

    @Test(
        "a broker upstream that sends what ends the process is spoken to in the older protocol, whatever the sensors' side speaks"
    )
    func hostileUpstream() async throws {
        let real = try RealBroker()
        let hostile = try HostileBroker(before: real.port)
        hostile.behave(.unknownProperty)
        let gateway = try GatewayProcess(brokerPort: real.port, upstreamPort: hostile.port, broker: ", protocol: \"5\"")
        let deaths = try await deathsUntilQuiet(gateway)
        #expect(deaths <= 3)
        #expect(gateway.stop() == 0)
        print("\(deaths) deaths of the process")
    }

    @Test(
        "a broker that is killed again and again, with the shipped configuration: what it took is stored, and nothing twice"
    )
    func brokerKills() async throws {
        let shipped = try RepositoryRoot.file("systemd/mosquitto-tocsin.conf").text.split(separator: "\n").filter {
            $0.hasPrefix("autosave") || $0.hasPrefix("max_") || $0.hasPrefix("persistent_client")
        }
        let broker = try RealBroker(options: shipped.joined(separator: "\n"), isPersistent: true)
        let gateway = try GatewayProcess(brokerPort: broker.port)
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let start = Sensor.nowMilliseconds - 500_000
        var random = SeededRandom(seed: 7)
        // mosquitto may acknowledge a message before it saves it (its issue 1855): owed is what it had acknowledged
        // when it saved last.
        var owed: Set<Int64> = []
        var number: Int64 = 0
        for _ in 0..<12 {
            var acknowledged: [(time: Int64, at: Date)] = []
            for _ in 0..<30 {
                number += 1
                let time = start + number
                // Sent until it is acknowledged, as a sensor does that stores and forwards.
                if (try? await sensor.send(1.5, at: time)) != nil { acknowledged.append((time, Date())) }
            }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...60, using: &random)))
            broker.stop(signal: SIGKILL)
            let saved = try broker.savedAt()
            owed.formUnion(acknowledged.filter { $0.at < saved }.map(\.time))
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...300, using: &random)))
            try broker.start()
            try await eventually(within: 40, "the sensor is back") { sensor.publisher.isConnected }
        }
        // Each at a time of its own: all of them are readings, and none is another's repeat.
        var probes: Int64 = 0
        try await eventually(within: 70, "the gateway is back") {
            probes += 1
            try await sensor.send(1.5, at: start - probes)
            return try StoreReader(path: gateway.storePath).holds(device: "d1", at: start - 1)
        }
        try await Task.sleep(for: .seconds(1))
        #expect(gateway.stop() == 0)
        var stored: [Int64: Int] = [:]
        try StoreReader(path: gateway.storePath).forEachReading { _, _, reading in
            stored[reading.time.nanoseconds / 1_000_000, default: 0] += 1
        }
        let missing = owed.filter { stored[$0] == nil }.map { $0 - start }.sorted()
        print(
            "12 kills of the broker: \(number) readings sent, \(owed.count) acknowledged and saved by it, \(missing.count) of them not stored"
        )
        #expect(missing == [])
        #expect(owed.count > 100)
        // What was sent until the gateway was back is many messages of one time, each stored.
        stored[start - 1] = nil
        #expect(stored.filter { $0.value > 1 }.map { "\($0.key - start): \($0.value)" } == [])
    }

    @Test("a broker that hangs is noticed and waited for, and nothing is lost")
    func hungBroker() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port, broker: ", keepalive: 5s")
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        let now = Sensor.nowMilliseconds
        try await sensor.send(1, at: now)
        broker.pause()
        try await eventually(within: 30, "it is noticed: \(gateway.log.suffix(300))") {
            gateway.log.contains("no connection to the broker")
        }
        broker.resume()
        try await eventually(within: 60, "it is connected again") { gateway.connections == 2 }
        try await eventually(within: 60, "the sensor too") { sensor.publisher.isConnected }
        try await sensor.send(1.2, at: now + 1)
        try await eventually("both are stored") { try StoreReader(path: gateway.storePath).count(.reading) == 2 }
        #expect(gateway.stop() == 0)
    }

    @Test("two gateways of one client identifier take turns, ever more slowly, and say why")
    func sameIdentifier() async throws {
        let broker = try RealBroker()
        let first = try GatewayProcess(brokerPort: broker.port)
        let second = try GatewayProcess(brokerPort: broker.port)
        try await first.startConnected()
        try await second.startConnected()
        try await Task.sleep(for: .seconds(8))
        #expect(first.isRunning && second.isRunning)
        // With pauses of up to 1, 2, 4, 8 s, at random.
        #expect(first.connections + second.connections < 40)
        #expect((first.log + second.log).contains("another client "))
        #expect(first.stop() == 0)
        #expect(second.stop() == 0)
    }

    @Test("an address where nobody answers holds up nothing")
    func blackHole() async throws {
        let broker = try RealBroker()
        // 192.0.2.0/24 is for documentation (RFC 5737): nobody is there.
        let gateway = try GatewayProcess(
            brokerPort: broker.port,
            destinations: """
                  - name: nowhere
                    kind: mqtt
                    topic: up
                    broker: { host: 192.0.2.1, port: 1883 }
                  - { name: nobody, kind: webhook, url: "https://192.0.2.2/alarms", timeout: 2s }
                """)
        let begun = Date()
        try await gateway.startConnected()
        let sensor = try await Sensor(broker)
        try await sensor.send(2.5, at: Sensor.nowMilliseconds)
        try await eventually("the local log has it") {
            (try? String(contentsOfFile: gateway.folder.file("escalations.jsonl"), encoding: .utf8))?.contains("watch")
                ?? false
        }
        try await eventually("both others wait, and it is known why") {
            try StoreReader(path: gateway.storePath).outbox().filter { $0.attempts > 0 }.map(\.destination).contains(
                "nobody")
        }
        #expect(gateway.stop() == 0)
        #expect(Date().timeIntervalSince(begun) < 30)
    }
}

extension StoreReader {
    /// Whether there is a reading of a device with that time, in milliseconds since 1970.
    func holds(device wanted: String, at milliseconds: Int64) throws -> Bool {
        var isThere = false
        try forEachReading { device, _, reading in
            if device == wanted, reading.time.nanoseconds / 1_000_000 == milliseconds { isThere = true }
        }
        return isThere
    }
}
