import Alarms
import Devices
import Diagnostics
import Escalation
import Foundation
import Gateway
import RuleLanguage
import SiteConfiguration
import Telemetry
import TestSupport
import Wire

/// Something that takes bytes from outside. Whatever they are, they are taken or refused, and nothing ends the process.
enum FuzzTarget: String, CaseIterable {
    case json, senml, topic, rules, policies, devices, configuration, control, outbox, sequence
    case senmlSequence = "senml-sequence"
    case text, csv, binary, uplink, calculation, sparkplug
    case senmlCBOR = "senml-cbor"
    case keyValue = "key-value"

    private static let arrival = Instant(rfc3339: "2018-06-03T22:05:00Z".utf8)!  // a literal that reads
    private nonisolated(unsafe) static let jsonDecoder = decoder(SmallSite.profile)
    private nonisolated(unsafe) static let senmlDecoder = decoder(
        "profile: test\ntopic: test/{device}\nformat: senml\nreadings: [ { quantity: temperature, record: temperature, unit: degC } ]\n"
    )
    private nonisolated(unsafe) static let textDecoder = decoder(FormatProfiles.text)
    private nonisolated(unsafe) static let csvDecoder = decoder(FormatProfiles.csv)
    private nonisolated(unsafe) static let keyValueDecoder = decoder(FormatProfiles.keyValue)
    private nonisolated(unsafe) static let binaryDecoder = decoder(FormatProfiles.binary)
    private nonisolated(unsafe) static let uplinkDecoder = decoder(FormatProfiles.uplink)
    private nonisolated(unsafe) static let cborDecoder = decoder(FormatProfiles.senmlCBOR)
    private nonisolated(unsafe) static let sparkplugDecoder = decoder(FormatProfiles.sparkplug)
    // literals that read
    private static let sequences = try! SequenceTarget(profile: EdgeSite.json(time: "unix"), scale: 1)
    private static let senmlSequences = try! SequenceTarget(profile: EdgeSite.senml, scale: nil)  // literals that read
    private static let site = try! SmallSite.site()  // a literal that reads

    // One thread drives the fuzzer, so that the decoders need no lock.
    private static func decoder(_ profile: String) -> JudgingDecoder {
        let inventory = SourceFile(name: "site.yaml", text: "site: s\ndevices: [ { id: d1, profile: test } ]\n")
        // literals that read
        let site = try! Site.read(inventory: inventory, profiles: [SourceFile(name: "p.yaml", text: profile)])
        return JudgingDecoder(site: site, series: { _, _ in SeriesID(index: 0) })
    }

    func take(_ bytes: UnsafeRawBufferPointer) {
        var readings: [Reading] = []
        let text = SourceFile(name: "fuzz.yaml", text: String(decoding: bytes, as: UTF8.self))
        switch self {
        case .json: _ = Self.jsonDecoder.decode(bytes, from: 0, arrival: Self.arrival, into: &readings)
        case .senml: _ = Self.senmlDecoder.decode(bytes, from: 0, arrival: Self.arrival, into: &readings)
        case .text: _ = Self.textDecoder.decode(bytes, from: 0, arrival: Self.arrival, into: &readings)
        case .csv: _ = Self.csvDecoder.decode(bytes, from: 0, arrival: Self.arrival, into: &readings)
        case .keyValue: _ = Self.keyValueDecoder.decode(bytes, from: 0, arrival: Self.arrival, into: &readings)
        case .binary: _ = Self.binaryDecoder.decode(bytes, from: 0, arrival: Self.arrival, into: &readings)
        case .uplink: _ = Self.uplinkDecoder.decode(bytes, from: 0, arrival: Self.arrival, into: &readings)
        case .senmlCBOR: _ = Self.cborDecoder.decode(bytes, from: 0, arrival: Self.arrival, into: &readings)
        case .sparkplug:
            // The first byte chooses the topic: birth, data or death of the node, or of a device.
            guard let route = bytes.first else { return }
            let payload = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
            _ = Self.sparkplugDecoder.decode(payload, from: Int(route % 6), arrival: Self.arrival, into: &readings)
        case .calculation: calculate(text.text)
        case .topic: _ = Self.jsonDecoder.decoder.route(of: bytes)
        case .rules:
            let compiler = RuleCompiler(
                RuleContext(ladder: SmallSite.ladder, policies: ["duty"], allowedLateness: .minutes(10)))
            show { () throws(DiagnosticList) in
                _ = try compiler.compile([text], for: Self.site, series: SmallSite.series(Self.site))
            }
        case .policies:
            show { () throws(DiagnosticList) in
                _ = try PolicySet.read(text, ladder: SmallSite.ladder, destinations: ["up"], zone: ZoneTable())
            }
        case .devices:
            let profile = SourceFile(name: "p.yaml", text: SmallSite.profile)
            show { () throws(DiagnosticList) in _ = try Site.read(inventory: text, profiles: [profile]) }
            show { () throws(DiagnosticList) in
                _ = try Site.read(inventory: SourceFile(name: "s.yaml", text: SmallSite.inventory()), profiles: [text])
            }
        case .configuration: show { () throws(DiagnosticList) in _ = try Configuration.read(text, environment: [:]) }
        case .control: _ = try? JSONDecoder().decode(ControlRequest.self, from: Data(bytes))
        case .sequence: Self.sequences.take(bytes)
        case .senmlSequence: Self.senmlSequences.take(bytes)
        case .outbox: _ = CloudEvent.read(text.text)
        }
        for reading in readings where !reading.value.isFinite && !reading.quality.contains(.notFinite) {
            fatalError("a reading of \(reading.value) that is not flagged")
        }
    }

    /// Reads the bytes as a calculation of a profile, and computes it.
    private func calculate(_ text: String) {
        let quoted = text.replacing("'", with: "''").replacing("\n", with: " ")
        let profile = FormatProfiles.calculation.replacing("CALCULATION", with: "'\(quoted)'")
        show { () throws(DiagnosticList) in
            let profile = try Profile.read(SourceFile(name: "p.yaml", text: profile))
            _ = VectorRun(profile, topic: nil, payload: .whole(Array(#"{"x":3,"a":-1}"#.utf8)), arrival: Self.arrival)
        }
    }

    /// Every mistake can be shown.
    private func show(_ body: () throws(DiagnosticList) -> Void) {
        do {
            try body()
        } catch {
            for diagnostic in error.diagnostics { _ = DiagnosticText.plain(diagnostic) }
        }
    }
}
