import Foundation
import POSIX
import Store
import Telemetry
import TestSupport
import Testing

/// The gateway, a real broker, and devices that are played by independent libraries.
@Suite(.serialized) struct IndependentPlayerTests {
    private static let rules =
        "hazard: flood\nrules: [ { name: silence, for_each: device, levels: { watch: silent() } } ]\n"

    /// Plays to the end, and returns what the player prints.
    private static func play(_ arguments: [String]) throws -> String {
        let folder = try TemporaryFolder()
        let player = try Subprocess(
            RepositoryRoot.path + "/scripts/players/run", arguments, output: folder.file("out"),
            errors: folder.file("err"), environment: ProcessInfo.processInfo.environment)
        let code = player.wait()
        let errors = (try? String(contentsOfFile: folder.file("err"), encoding: .utf8)) ?? ""
        guard code == 0 else { throw TestFailure("the player ended with \(code): \(errors)") }
        return try String(contentsOfFile: folder.file("out"), encoding: .utf8)
    }

    private static func stored(_ path: String) throws -> [SparkplugRecording.Found] {
        var found: [SparkplugRecording.Found] = []
        try StoreReader(path: path).forEachReading { device, quantity, reading in
            found.append(
                SparkplugRecording.Found(
                    device: device, quantity: quantity, time: reading.time.nanoseconds / 1_000_000,
                    value: reading.value))
        }
        return found
    }

    @Test(
        "what an edge node of Sparkplug has sent is stored, once; after a loss it is asked for its birth, and answers",
        arguments: ["plain", "gap", "late-join", "death", "stale-death", "duplicates"])
    func sparkplug(scenario: String) async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port, rules: Self.rules)
        for profile in SparkplugRecording.profiles {
            try gateway.folder.write("profiles/\(profile.name)", profile.text)
        }
        try gateway.folder.write("site.yaml", SparkplugRecording.inventory)
        try await gateway.startConnected()
        let text = try Self.play(
            ["sparkplug-node.py", scenario, "--port", "\(broker.port)", "--pause", "0.02"])
        let recording = try SparkplugRecording(text)
        let must = recording.must
        try await eventually("all is stored: \(gateway.log.suffix(2000))") {
            let last = try Self.stored(gateway.storePath).last { $0.device == "dev1" && $0.quantity == "online" }
            let stored = try Set(Self.stored(gateway.storePath))
            return must.isSubset(of: stored) && last?.value == 0
        }
        let values = try Self.stored(gateway.storePath).filter { $0.quantity.hasPrefix("m_") }
        #expect(Set(values).subtracting(must).subtracting(recording.may).isEmpty)
        #expect(values.count == Set(values).count)
        // The node has checked the commands.
        #expect(recording.events.flatMap { $0.problems ?? [] } == [])
        if ["gap", "late-join"].contains(scenario) {
            #expect(recording.events.contains { $0.event == "received" })
        }
        #expect(gateway.stop() == 0)
    }

    /// A line of the network server's player.
    private struct Line: Decodable {
        struct Reading: Decodable {
            var metric: String
            var unit: String
            var value: Double
            var timestamp: Int64

            /// As the gateway keeps it: in the unit of its quantity.
            var found: SparkplugRecording.Found {
                let own = Unit(symbol: unit) ?? .one
                let (factor, summand) = own.conversion(to: Quantity.known[metric]?.unit ?? own)
                return SparkplugRecording.Found(
                    device: "cellar", quantity: metric, time: timestamp, value: value * factor + summand)
            }
        }

        var event: String
        var readings: [Reading]?
        var missing: Int?
    }

    @Test("a stream of ChirpStack: copies count once, missing frames are counted, other events give nothing")
    func chirpStack() async throws {
        let broker = try RealBroker()
        let gateway = try GatewayProcess(brokerPort: broker.port, rules: Self.rules)
        let profile = try RepositoryRoot.file("Devices/profiles/dragino/lht65n.yaml").text
        try gateway.folder.write("profiles/lht65n.yaml", profile)
        let application = "17c82e96-be03-4f38-aef3-f83d48582d97"
        try gateway.folder.write(
            "site.yaml",
            """
            site: s
            devices:
              - id: cellar
                profile: dragino-lht65n
                topic: application/\(application)/device/a84041000181c061/event/up

            """)
        try await gateway.startConnected()
        // A message each twenty minutes, the last ones of now: they are played in a second.
        let start = Int64(Date().timeIntervalSince1970 * 1000) - 9 * 3_600_000
        let text = try Self.play([
            "chirpstack-stream.py", "--port", "\(broker.port)", "--pause", "0.02", "--qos", "1", "--start", "\(start)",
        ])
        let lines = try text.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        let end = try #require(lines.last { $0.event == "end" })
        let must = Set((end.readings ?? []).map(\.found))
        #expect(must.count >= 20)
        func key(_ found: SparkplugRecording.Found) -> String {
            "\(found.quantity) \(found.time) \(NumberText.short(found.value))"
        }
        let wanted = Set(must.map(key))
        var lacking: [String] = []
        try await eventually("stored: \(lacking.prefix(60)), \(gateway.log.suffix(2000))") {
            lacking = try wanted.subtracting(Self.stored(gateway.storePath).map(key)).sorted()
            return lacking.isEmpty
        }
        let stored = try Self.stored(gateway.storePath)
        let values = stored.filter { found in must.contains { $0.quantity == found.quantity } }.map(key)
        #expect(values.count == Set(values).count, "a copy was counted")
        let missing = stored.filter { $0.quantity == "missing_messages" }.reduce(0) { $0 + $1.value }
        #expect(missing == Double(end.missing ?? 0))
        #expect(gateway.stop() == 0)
    }
}
