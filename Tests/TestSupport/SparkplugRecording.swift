import Devices
import Diagnostics
import Foundation

/// What an independent edge node of Sparkplug B (scripts/players/sparkplug-node.py) says that it has sent, and what a
/// receiver must come to hold.
package struct SparkplugRecording: Sendable {
    package struct Value: Decodable, Sendable {
        package var device: String?
        package var metric: String
        package var type: String
        package var value: Number
        /// Milliseconds since 1970.
        package var timestamp: Int64
    }

    /// A number or a truth; anything else is no reading.
    package struct Number: Decodable, Sendable {
        package var number: Double?

        package init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let truth = try? container.decode(Bool.self) {
                number = truth ? 1 : 0
            } else {
                number = try? container.decode(Double.self)
            }
        }
    }

    package struct End: Decodable, Sendable { package var device: String? }

    package struct Event: Decodable, Sendable {
        package var event: String
        package var topic: String?
        package var payload: String?
        package var readings: [Value]?
        package var may: [Value]?
        package var ends: [End]?
        /// What is wrong with a command that the node has received.
        package var problems: [String]?
    }

    /// A reading as the tests compare it.
    package struct Found: Hashable, Sendable {
        package var device: String
        package var quantity: String
        package var time: Int64
        package var value: Double

        package init(device: String, quantity: String, time: Int64, value: Double) {
            (self.device, self.quantity, self.time, self.value) = (device, quantity, time, value)
        }

        fileprivate init?(_ value: Value) {
            guard let number = value.value.number, !Self.texts.contains(value.type) else { return nil }
            self.init(
                device: value.device ?? "node1", quantity: SparkplugRecording.quantity(of: value.metric),
                time: value.timestamp,
                value: number)
        }

        fileprivate static let texts = ["String", "Text", "UUID"]
    }

    package let events: [Event]

    /// - Parameter text: the lines that the player prints.
    package init(_ text: String) throws {
        events = try text.split(separator: "\n").map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
    }

    /// A recording of Tests/Conformance.
    package init(of scenario: String) throws {
        try self.init(RepositoryRoot.file("Tests/Conformance/sparkplug/\(scenario).jsonl").text)
    }

    /// The readings that a receiver must hold at the end.
    package var must: Set<Found> {
        Set((events.last { $0.event == "end" }?.readings ?? []).compactMap { Found($0) })
    }

    /// Readings that it may hold.
    package var may: Set<Found> { Set(events.flatMap { $0.may ?? [] }.compactMap { Found($0) }) }

    /// The devices that were gone at some time.
    package var ended: Set<String> { Set(events.flatMap { $0.ends ?? [] }.map { $0.device ?? "node1" }) }

    /// The units that the node's births name.
    private static let units = [
        "Water/Level": "m", "Air/Temperature": "degC", "Battery": "%", "Gas": "ppm", "Supply/Voltage": "V",
        "Uptime": "s", "Tilt": "deg", "Displacement": "mm",
    ]

    package static func quantity(of metric: String) -> String {
        "m_" + metric.lowercased().map { $0.isLetter ? "\($0)" : "_" }.joined()
    }

    package static let inventory = """
        site: s
        devices:
          - { id: node1, profile: node, labels: { group: plant } }
          - { id: dev1, profile: device, labels: { group: plant, node: node1 } }

        """

    /// The profiles of the node and its device, with a quantity for each metric that the recordings have.
    package static let profiles: [SourceFile] = {
        let recordings = ["plain", "rich"].compactMap { try? SparkplugRecording(of: $0) }
        let values = recordings.flatMap(\.events).flatMap { ($0.readings ?? []) + ($0.may ?? []) }
        func profile(_ name: String, _ topic: String, _ device: String?) -> SourceFile {
            var metrics: [String] = []
            for value in values where value.device == device && !metrics.contains(value.metric) {
                if !Found.texts.contains(value.type) { metrics.append(value.metric) }
            }
            let readings = metrics.map {
                "  - { quantity: \(quantity(of: $0)), metric: \"\($0)\", unit: \"\(units[$0] ?? "1")\" }\n"
            }
            return SourceFile(
                name: "\(name).yaml",
                text:
                    "profile: \(name)\nformat: sparkplug\ntopic: \(topic)\nsilence: 1h\nreadings:\n\(readings.joined())"
            )
        }
        return [
            profile("node", "spBv1.0/{group}/NDATA/{device}", nil),
            profile("device", "spBv1.0/{group}/DDATA/{node}/{device}", "dev1"),
        ]
    }()

    package static func site() throws -> Site {
        try Site.read(inventory: SourceFile(name: "site.yaml", text: inventory), profiles: profiles)
    }
}
