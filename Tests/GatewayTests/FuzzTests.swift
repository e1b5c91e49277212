import Alarms
import Devices
import Diagnostics
import Escalation
import Foundation
import Gateway
import POSIX
import RuleLanguage
import SiteConfiguration
import Telemetry
import TestSupport
import Testing
import Wire

/// Gives bytes that nobody meant to everything that takes bytes from outside: nothing may end the process, and what is
/// refused says why.
///
/// The seed is fixed, so that a failure in CI can be repeated. `TOCSIN_SEED` gives other inputs, and
/// `TOCSIN_FUZZ_ROUNDS` more of them.
@Suite struct FuzzTests {
    private static let rounds = ProcessInfo.processInfo.environment["TOCSIN_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 1500
    private static let seed =
        ProcessInfo.processInfo.environment["TOCSIN_SEED"].flatMap { UInt64($0) } ?? 20_180_603
    private static let arrival = Instant(rfc3339: "2018-06-03T22:05:00Z".utf8)!  // a literal that reads

    /// Bytes that were good, a little or much changed: flipped, cut, doubled, spliced, with things in them that parsers
    /// fear.
    private static func mutated(_ corpus: [[UInt8]], _ random: inout SeededRandom) -> [UInt8] {
        let feared =
            [
                "1e999", "-0", "NaN", "null", "{", "[", "\"", "\\u0000", "\\ud800", "\u{0}", "99999999999999999999",
                "\n", ": ", "- ", "*",
                "&a", "!!", "..",
                "/", "#", "+", "°C", "\u{feff}", "for 1h", " within ", "(((((", "1/0", "%", "'",
            ].map { Array($0.utf8) } + [[0xff, 0xfe], [0xc3], [0xf0, 0x9f]]
        var bytes = corpus.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let at = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: if !bytes.isEmpty { bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
            case 1: bytes.removeLast(min(bytes.count, Int.random(in: 0...40, using: &random)))
            case 2: bytes.insert(contentsOf: feared.randomElement(using: &random) ?? [], at: at)
            case 3:
                bytes.insert(
                    contentsOf: bytes[at..<min(bytes.count, at + Int.random(in: 0...60, using: &random))], at: at)
            case 4: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 0...20, using: &random)))
            case 5, 6: replaceNumber(in: &bytes, after: at, &random)
            default:
                let other = corpus.randomElement(using: &random) ?? []
                if !other.isEmpty {
                    bytes.replaceSubrange(at..., with: other[Int.random(in: 0..<other.count, using: &random)...])
                }
            }
        }
        return bytes
    }

    /// Puts one at which sums break in the place of the next number.
    private static func replaceNumber(in bytes: inout [UInt8], after place: Int, _ random: inout SeededRandom) {
        func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
        guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) && $0 != UInt8(ascii: ".") } ?? bytes.endIndex
        bytes.replaceSubrange(start..<end, with: Array((EdgeNumbers.json.randomElement(using: &random) ?? "0").utf8))
    }

    private static func decoder(_ profile: String) throws -> JudgingDecoder {
        let site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: s\ndevices: [ { id: d, profile: p } ]\n"),
            profiles: [SourceFile(name: "p.yaml", text: "profile: p\ntopic: t/{device}\n" + profile)])
        let names = site.devices[0].fields.map(\.quantity.name)
        return JudgingDecoder(
            site: site, series: { _, quantity in SeriesID(index: Int32(names.firstIndex(of: quantity.name) ?? 0)) },
            bytesMax: 262_144)
    }

    /// The keys of a profile behind its name and its topic.
    private static func format(_ profile: String) -> String {
        profile.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(2).joined(separator: "\n")
    }

    @Test(
        "payloads in every format: readings that are finite or flagged, or a fault",
        arguments: [
            (
                "format: json\ntime: { pointer: /time, format: rfc3339 }\nreadings: [ { quantity: water_level, pointer: /data/level, unit: m } ]\n",
                [
                    "{\"time\":\"2018-06-03T22:05:00Z\",\"data\":{\"level\":1.25,\"x\":[1,2,{\"y\":null}]}}",
                    "{\"data\":{\"level\":\"3\"}}",
                ]
            ),
            (
                "format: senml\nreadings: [ { quantity: temperature, record: temperature, unit: degC } ]\n",
                [
                    "[{\"bn\":\"d/\",\"bt\":1528063500,\"bu\":\"Cel\",\"n\":\"temperature\",\"v\":21.5},{\"n\":\"temperature\",\"t\":-5,\"v\":21}]",
                    "[{\"n\":\"temperature\",\"vb\":true},{\"bver\":11}]",
                ]
            ),
            (Self.format(FormatProfiles.text), ["2.5", "250 cm", "dry", "-999"]),
            (Self.format(FormatProfiles.keyValue), ["level=2,5 bat=3.6", "x:1;level: \"25 cm\""]),
            (Self.format(FormatProfiles.csv), ["01.03.2026 10:05:00;2.5;3.6\n", "at;level;bat\n\"x\";;3.6 V\n"]),
            (
                Self.format(FormatProfiles.binary),
                [
                    "\u{1}\u{40}\u{20}\u{0}\u{0}\u{1}\u{2}",
                    "\u{e}\u{2}abcdef\u{12}\u{34}word12\u{1}\u{3c}\u{0}\u{2}12345678",
                ]
            ),
            (
                Self.format(FormatProfiles.uplink),
                [
                    #"{"deviceInfo":{},"fPort":1,"fCnt":7,"data":"AUAgAAABAg==","time":"2018-06-03T22:05:00Z"}"#,
                    // Without a number, so that none has come before.
                    #"{"EUI":"1","port":1,"data":"01402000000102","rssi":-60}"#,
                    #"{"EUI":"1","port":2,"data":"0e026162636465661234776f726431"}"#,
                    #"{"uplink_message":{"f_port":2,"frm_payload":"DgJhYmNkZWYSNHdvcmQxMgE8AAIxMjM0NTY3OA=="}}"#,
                ]
            ),
        ])
    func payloads(profile: String, corpus: [String]) throws {
        var random = SeededRandom(seed: Self.seed)
        let decoder = try Self.decoder(profile)
        var readings: [Reading] = []
        var counts = (readings: 0, faults: 0)
        for _ in 0..<Self.rounds * 10 {
            readings.removeAll()
            let bytes = Self.mutated(corpus.map { Array($0.utf8) }, &random)
            let findings = bytes.withUnsafeBytes {
                decoder.decode($0, from: 0, arrival: Self.arrival, into: &readings)
            }
            // One expectation for all: a million of them would take longer than the decoding.
            let isSound =
                readings.allSatisfy { $0.value.isFinite || $0.quality.contains(.notFinite) }
                && (!readings.isEmpty || !findings.isEmpty || decoder.hasComeBefore)
            if !isSound { Issue.record("seed \(Self.seed): \(bytes) gives \(readings), \(findings)") }
            counts.readings += readings.count
            counts.faults += findings.faults.count
        }
        // Both ways are tried often.
        #expect(counts.readings > Self.rounds / 10 && counts.faults > Self.rounds / 10, "seed \(Self.seed): \(counts)")
    }

    @Test("a topic of any bytes belongs to a device only if it is that device's")
    func topics() throws {
        var random = SeededRandom(seed: Self.seed)
        let decoder = try Self.decoder("readings: [ { quantity: water_level, pointer: /level, unit: m } ]\n")
        let own = Array("t/d".utf8)
        for _ in 0..<Self.rounds {
            let topic = Self.mutated([own, Array("t/d/up".utf8)], &random)
            let device = topic.withUnsafeBytes { decoder.decoder.route(of: $0) }
            #expect(device == (topic == own ? 0 : nil), "seed \(Self.seed): \(topic)")
        }
    }

    @Test(
        "all 95 JSON texts that have to be accepted are, unrepaired; none of the 188 others costs more than its own field"
    )
    func conformance() throws {
        let folder = try TemporaryFolder()
        let archive = RepositoryRoot.path + "/Tests/Conformance/json/JSONTestSuite.tar.gz"
        #expect(try Subprocess("/usr/bin/tar", ["-xzf", archive, "-C", folder.path]).wait() == 0)
        let decoder = try Self.decoder(
            "format: json\nreadings: [ { quantity: water_level, pointer: /level, unit: m } ]\n")
        var counts = (accepted: 0, confined: 0, refused: 0)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.file("test_parsing")).sorted() {
            let text = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file("test_parsing/\(name)"))))
            let payload = Array("{\"x\":".utf8) + text + Array(",\"level\":2}".utf8)
            var readings: [Reading] = []
            let repaired = decoder.decoder.repairedCount
            let findings = payload.withUnsafeBytes {
                decoder.decode($0, from: 0, arrival: Self.arrival, into: &readings)
            }
            if name.hasPrefix("y_") {
                #expect(findings.isEmpty && readings.map(\.value) == [2], "\(name) is refused: \(findings)")
                #expect(decoder.decoder.repairedCount == repaired, "\(name) was repaired")
                counts.accepted += 1
            } else if name.hasPrefix("n_") {
                // Whatever is wrong with `x`: nobody reads it. Where the structure is whole, `level` is read.
                #expect(
                    readings.isEmpty ? !findings.faults.isEmpty : findings.isEmpty && readings.map(\.value) == [2],
                    "\(name)")
                if readings.isEmpty { counts.refused += 1 } else { counts.confined += 1 }
                // By itself it is not an object with a level; nothing in it may end the process.
                let alone = text.withUnsafeBytes { decoder.decode($0, from: 0, arrival: Self.arrival, into: &readings) }
                #expect(!alone.isEmpty, "\(name)")
            }
        }
        // 89 are a word that is not a value, or a string with something forbidden in it; the others break the
        // structure.
        #expect(counts == (95, 89, 99))
    }

    @Test("rule files, device files, policies and configurations: compiled, or refused with a place")
    func files() throws {
        var random = SeededRandom(seed: Self.seed)
        func corpus(_ folder: String) throws -> [[UInt8]] {
            try RepositoryRoot.files(folder).map { Array($0.text.utf8) }
        }
        let (rules, profiles) = (try corpus("Rules"), try corpus("Devices/profiles"))
        let sites = [Array(try RepositoryRoot.file("Devices/example-site.yaml").text.utf8)]
        let configurations = [Array(try RepositoryRoot.file("tocsin.example.yaml").text.utf8)]
        let site = try SmallSite.site()
        let compiler = RuleCompiler(
            RuleContext(ladder: SmallSite.ladder, policies: ["duty"], allowedLateness: .minutes(10)))
        func source(_ bytes: [UInt8]) -> SourceFile {
            SourceFile(name: "fuzz.yaml", text: String(decoding: bytes, as: UTF8.self))
        }
        var refused = 0
        func expectReasons(_ body: () throws(DiagnosticList) -> Void) {
            do {
                try body()
            } catch {
                refused += 1
                #expect(!error.diagnostics.isEmpty)
                // Every one can be shown.
                for diagnostic in error.diagnostics { #expect(!DiagnosticText.plain(diagnostic).isEmpty) }
            }
        }
        for _ in 0..<Self.rounds {
            let text = source(Self.mutated(rules, &random))
            expectReasons { () throws(DiagnosticList) in
                _ = try compiler.compile([text], for: site, series: SmallSite.series(site))
            }
            let policies = source(Self.mutated(rules, &random))
            expectReasons { () throws(DiagnosticList) in
                _ = try PolicySet.read(
                    policies, ladder: SmallSite.ladder, destinations: ["upstream", "duty-log"], zone: ZoneTable())
            }
            let (inventory, profile) = (source(Self.mutated(sites, &random)), source(Self.mutated(profiles, &random)))
            expectReasons { () throws(DiagnosticList) in _ = try Site.read(inventory: inventory, profiles: [profile]) }
            let configuration = source(Self.mutated(configurations, &random))
            expectReasons { () throws(DiagnosticList) in _ = try Configuration.read(configuration, environment: [:]) }
        }
        #expect(refused > Self.rounds)
    }

    @Test("what fuzzing has found, and what it starts from, is taken or refused", arguments: try corpora())
    func corpus(target: String) throws {
        let folder = RepositoryRoot.path + "/Tests/Fuzzing/Corpus/" + target
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { folder + "/" + $0 }
        #expect(!files.isEmpty)
        #expect(try Subprocess(TocsinBinary.built("TocsinFuzz"), [target] + files).wait() == 0)
    }

    private static func corpora() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: RepositoryRoot.path + "/Tests/Fuzzing/Corpus").sorted()
    }

    @Test("what the outbox may hold: refused, or read as something that is written again without a loss")
    func outbox() throws {
        var random = SeededRandom(seed: Self.seed)
        var bench = try AlarmBench()
        var planner = EscalationPlanner(
            site: "s", destinations: [.init(name: "a", minimumLevel: .init(rank: 1))], policies: PolicySet())
        var payloads: [String] = []
        for transition in bench.feed([(0, 2.5), (60, 9)]) {
            payloads += planner.note(transition).map { OutboxItem($0).payload }
        }
        #expect(payloads.count > 1)
        for payload in payloads { #expect(CloudEvent.read(payload)?.json == payload) }
        var counts = (read: 0, refused: 0)
        for _ in 0..<Self.rounds {
            let text = String(decoding: Self.mutated(payloads.map { Array($0.utf8) }, &random), as: UTF8.self)
            guard let event = CloudEvent.read(text) else {
                counts.refused += 1
                continue
            }
            counts.read += 1
            // Their texts are compared: a value that is not a number is not equal to itself.
            #expect(CloudEvent.read(event.json)?.json == event.json, "seed \(Self.seed): \(text)")
        }
        #expect(counts.read > 0 && counts.refused > 0, "seed \(Self.seed): \(counts)")
    }

    @Test("what the control socket may get: refused, or read as something that is written again without a loss")
    func requests() throws {
        var random = SeededRandom(seed: Self.seed)
        let request = ControlRequest(verb: .shelve, alarm: "a", person: "p", note: "n", seconds: 60)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let good = [UInt8](try encoder.encode(request))
        var counts = (read: 0, refused: 0)
        for _ in 0..<Self.rounds {
            let data = Data(Self.mutated([good], &random))
            let decoded: ControlRequest
            do {
                decoded = try JSONDecoder().decode(ControlRequest.self, from: data)
            } catch {
                counts.refused += 1
                continue
            }
            counts.read += 1
            let once = try encoder.encode(decoded)
            let twice = try encoder.encode(try JSONDecoder().decode(ControlRequest.self, from: once))
            #expect(once == twice, "seed \(Self.seed): \(String(decoding: data, as: UTF8.self))")
        }
        #expect(counts.read > 0 && counts.refused > 0, "seed \(Self.seed): \(counts)")
    }
}
