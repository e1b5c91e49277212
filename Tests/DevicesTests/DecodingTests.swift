import Devices
import Diagnostics
import Telemetry
import TestSupport
import Testing

@Suite struct DecodingTests {
    static let arrival = Instant(rfc3339: "2018-06-03T22:05:00Z".utf8)!  // a literal that reads

    /// Decodes one payload of the first device; readings as `quantity value offset-from-arrival quality`.
    static func decode(_ profile: String, _ payload: String) throws -> (readings: [String], findings: PayloadFindings) {
        try decode(profile, Array(payload.utf8))
    }

    static func decode(_ profile: String, _ payload: [UInt8]) throws -> (readings: [String], findings: PayloadFindings)
    {
        let inventory = "site: s\ndevices: [ { id: d, profile: p } ]\n"
        let site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: inventory),
            profiles: [SourceFile(name: "p.yaml", text: "profile: p\ntopic: t/{device}\n" + profile)])
        let names = site.devices[0].fields.map(\.quantity.name)
        let decoder = JudgingDecoder(
            site: site, series: { _, quantity in SeriesID(index: Int32(names.firstIndex(of: quantity.name) ?? -1)) },
            bytesMax: 4096)
        var readings: [Reading] = []
        let findings = payload.withUnsafeBytes { decoder.decode($0, from: 0, arrival: arrival, into: &readings) }
        return (
            readings.map { reading in
                let offset = (reading.time - arrival).seconds
                let flags = reading.quality.names.isEmpty ? "" : " \(reading.quality.flag.name)"
                return
                    "\(names[Int(reading.series.index)]) \(NumberText.short(reading.value)) \(NumberText.short(offset))\(flags)"
            }, findings
        )
    }

    static let json = """
        format: json
        time: { pointer: /time, format: rfc3339 }
        clock: { ahead: 1m, behind: 10m }
        readings:
          - { quantity: water_level, pointer: /data/level, unit: ft, plausible: 0 ft .. 30 ft }
          - { quantity: temperature, pointer: /temp/0, unit: degF }
        """

    @Test("fields at their pointers, in canonical units, at the payload's time")
    func fields() throws {
        let found = try Self.decode(Self.json, #"{"time":"2018-06-03T22:04:30Z","data":{"level":10},"temp":[212]}"#)
        #expect(found.readings == ["water_level 3.048 -30", "temperature 100 -30"])
        #expect(found.findings.isEmpty)
    }

    @Test("without a time, the time of arrival; with a clock that is off, the same, and a flag")
    func times() throws {
        #expect(try Self.decode(Self.json, #"{"data":{"level":10}}"#).readings == ["water_level 3.048 0"])
        #expect(
            try Self.decode(Self.json, #"{"time":"2018-06-03T21:35:00Z","data":{"level":10}}"#).readings == [
                "water_level 3.048 0 suspect"
            ])
        #expect(
            try Self.decode(Self.json, #"{"time":"2018-06-03T23:05:00Z","data":{"level":10}}"#).readings == [
                "water_level 3.048 0 suspect"
            ])
        let broken = try Self.decode(Self.json, #"{"time":"yesterday","data":{"level":10}}"#)
        #expect(broken.readings == ["water_level 3.048 0 suspect"])
        #expect(broken.findings.faults.isEmpty)
        #expect(
            broken.findings.description == "/time is the text \"yesterday\", not a time such as 2018-06-03T22:05:00Z")
    }

    @Test("a device's own repeats are kept unless its profile says otherwise, which takes a time of the device's own")
    func repeats() throws {
        func read(_ more: String, time: String = "time: { pointer: /t, format: unix_ms }") throws -> Bool {
            let text =
                "profile: p\ntopic: t/{device}\n\(time)\nreadings: [ { quantity: rain, pointer: /rain, unit: mm } ]\n"
                + more
            return try Profile.read(SourceFile(name: "p.yaml", text: text)).ignoresRepeats
        }
        #expect(try !read(""))
        #expect(try !read("repeats: kept"))
        #expect(try read("repeats: ignored"))
        #expect(throws: DiagnosticList.self) { try read("repeats: never") }
        let fault = #expect(throws: DiagnosticList.self) { try read("repeats: ignored", time: "") }
        #expect("\(try #require(fault))".contains("cannot be told from a new one"))
    }

    @Test("what is not plausible is kept and flagged")
    func plausible() throws {
        #expect(try Self.decode(Self.json, #"{"data":{"level":-9999}}"#).readings == ["water_level -3048 0 fail"])
    }

    @Test("what fits is taken, what does not is said")
    func partly() throws {
        let found = try Self.decode(Self.json, #"{"data":{"level":"high"},"temp":[32]}"#)
        #expect(found.readings == ["temperature 0 0"])
        #expect(found.findings.faults == [.notANumber(place: "/data/level", found: "the text \"high\"")])
    }

    @Test(
        "a payload that does not fit gives no reading and a reason",
        arguments: [
            "{", "42", "\"x\"", "online", "[1]", "{\"data\":{\"level\":1e999}}", "{\"data\":{\"level\":NaN}}",
            "{\"data\":{\"level\":01}}", String(repeating: "[", count: 2000), String(repeating: " ", count: 5000),
            "{\"data\":{\"level\":{}}}",
            "{\"data\":{\"level\":\"\u{1F30A}\"}}",
        ])
    func refused(payload: String) throws {
        let found = try Self.decode(Self.json, payload)
        #expect(found.readings.isEmpty)
        #expect(!found.findings.faults.isEmpty && !found.findings.isWithoutReadings)
    }

    @Test("an array of samples, its rate in the payload, the time at the last")
    func samples() throws {
        let profile = """
            format: json
            time: { pointer: /t, format: unix }
            readings:
              - { quantity: acceleration_x, unit: Gal, samples: { pointer: /x, rate: /sr, time: last } }
            """
        let found = try Self.decode(profile, #"{"t":1528063500,"sr":4,"x":[1,2,3]}"#)
        #expect(found.readings == ["acceleration_x 1 -0.5", "acceleration_x 2 -0.25", "acceleration_x 3 0"])
        #expect(
            try Self.decode(profile, #"{"t":1528063500,"sr":0,"x":[1]}"#).findings.faults == [
                .badRate(place: "/sr", found: "the number 0")
            ]
        )
    }

    static let senml = """
        format: senml
        readings:
          - { quantity: temperature, record: temperature, unit: degC }
          - { quantity: water_level, record: level, unit: m }
        """

    @Test("SenML: base name, base time, relative times, units of the record and of the base")
    func senML() throws {
        let pack = #"""
            [{"bn":"urn:dev:ow:10e2073a01080063:","bt":1528063500,"bu":"Cel","n":"temperature","v":23.1},
             {"n":"temperature","t":-5,"v":296.15,"u":"K"},
             {"n":"level","u":"ft","t":-10,"v":10},
             {"n":"other","u":"V","v":3}]
            """#
        #expect(
            try Self.decode(Self.senml, pack).readings == [
                "temperature 23.1 0", "temperature 23 -5", "water_level 3.048 -10",
            ])
    }

    @Test("SenML: times below 2^28 are relative to the arrival, base values are added")
    func senMLRelative() throws {
        let pack =
            #"[{"n":"level","bv":1,"u":"m","t":-2,"v":0.5},{"n":"level","u":"m","t":-1},{"n":"level","u":"m","vb":true}]"#
        #expect(
            try Self.decode(Self.senml, pack).readings == ["water_level 1.5 -2", "water_level 1 -1", "water_level 1 0"])
    }

    @Test("SenML: a pack of an unknown version, or with a label that must be understood, is refused whole")
    func senMLRefused() throws {
        for pack in [
            #"[{"n":"level","v":1},{"bver":11,"n":"level","v":2}]"#, #"[{"n":"level","v":1,"must_":1}]"#,
            #"{"n":"level","v":1}"#, #"[1]"#,
        ] {
            let found = try Self.decode(Self.senml, pack)
            #expect(found.readings.isEmpty, "\(pack)")
            #expect(!found.findings.faults.isEmpty, "\(pack)")
        }
        #expect(
            try Self.decode(Self.senml, #"[{"n":"level","u":"Cel","v":1}]"#).findings.faults
                == [.senml("the record 'level' has the unit 'Cel', and length is wanted")])
    }

    @Test("random bytes and mutated payloads never end the process", arguments: [81] as [UInt64])
    func fuzz(seed: UInt64) throws {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let seeds = [
            #"{"time":"2018-06-03T22:04:30Z","data":{"level":10},"temp":[212]}"#,
            #"[{"bn":"x:","bt":1,"n":"level","u":"m","v":2}]"#,
        ]
        for profile in [Self.json, Self.senml] {
            let inventory = "site: s\ndevices: [ { id: d, profile: p } ]\n"
            let site = try Site.read(
                inventory: SourceFile(name: "site.yaml", text: inventory),
                profiles: [SourceFile(name: "p.yaml", text: "profile: p\ntopic: t/{device}\n" + profile)])
            let decoder = JudgingDecoder(site: site, series: { _, _ in SeriesID(index: 0) })
            for _ in 0..<3000 {
                var bytes = Array((seeds.randomElement(using: &random) ?? "").utf8)
                for _ in 0..<Int.random(in: 0...5, using: &random) {
                    let at = Int.random(in: 0..<bytes.count, using: &random)
                    if Bool.random(using: &random) {
                        bytes[at] = UInt8.random(in: 0...255, using: &random)
                    } else {
                        bytes.remove(at: at)
                    }
                    if bytes.isEmpty { break }
                }
                var readings: [Reading] = []
                _ = bytes.withUnsafeBytes { decoder.decode($0, from: 0, arrival: Self.arrival, into: &readings) }
                #expect(readings.allSatisfy { $0.value.isFinite || $0.quality.contains(.notFinite) })
            }
        }
    }
}
