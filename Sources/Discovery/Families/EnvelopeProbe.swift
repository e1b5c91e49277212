internal import Devices
internal import Diagnostics

/// Asks the gateway's decoder whether a payload is a message of a network server that it reads.
struct EnvelopeProbe: Sendable {
    private static let text = """
        profile: envelope-probe
        topic: probe
        envelope: lorawan
        format: text
        readings: [ { quantity: link_rssi, link: rssi, unit: dBm } ]
        """

    private let profile: Profile?

    init() {
        // The text above is a profile; a test reads it. Without it the probe has no objection to anything.
        profile = try? Profile.read(SourceFile(name: "(built-in)/envelope-probe.yaml", text: Self.text))
    }

    /// Returns why the decoder does not read a message; `nil` if it does.
    func objection(to sample: TopicRecord.Sample) -> String? {
        guard let profile,
            let run = VectorRun(profile, topic: nil, payload: .whole(sample.bytes), arrival: sample.arrival)
        else { return nil }
        return run.findings.faults.first?.description
    }
}
