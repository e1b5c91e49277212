import Devices
import Diagnostics
import Foundation
import Telemetry
import TestSupport
import Testing

/// Sparkplug B, against recordings of an independent edge node (scripts/players), and against public reports.
@Suite struct SparkplugTests {
    private typealias Found = SparkplugRecording.Found

    /// Feeds payloads to a decoder, and keeps what comes of them.
    final class Receiver {
        let site: Site
        let decoder: PayloadDecoder
        private(set) var found: [SparkplugRecording.Found] = []
        private(set) var problems: [String] = []
        private(set) var deaths: [String] = []
        private let names: [(device: String, quantity: String)]
        /// The recordings are of 2025-06-15, from 15:06 on.
        private var now = Instant(nanoseconds: 1_750_000_000_000_000_000)

        init(_ site: Site) {
            self.site = site
            decoder = PayloadDecoder(site: site, series: SmallSite.series(site))
            names = site.devices.flatMap { device in device.fields.map { (device.id, $0.quantity.name) } }
        }

        func take(_ topic: String, hex: String) { take(topic, Self.bytes(hex)) }

        func take(_ topic: String, _ bytes: [UInt8]) {
            now = now + .seconds(1)
            guard let route = Array(topic.utf8).withUnsafeBytes({ decoder.route(of: $0) }) else { return }
            var readings: [Reading] = []
            decoder.begin(route, arrival: now)
            while let findings = bytes.withUnsafeBytes({ decoder.decodeNext($0, into: &readings) }) {
                if !findings.description.isEmpty { problems.append(findings.description) }
                if decoder.message.isDeath { deaths.append(site.devices[decoder.message.device].id) }
            }
            found += readings.map {
                let name = names[Int($0.series.index)]
                return SparkplugRecording.Found(
                    device: name.device, quantity: name.quantity, time: $0.time.nanoseconds / 1_000_000,
                    value: $0.value)
            }
        }

        /// The topics of the nodes that are asked to be born again.
        func requests() -> [String] { decoder.takeRebirthCommands(at: now, atMost: 10).map(\.topic) }

        func wait(_ span: TimeSpan) { now = now + span }

        func breakLink() { decoder.noteBreak(at: now) }

        static func bytes(_ hex: String) -> [UInt8] {
            let digits = Array(hex)
            return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16) ?? 0 }
        }

        /// The readings of metrics.
        var values: [SparkplugRecording.Found] { found.filter { $0.quantity.hasPrefix("m_") } }
    }

    @Test(
        "the values of an edge node are those that it has sent, each once, with their own times",
        arguments: ["plain", "rich", "death", "stale-death", "restart", "duplicates", "rebirth"])
    func recordings(scenario: String) throws {
        let recording = try SparkplugRecording(of: scenario)
        let receiver = Receiver(try SparkplugRecording.site())
        for event in recording.events where event.event == "sent" || event.event == "delivered" {
            receiver.take(try #require(event.topic), hex: try #require(event.payload))
        }
        let found = Set(receiver.values)
        #expect(recording.must.count >= 10)
        #expect(recording.must.subtracting(found).isEmpty, "missing")
        #expect(found.subtracting(recording.must).subtracting(recording.may).isEmpty, "too many")
        #expect(receiver.values.count == found.count, "a value was read twice")
        #expect(Set(receiver.deaths) == recording.ended)
    }

    @Test(
        "after a lost message, and before a birth, nothing is read by alias; the node is asked for its birth",
        arguments: ["gap", "late-join"])
    func doubt(scenario: String) throws {
        let recording = try SparkplugRecording(of: scenario)
        let receiver = Receiver(try SparkplugRecording.site())
        _ = receiver.requests()
        var isAsked = false
        var isDoubted = scenario == "late-join"
        for event in recording.events where event.event == "sent" {
            let topic = try #require(event.topic)
            let (values, problems) = (receiver.values.count, receiver.problems.count)
            receiver.take(topic, hex: try #require(event.payload))
            if topic.contains("NBIRTH") { isDoubted = false }
            isDoubted = isDoubted || receiver.problems.count > problems
            if isDoubted { #expect(receiver.values.count == values, "\(topic)") }
            receiver.wait(.seconds(6))
            isAsked = isAsked || receiver.requests() == ["spBv1.0/plant/NCMD/node1"]
        }
        #expect(isAsked)
        #expect(receiver.problems.contains { $0.contains("alias that no birth has named") })
        let last = Dictionary(recording.must.sorted { $0.time < $1.time }.map { ($0.quantity, $0.value) }) { $1 }
        let held = Dictionary(receiver.values.sorted { $0.time < $1.time }.map { ($0.quantity, $0.value) }) { $1 }
        for (quantity, value) in held { #expect(last[quantity] == value, "\(quantity)") }
    }

    private static func receiver(_ metrics: [String]) throws -> Receiver {
        let readings = metrics.map {
            "  - { quantity: \(SparkplugRecording.quantity(of: $0)), metric: \"\($0)\", unit: \"1\" }\n"
        }.joined()
        return Receiver(
            try Site.read(
                inventory: SourceFile(
                    name: "site.yaml", text: "site: s\ndevices: [ { id: N, profile: node, labels: { group: G } } ]\n"),
                profiles: [
                    SourceFile(
                        name: "node.yaml",
                        text:
                            "profile: node\nformat: sparkplug\ntopic: spBv1.0/{group}/NDATA/{device}\nreadings:\n\(readings)"
                    )
                ]))
    }

    @Test("the death of an earlier session does not end the present one (eclipse-sparkplug/sparkplug pull request 524)")
    func earlierDeath() throws {
        let receiver = try Self.receiver(["Temperature"])
        let birth =
            "CNLig7n6MhINCgViZFNlcRABIAhYWBIcChROb2RlIENvbnRyb2wvUmViaXJ0aBACIAtwABIaCgtUZW1wZXJhdHVyZRBkIAppAAAAAACANUAYAA=="
        let data = "CNLig7n6MhINEGQgCmkAAAAAAIA2QBgB"
        let death = "CNLig7n6MhINCgViZFNlcRAAIAhYABgA"
        func take(_ kind: String, _ text: String) {
            receiver.take("spBv1.0/G/\(kind)/N", Array(Data(base64Encoded: text) ?? Data()))
        }
        take("NDATA", data)
        #expect(receiver.values.isEmpty)
        #expect(receiver.problems.last?.contains("waiting for the birth of its node") == true)
        take("NBIRTH", birth)
        take("NDATA", data)
        take("NDEATH", death)
        #expect(receiver.values.map(\.value) == [21.5, 22.5])
        #expect(receiver.deaths.isEmpty)
    }

    @Test("a death that names its number by alias only is understood (node-red-contrib-mqtt-sparkplug-plus #64)")
    func deathByAlias() throws {
        let receiver = try Self.receiver(["Temperature"])
        receiver.take(
            "spBv1.0/G/NBIRTH/N",
            hex:
                "0880f8a5f9c132121c0a144e6f646520436f6e74726f6c2f526562697274681002200b7000120d0a0562645365711001200858001800"
        )
        receiver.take("spBv1.0/G/NDEATH/N", hex: "0880f8a5f9c13212061001200858001800")
        #expect(receiver.deaths == ["N"])
        #expect(receiver.found.map { "\($0.quantity) \($0.value)" } == ["online 1.0", "online 0.0"])
    }

    @Test("a signed integer is read in its own width, and by the type of its birth (pysparkplug #26)")
    func signedIntegers() throws {
        for hex in [
            "0880f8a5f9c13212140a035431361880f8a5f9c132200250a9ffffff0f1801",
            "0880f8a5f9c13212120a035431361880f8a5f9c132200250a9ff031801",
        ] {
            let receiver = try Self.receiver(["T16"])
            receiver.take("spBv1.0/G/NDATA/N", hex: hex)
            // It names itself and its type, so that it is read even without a birth.
            #expect(receiver.values.map(\.value) == [-87])
        }
    }

    @Test(
        "numbers of the messages run over 255, and over all devices of the node; also those that are not in the inventory"
    )
    func sequence() throws {
        let receiver = try Self.receiver(["x"])
        func message(_ seq: UInt8) -> [UInt8] {
            // A metric x with alias 1 of type Double, value 1; then seq.
            [0x12, 0x0d, 0x10, 0x01, 0x20, 0x0a, 0x69, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x18]
                + (seq < 128 ? [seq] : [seq & 0x7f | 0x80, 1])
        }
        receiver.take(
            "spBv1.0/G/NBIRTH/N",
            [0x12, 0x10, 0x0a, 0x01, 0x78, 0x10, 0x01, 0x20, 0x0a, 0x69, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x18, 0])
        for number in 1...600 {
            let topic = number % 3 == 0 ? "spBv1.0/G/DDATA/N/other" : "spBv1.0/G/NDATA/N"
            receiver.take(topic, message(UInt8(truncatingIfNeeded: number)))
        }
        #expect(receiver.problems == [])
        #expect(receiver.values.count == 401)
        receiver.take("spBv1.0/G/NDATA/N", message(UInt8(truncatingIfNeeded: 604)))
        #expect(receiver.found.last { $0.quantity == "missing_messages" }?.value == 3)
        #expect(receiver.problems.count == 1)
    }

    @Test("a node is asked at once, then less and less often, and only while it sends what cannot be understood")
    func requests() throws {
        let receiver = try Self.receiver(["x"])
        // After a start, births are not known.
        #expect(receiver.requests() == ["spBv1.0/G/NCMD/N"])
        var asked = 0
        for number in 0..<600 {
            receiver.take(
                "spBv1.0/G/NDATA/N",
                [0x12, 0x0d, 0x10, 0x01, 0x20, 0x0a, 0x69, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x18, UInt8(number % 100)])
            asked += receiver.requests().count
        }
        #expect((5...8).contains(asked), "\(asked)")
        receiver.wait(.minutes(10))
        receiver.take("spBv1.0/G/NBIRTH/N", [0x18, 0])
        #expect(receiver.requests() == [])
    }

    /// A message of metrics with an alias each, of type Double, and its number.
    private static func data(_ values: [(alias: UInt8, value: Double)], seq: UInt8, time: UInt64? = nil) -> [UInt8] {
        values.flatMap { alias, value in
            let metric = [0x10, alias] + stamp(time) + [0x20, 10, 0x69] + little(value.bitPattern)
            return [0x12, UInt8(metric.count)] + metric
        } + [0x18, seq]
    }

    /// A birth with names and aliases, and the number of the session.
    private static func birth(
        _ metrics: [(name: String, alias: UInt8, value: Double)], seq: UInt8 = 0, time: UInt64? = nil
    ) -> [UInt8] {
        metrics.flatMap { name, alias, value in
            let metric =
                [0x0a, UInt8(name.utf8.count)] + Array(name.utf8) + [0x10, alias] + stamp(time) + [0x20, 10, 0x69]
                + little(value.bitPattern)
            return [0x12, UInt8(metric.count)] + metric
        } + [0x18, seq]
    }

    private static func stamp(_ time: UInt64?) -> [UInt8] {
        guard var rest = time else { return [] }
        var bytes: [UInt8] = [0x18]
        while rest > 127 {
            bytes.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    private static func little(_ bits: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: bits >> ($0 * 8)) }
    }

    @Test(
        "an alias that two devices of a node have is each one's own; one that two metrics of a birth have means nothing"
    )
    func sharedAliases() throws {
        let profile = """
            profile: p
            format: sparkplug
            topic: spBv1.0/{group}/DDATA/{node}/{device}
            readings: [ { quantity: m_l, metric: L, unit: "1" }, { quantity: m_t, metric: T, unit: "1" } ]
            """
        let receiver = Receiver(
            try Site.read(
                inventory: SourceFile(
                    name: "site.yaml",
                    text:
                        "site: s\ndevices:\n  - { id: A, profile: p, labels: { group: G, node: N } }\n  - { id: B, profile: p, labels: { group: G, node: N } }\n"
                ), profiles: [SourceFile(name: "p.yaml", text: profile)]))
        receiver.take("spBv1.0/G/NBIRTH/N", [0x18, 0])
        receiver.take("spBv1.0/G/DBIRTH/N/A", Self.birth([("L", 1, 1)], seq: 1))
        receiver.take("spBv1.0/G/DBIRTH/N/B", Self.birth([("T", 1, 20)], seq: 2))
        receiver.take("spBv1.0/G/DDATA/N/A", Self.data([(1, 1.5)], seq: 3))
        #expect(
            receiver.values.map { "\($0.device) \($0.quantity) \($0.value)" } == [
                "A m_l 1.0", "B m_t 20.0", "A m_l 1.5",
            ])
        receiver.take("spBv1.0/G/DBIRTH/N/A", Self.birth([("L", 1, 2), ("T", 1, 21)], seq: 4))
        let before = receiver.values.count
        _ = receiver.requests()
        receiver.take("spBv1.0/G/DDATA/N/A", Self.data([(1, 9)], seq: 5))
        #expect(receiver.values.count == before)
        #expect(receiver.problems.last?.contains("an alias that no birth has named") == true)
        // The series must not stay deaf.
        #expect(receiver.requests() == ["spBv1.0/G/NCMD/N"])
    }

    @Test("after a broken link the aliases of before mean nothing, even if the numbers fit")
    func brokenLink() throws {
        let receiver = try Self.receiver(["L", "T"])
        receiver.take("spBv1.0/G/NBIRTH/N", Self.birth([("L", 1, 1), ("T", 2, 20)]))
        #expect(receiver.requests() == [])
        receiver.breakLink()
        receiver.take("spBv1.0/G/NDATA/N", Self.data([(2, 1.75)], seq: 1))
        #expect(receiver.values.count == 2)
        #expect(receiver.problems.last?.contains("the link to the broker was lost") == true)
        #expect(receiver.requests() == ["spBv1.0/G/NCMD/N"])
        receiver.take("spBv1.0/G/NBIRTH/N", Self.birth([("T", 1, 20), ("L", 2, 1.75)]))
        receiver.take("spBv1.0/G/NDATA/N", Self.data([(2, 1.8)], seq: 1))
        #expect(receiver.values.last?.quantity == "m_l")
    }

    @Test("a time of the future does not silence a metric in later births; a birth that repeats a value gives it once")
    func futureTime() throws {
        let receiver = try Self.receiver(["L"])
        let now: UInt64 = 1_750_000_000_000
        receiver.take("spBv1.0/G/NBIRTH/N", Self.birth([("L", 1, 1)], time: now))
        receiver.take("spBv1.0/G/NDATA/N", Self.data([(1, 2)], seq: 1, time: 4_102_444_800_000))
        receiver.take("spBv1.0/G/NBIRTH/N", Self.birth([("L", 1, 3)], time: now + 2000))
        receiver.take("spBv1.0/G/NBIRTH/N", Self.birth([("L", 2, 3)], time: now + 2000))
        #expect(receiver.values.map(\.value) == [1, 2, 3])
    }

    @Test("copies that come late count nothing, and the births of strangers take no memory")
    func lateCopies() throws {
        let receiver = try Self.receiver(["L"])
        let birth = Self.birth([("L", 1, 1)])
        receiver.take("spBv1.0/G/NBIRTH/N", birth)
        for number in 1...6 as ClosedRange<UInt8> {
            receiver.take("spBv1.0/G/NDATA/N", Self.data([(1, Double(number))], seq: number))
        }
        receiver.take("spBv1.0/G/NDATA/N", Self.data([(1, 4)], seq: 4))
        receiver.take("spBv1.0/G/NBIRTH/N", birth)
        receiver.take("spBv1.0/G/NDATA/N", Self.data([(1, 7)], seq: 7))
        #expect(receiver.values.map(\.value) == [1, 1, 2, 3, 4, 5, 6, 7])
        #expect(!receiver.found.contains { $0.quantity == "missing_messages" })
        for number in 0..<20 as Range<UInt8> {
            receiver.take("spBv1.0/G/DBIRTH/N/stranger\(number)", Self.birth([("L", 1, 1)], seq: 8 + number))
        }
        receiver.take("spBv1.0/G/NDATA/N", Self.data([(1, 8)], seq: 28))
        #expect(receiver.values.last?.value == 8)
        #expect(receiver.problems == [])
    }

    @Test("a metric whose quality is not good gives no reading: 0 is bad, and 500 stale")
    func quality() throws {
        for (code, isGood) in [(192, true), (193, true), (0, false), (500, false), (64, false)] as [(UInt16, Bool)] {
            let receiver = try Self.receiver(["L"])
            // Property "Quality" of type Int32.
            let number: [UInt8] = code < 128 ? [UInt8(code)] : [UInt8(code & 127 | 128), UInt8(code >> 7)]
            let value: [UInt8] = [0x08, 3, 0x18] + number
            let properties: [UInt8] =
                [0x0a, 7] + Array("Quality".utf8) + [0x12, UInt8(value.count)] + value
            let metric: [UInt8] =
                [0x0a, 1, 0x4c, 0x20, 10, 0x4a, UInt8(properties.count)] + properties + [0x69]
                + Self.little(2.5.bitPattern)
            receiver.take("spBv1.0/G/NBIRTH/N", [0x12, UInt8(metric.count)] + metric + [0x18, 0])
            #expect(receiver.values.map(\.value) == (isGood ? [2.5] : []), "\(code)")
        }
    }

    @Test("broken and compressed protobuf are faults, and no bytes of them end the decoder")
    func broken() throws {
        let receiver = try Self.receiver(["x"])
        var random = SeededRandom(seed: 0x7370_6172)
        let payloads = try SparkplugRecording(of: "rich").events.compactMap(\.payload).map { Receiver.bytes($0) }
        for _ in 0..<3000 {
            var bytes = payloads.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
            let kind = ["NBIRTH", "NDATA", "NDEATH", "DDATA"].randomElement(using: &random) ?? ""
            receiver.take("spBv1.0/G/\(kind)/N\(kind == "DDATA" ? "/d" : "")", bytes)
        }
        #expect(receiver.problems.contains { $0.contains("its protobuf is broken") })
        let marked = [0x08, 1, 0x18, 0, 0x22, 18] + Array("SPBV1.0_COMPRESSED".utf8) + [0x2a, 3, 1, 2, 3]
        receiver.take("spBv1.0/G/NDATA/N", marked)
        #expect(receiver.problems.last?.contains("it is compressed") == true)
    }

    @Test("a site hears all that its nodes send, and not the commands")
    func filters() throws {
        let site = try SparkplugRecording.site()
        #expect(
            site.filters == [
                "spBv1.0/+/DBIRTH/+/+", "spBv1.0/+/DDATA/+/+", "spBv1.0/+/DDEATH/+/+", "spBv1.0/+/NBIRTH/+",
                "spBv1.0/+/NDATA/+", "spBv1.0/+/NDEATH/+",
            ])
    }

    @Test(
        "what a profile of Sparkplug can get wrong",
        arguments: [
            (
                "topic: spBv1.0/{group}/DBIRTH/{node}/{device}\nreadings: [ { quantity: rain, metric: R } ]\n",
                "is that of the data"
            ),
            (
                "topic: spBv1.0/{group}/NDATA/{device}\nreadings: [ { quantity: rain, pointer: /R } ]\n",
                "'metric' is missing"
            ),
            (
                "topic: spBv1.0/{group}/NDATA/{device}\ntime: { pointer: /t }\nreadings: [ { quantity: rain, metric: R } ]\n",
                "Sparkplug needs no 'time'"
            ),
        ])
    func mistakes(keys: String, expected: String) {
        do {
            _ = try Profile.read(SourceFile(name: "p.yaml", text: "profile: p\nformat: sparkplug\n" + keys))
            Issue.record("no mistake was found")
        } catch { #expect(error.description.contains(expected), "\(error)") }
    }
}
