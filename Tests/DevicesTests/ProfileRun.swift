import Devices
import Diagnostics
import Telemetry
import Testing

extension DecodingTests {
    /// Decodes one payload by a profile that has the given keys.
    static func run(_ keys: String, _ payload: String, topic: String? = nil) throws -> VectorRun {
        try run(keys, .whole(Array(payload.utf8)), topic: topic)
    }

    static func run(_ keys: String, _ payload: ProfileVector.Payload, topic: String? = nil) throws -> VectorRun {
        let head = keys.contains("messages:") ? "profile: p\n" : "profile: p\ntopic: t/{device}\n"
        let profile = try Profile.read(SourceFile(name: "p.yaml", text: head + keys))
        return try #require(VectorRun(profile, topic: topic, payload: payload, arrival: arrival))
    }

    /// The quantities and values in the canonical units.
    static func values(_ keys: String, _ payload: String) throws -> [(name: String, value: Double)] {
        try run(keys, payload).readings.map { ($0.quantity.name, $0.value) }
    }

    static func values(_ keys: String, hex: String, port: Int = 1) throws -> [String] {
        let payload = try #require(ProfileVector.Payload(hex: hex, port: port))
        let run = try run(keys, payload)
        let readings = run.readings.map { "\($0.quantity.name) \(NumberText.short($0.value))" }
        return run.findings.description.isEmpty ? readings : readings + [run.findings.description]
    }
}
