import Devices
import Diagnostics
import Telemetry
import TestSupport
import Testing

/// Payloads and files of extreme size.
@Suite struct LimitTests {
    private static let start = Instant(rfc3339: "2026-11-25T12:00:00Z".utf8)!  // a literal that reads

    private static func site(_ profile: String, device: String = "") throws -> Site {
        try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: s\ndevices: [ { id: d, profile: p\(device) } ]\n"),
            profiles: [SourceFile(name: "p.yaml", text: "profile: p\ntopic: t/{device}\n" + profile)])
    }

    private static func decode(_ profile: String, _ payload: String) throws -> [Reading] {
        let decoder = JudgingDecoder(site: try site(profile), series: { _, _ in SeriesID(index: 0) })
        var readings: [Reading] = []
        _ = Array(payload.utf8).withUnsafeBytes {
            decoder.decode($0, from: 0, arrival: Self.start, into: &readings)
        }
        return readings
    }

    @Test(
        "a duration that is too long for sums of durations is an error at its place",
        arguments: ["40000d", "2700w", "1e9h"])
    func durations(span: String) {
        let rain = "readings: [ { quantity: rain, pointer: /r } ]\n"
        for (profile, device) in [
            ("interval: \(span)\n", ""), ("silence: \(span)\n", ""), ("clock: { behind: \(span) }\n", ""),
            ("", ", interval: \(span)"),
            ("", ", silence: \(span)"),
        ] {
            do {
                _ = try Self.site(profile + rain, device: device)
                Issue.record("it was accepted")
            } catch {
                #expect("\(error)".contains("must be at most 50 years") || span == "1e9h", "\(error)")
            }
        }
        #expect((try? Self.site("interval: 18262d\n" + rain)) != nil)
    }

    @Test("a base name as long as the payload holds nothing up")
    func longBaseName() throws {
        let profile = "format: senml\nreadings: [ { quantity: temperature, record: t, unit: degC } ]\n"
        let records = Array(repeating: #"{"n":"t"}"#, count: 13_000).joined(separator: ",")
        for scheme in ["urn:dev:org:", "urn:dev:mac:", "a/b/", ""] {
            let name = scheme + String(repeating: "a/", count: 60_000)
            let started = ContinuousClock().now
            #expect(try Self.decode(profile, #"[{"bn":"\#(name)","bv":1},\#(records)]"#).isEmpty)
            #expect(ContinuousClock().now - started < .seconds(2), "\(scheme)")
        }
        #expect(
            try Self.decode(profile, #"[{"bn":"urn:dev:org:\#(String(repeating: "a", count: 400)):","n":"t","v":1}]"#)
                .count == 1)
    }

    @Test("a repair may make a document longer than payloads may be", arguments: ["nan", "x", "1e999", "\"\u{80}\""])
    func longRepair(word: String) throws {
        let words = Array(repeating: word, count: 250_000 / (word.utf8.count + 1)).joined(separator: ",")
        #expect(
            try Self.decode("readings: [ { quantity: rain, pointer: /r } ]\n", #"{"r":4,"x":[nan,\#(words)]}"#).map(
                \.value) == [4])
    }

    @Test(
        "samples whose message has no time that is believed are older than its arrival, whichever sample the time is of"
    )
    func samplesWithoutTime() throws {
        let profile = "time: { pointer: /t, format: unix }\nclock: { ahead: 5m }\n"
        let readings =
            "readings: [ { quantity: water_level, unit: m, samples: { pointer: /l, rate: 1 Hz, time: first } } ]\n"
        let second = Self.start.nanoseconds / 1_000_000_000
        for time in ["", "\"t\":\"soon\",", "\"t\":5,", "\"t\":\(second + 4000),"] {
            let found = try Self.decode(profile + readings, "{\(time)\"l\":[1,2,3]}")
            #expect(found.map { ($0.time - Self.start).seconds } == [-2, -1, 0], "\(time)")
        }
        let own = try Self.decode(profile + readings, "{\"t\":\(second - 60),\"l\":[1,2,3]}")
        #expect(own.map { ($0.time - Self.start).seconds } == [-60, -59, -58])
    }
}
