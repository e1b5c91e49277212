import Alarms
import Escalation
import Foundation
import Store
import Telemetry
import TestSupport
import Testing
import Wire

/// The gateway's own process, ended again and again in the middle of all that it may have to do at once: messages of
/// several quantities, arrays of samples, messages that all look alike, alarms that come and go, and storms of reloads.
///
/// `make soak` ends it 150 times.
@Suite struct SoakTests {
    private static let ends = ProcessInfo.processInfo.environment["TOCSIN_SOAK_ENDS"].flatMap { Int($0) } ?? 12

    private static let profiles = [
        "pair": """
        profile: pair
        topic: pair/{device}
        time: { pointer: /t, format: unix_ms }
        interval: 1m
        silence: 1h
        readings:
          - { quantity: water_level, pointer: /level, unit: m }
          - { quantity: temperature, pointer: /temperature, unit: degC }
        """,
        "wave": """
        profile: wave
        topic: wave/{device}
        time: { pointer: /t, format: unix_ms }
        interval: 1m
        silence: 1h
        readings: [ { quantity: acceleration_x, unit: m/s2, samples: { pointer: /x, rate: 100 Hz, time: last } } ]
        """,
        "alike": """
        profile: alike
        topic: alike/{device}
        interval: 1m
        silence: 1h
        readings: [ { quantity: rain, pointer: /rain, unit: mm } ]
        """,
    ]

    private static let rules = """
        hazard: flood
        rules:
          - { name: high, for_each: device, levels: { watch: water_level > 2 m }, blind: none }
          - { name: shaken, for_each: device, levels: { watch: "max(acceleration_x, 1s) > 5 m/s2" }, blind: none }

        """

    /// What was published, and what has to come of it.
    private struct Sent {
        var pairs = 0
        var waves = 0
        var alike = 0
        /// The times of the pairs, whose levels are in turn over the threshold and under it.
        var times: [Instant] = []
    }

    @Test(
        "over many ends nothing is lost, invented or out of order, whatever it was doing, and it always ends when it is told to"
    )
    func soak() async throws {
        let broker = try RealBroker(isPersistent: true)
        let gateway = try GatewayProcess(
            brokerPort: broker.port, rules: Self.rules, broker: ", protocol: 5",
            more: "flapping: { changes: 1000, within: 1m }")
        for (name, text) in Self.profiles { try gateway.folder.write("profiles/\(name).yaml", text) }
        try gateway.folder.write(
            "site.yaml",
            "site: test-site\ndevices:\n"
                + Self.profiles.keys.sorted().map { "  - { id: \($0), profile: \($0) }\n" }.joined())
        let upstream = try await Upstream(broker)
        try await gateway.startConnected()
        let publisher = try await Sensor(broker).publisher
        var random = SeededRandom(seed: 150)
        var sent = Sent()
        let start = Sensor.nowMilliseconds - 3_600_000
        var connections = 0
        for round in 0..<Self.ends {
            for _ in 0..<6 {
                sent.pairs += 1
                let time = start + Int64(sent.pairs) * 500
                sent.times.append(Instant(nanoseconds: time * 1_000_000))
                let level = sent.pairs.isMultiple(of: 2) ? 1 : 3
                try publisher.post(
                    topic: "pair/pair", payload: Array("{\"t\":\(time),\"level\":\(level),\"temperature\":12.5}".utf8))
                sent.waves += 1
                try publisher.post(topic: "wave/wave", payload: Array("{\"t\":\(time),\"x\":[0,1,2,1,0]}".utf8))
                for _ in 0..<4 {
                    sent.alike += 1
                    try publisher.post(topic: "alike/alike", payload: Array("{\"rain\":0.2}".utf8))
                }
            }
            // One that is told to end has to have begun; the others are ended at any moment, before their first line,
            // too.
            let isTold = round % 5 == 4
            if isTold { try await eventually("it is connected") { gateway.connections > connections } }
            // Reloads that change nothing, some of them of another file.
            if round % 3 == 1 { try gateway.folder.write("rules/rules.yaml", Self.rules + "# \(round)\n") }
            for _ in 0..<(round % 2 == 0 ? 40 : 3) { gateway.signal(SIGHUP) }
            try await Task.sleep(for: .microseconds(Int.random(in: 0...60_000, using: &random)))
            if isTold {
                let began = ContinuousClock.now
                #expect(gateway.stop() == 0)
                #expect(ContinuousClock.now - began < .seconds(20), "it did not end soon when it was told to")
            } else {
                gateway.kill()
            }
            connections = gateway.connections
            if round % 4 == 2 { try await gateway.startConnected() } else { try gateway.start() }
            try await Task.sleep(for: .milliseconds(Int.random(in: 20...150, using: &random)))
        }
        let expected = sent.pairs * 2 + sent.waves * 5 + sent.alike
        let reader = try StoreReader(path: gateway.storePath)
        try await eventually(within: 60, "all \(expected) readings are stored: \(gateway.log.suffix(2000))") {
            try reader.count(.reading) >= expected
        }
        try await eventually(within: 60, "all escalations are delivered") { try reader.outbox().isEmpty }
        try check(reader, sent, upstream)
        #expect(gateway.stop() == 0)
        await upstream.stop()
    }

    private func check(_ reader: StoreReader, _ sent: Sent, _ upstream: Upstream) throws {
        var counts: [String: Int] = [:]
        var times: [String: Set<Int64>] = [:]
        try reader.forEachReading { device, quantity, reading in
            counts[device + "/" + quantity, default: 0] += 1
            times[device + "/" + quantity, default: []].insert(reading.time.nanoseconds)
        }
        #expect(
            counts == [
                "pair/water_level": sent.pairs, "pair/temperature": sent.pairs, "wave/acceleration_x": sent.waves * 5,
                "alike/rain": sent.alike,
            ])
        #expect(times["pair/water_level"]?.count == sent.pairs && times["wave/acceleration_x"]?.count == sent.waves * 5)
        let events = try reader.events(after: 0, since: nil, limit: .max)
        #expect(events.map(\.time) == sent.times, "moments at which the level was crossed")
        #expect(events.map(\.kind.rawValue) == sent.times.indices.map { $0.isMultiple(of: 2) ? "raised" : "cleared" })
        let due = try reader.escalationIdentities(to: "upstream")
        var seen: Set<String> = []
        let arrived = upstream.messages.compactMap { CloudEvent.read($0.payload)?.id }
        let first = arrived.filter { seen.insert($0).inserted }
        #expect(Set(first) == Set(due) && due.count == events.count)
        // In the order in which they came first, within each alarm.
        let order = Dictionary(uniqueKeysWithValues: due.enumerated().map { ($1, $0) })
        #expect(first.compactMap { order[$0] }.isSorted)
        #expect(try reader.verifyAudit().faults == [])
        #expect(try reader.check().faults == [])
        print(
            "\(Self.ends) ends: \(counts.values.reduce(0, +)) readings, none lost, none twice; \(events.count) transitions; \(due.count) escalations, \(arrived.count - first.count) of them again"
        )
    }
}

extension Array where Element: Comparable {
    fileprivate var isSorted: Bool { zip(self, dropFirst()).allSatisfy { $0 <= $1 } }
}
