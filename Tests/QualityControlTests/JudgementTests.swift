import Devices
import Diagnostics
import Telemetry
import TestSupport
import Testing

@testable import QualityControl

/// Message numbers and clocks on the way from a payload to its readings.
@Suite struct JudgementTests {
    static let start = Instant(rfc3339: "2026-11-25T12:00:00Z".utf8)!  // a literal that reads

    /// A decoder with one device, and what its readings are called.
    struct Bench {
        let site: Site
        let decoder: JudgingDecoder
        let names: [String]

        init(_ profile: String, device: String = "") throws {
            var site = try Site.ofOneProfile(profile, devices: "{ id: d, profile: p\(device) }")
            site.watchDevices()
            self.site = site
            let names = site.devices[0].fields.map(\.quantity.name)
            self.names = names
            decoder = Self.decoder(site, names)
        }

        static func decoder(_ site: Site, _ names: [String]) -> JudgingDecoder {
            JudgingDecoder(
                site: site, series: { _, quantity in SeriesID(index: Int32(names.firstIndex(of: quantity.name) ?? -1)) }
            )
        }

        /// Readings as `quantity value offset-from-arrival flags`.
        func decode(_ payload: String, at seconds: Double, isSentAgain: Bool = false, by other: JudgingDecoder? = nil)
            -> [String]
        {
            var readings: [Reading] = []
            let arrival = start + TimeSpan(nanoseconds: Int64(seconds * 1e9))
            _ = Array(payload.utf8).withUnsafeBytes {
                (other ?? decoder).decode($0, from: 0, arrival: arrival, isSentAgain: isSentAgain, into: &readings)
            }
            return readings.map { reading in
                let flags = reading.quality.names.map { " " + $0 }.joined()
                let offset = (reading.time - arrival).seconds
                return
                    "\(names[Int(reading.series.index)]) \(NumberText.short(reading.value)) \(NumberText.short(offset))\(flags)"
            }
        }
    }

    static let numbered = """
        sequence: { pointer: /n, wraps: 65536 }
        readings:
          - { quantity: rain, pointer: /r, unit: mm }
        """

    @Test(
        "numbers are read as numbers, as text and with a fraction of nothing; anything else is a fault and loses no reading"
    )
    func written() throws {
        let bench = try Bench(Self.numbered)
        #expect(bench.decode(#"{"n":5,"r":1}"#, at: 0) == ["rain 1 0"])
        #expect(bench.decode(#"{"n":"6","r":1}"#, at: 10) == ["rain 1 0", "missing_messages 0 0"])
        #expect(bench.decode(#"{"n":7.0,"r":1}"#, at: 20) == ["rain 1 0", "missing_messages 0 0"])
        #expect(bench.decode(#"{"n":" 0009 ","r":1}"#, at: 30) == ["rain 1 0", "missing_messages 1 0"])
        for other in [#""""#, #""x7""#, #""99999999999999999999""#, "1.5", "true", "[9]", "1e300"] {
            #expect(bench.decode("{\"n\":\(other),\"r\":2}", at: 40) == ["rain 2 0"], "\(other)")
        }
        #expect(bench.decode(#"{"n":null,"r":2}"#, at: 40) == ["rain 2 0"])
        #expect(bench.decode(#"{"n":10,"r":1}"#, at: 50) == ["rain 1 0", "missing_messages 0 0"])
    }

    @Test("a copy brings no reading, a late message its own and takes itself back from what is missing")
    func copies() throws {
        let bench = try Bench(Self.numbered)
        _ = bench.decode(#"{"n":5,"r":1}"#, at: 0)
        #expect(bench.decode(#"{"n":7,"r":1}"#, at: 10) == ["rain 1 0", "missing_messages 1 0"])
        #expect(bench.decode(#"{"n":5,"r":1}"#, at: 48) == [])
        #expect(bench.decoder.hasComeBefore)
        #expect(bench.decode(#"{"n":6,"r":2}"#, at: 50) == ["rain 2 0", "missing_messages -1 -40"])
        #expect(!bench.decoder.hasComeBefore)
        #expect(bench.decode(#"{"n":6,"r":2}"#, at: 60) == [])
    }

    @Test("objects of one message may share its number; the same message again brings nothing")
    func sharedNumber() throws {
        let bench = try Bench(Self.numbered)
        let message = #"[{"n":7,"r":1},{"n":7,"r":4},{"n":8,"r":5},{"n":8,"r":6}]"#
        #expect(
            bench.decode(message, at: 0) == ["rain 1 0", "rain 4 0", "rain 5 0", "missing_messages 0 0", "rain 6 0"])
        #expect(bench.decode(message, at: 5) == [])
        #expect(bench.decode(#"[{"n":8,"r":6},{"n":9,"r":7}]"#, at: 10) == ["rain 7 0", "missing_messages 0 0"])
    }

    @Test("what is stored of the numbers is enough for another decoder to go on")
    func stored() throws {
        let bench = try Bench(Self.numbered)
        for number in 5...7 { _ = bench.decode("{\"n\":\(number),\"r\":1}", at: Double(number)) }
        var states: [DeviceState] = []
        bench.decoder.appendChangedStates(to: &states)
        #expect(states.count == 1)
        let next = Bench.decoder(bench.site, bench.names)
        next.restore(states)
        #expect(bench.decode(#"{"n":7,"r":1}"#, at: 60, isSentAgain: true, by: next) == [])
        #expect(bench.decode(#"{"n":10,"r":1}"#, at: 70, by: next) == ["rain 1 0", "missing_messages 2 0"])
        bench.decoder.noteStored()
        states = []
        bench.decoder.appendChangedStates(to: &states)
        #expect(states.isEmpty)
    }

    @Test("a device for which the inventory names its quantities keeps what is said of its numbers and its clock")
    func quantities() throws {
        let bench = try Bench("time: { pointer: /t }\n" + Self.numbered, device: ", quantities: [rain]")
        #expect(bench.names == ["rain", "missing_messages", "clock_offset"])
    }

    @Test(
        "what a profile can say of its numbers",
        arguments: [
            ("sequence: /n", true), ("sequence: { pointer: /n }", true),
            ("sequence: { pointer: /n, wraps: 256 }", true),
            ("sequence: { pointer: /n, wraps: 1 }", false), ("sequence: { pointer: /n, wraps: many }", false),
            ("sequence: { wraps: 256 }", false), ("sequence: n", false),
            ("sequence: { pointer: /n, wrap: 256 }", false),
        ])
    func profile(text: String, isRight: Bool) {
        let file = SourceFile(
            name: "p.yaml",
            text: "profile: p\ntopic: t/{device}\n\(text)\nreadings: [ { quantity: rain, pointer: /r, unit: mm } ]\n")
        #expect(((try? Profile.read(file)) != nil) == isRight)
    }

    static let timed = """
        time: { pointer: /t, format: unix }
        readings:
          - { quantity: water_level, pointer: /l, unit: m }
        """

    @Test(
        "a clock that falls back: the third message has the time of its arrival; it is said that it is off, and when it is right"
    )
    func clock() throws {
        let bench = try Bench(Self.timed)
        func send(_ offset: Int64, at second: Int64) -> [String] {
            let own = Self.start.nanoseconds / 1_000_000_000 + second + offset
            return bench.decode("{\"t\":\(own),\"l\":5}", at: Double(second))
        }
        #expect(send(0, at: 0) == ["water_level 5 0"])
        #expect(send(-3600, at: 60) == ["water_level 5 -3600"])
        #expect(send(-3600, at: 120) == ["water_level 5 -3600"])
        for minute in 3...4 as ClosedRange<Int64> {
            #expect(send(-3600, at: minute * 60) == ["water_level 5 0 clock-replaced"])
        }
        #expect(send(-3600, at: 300) == ["water_level 5 0 clock-replaced", "clock_offset -3600 0"])
        #expect(send(0, at: 360) == ["water_level 5 0", "clock_offset 0 0"])
        #expect(send(0, at: 420) == ["water_level 5 0"])
    }

    @Test("a SenML pack of a wrong clock keeps the distances of its records")
    func senML() throws {
        let bench = try Bench("format: senml\nreadings: [ { quantity: water_level, record: level, unit: m } ]")
        func send(_ offset: Int64, at second: Int64) -> [String] {
            let own = Self.start.nanoseconds / 1_000_000_000 + second + offset
            return bench.decode(
                #"[{"bt":\#(own),"n":"level","u":"m","t":-20,"v":1},{"n":"level","u":"m","v":2}]"#, at: Double(second))
        }
        #expect(send(0, at: 0) == ["water_level 1 -20", "water_level 2 0"])
        let weeks: Int64 = 1024 * 7 * 86400
        #expect(send(-weeks, at: 60) == ["water_level 1 -20 clock-replaced", "water_level 2 0 clock-replaced"])
        _ = send(-weeks, at: 120)
        #expect(send(-weeks, at: 180).last == "clock_offset -619315200 0")
        #expect(send(0, at: 240) == ["water_level 1 -20", "water_level 2 0", "clock_offset 0 0"])
    }

    @Test(
        "a clock that is wrong by more than the profile allows is reported, in JSON and in SenML, and records keep their distances",
        arguments: [("ahead", 3600), ("behind", -2 * 86400), ("20 years back", -20 * 31_557_600)] as [(String, Int64)])
    func outsideTolerance(_: String, offset: Int64) throws {
        let clock = "clock: { ahead: 1m, behind: 1d }\n"
        let pack = try Bench(clock + "format: senml\nreadings: [ { quantity: water_level, record: level, unit: m } ]")
        let object = try Bench(clock + Self.timed)
        var last: ([String], [String]) = ([], [])
        for minute in 0..<4 as Range<Int64> {
            let own = Self.start.nanoseconds / 1_000_000_000 + minute * 60 + offset
            last.0 = pack.decode(
                #"[{"bt":\#(own),"n":"level","u":"m","t":-20,"v":1},{"n":"level","u":"m","v":2}]"#,
                at: Double(minute * 60))
            last.1 = object.decode("{\"t\":\(own),\"l\":2}", at: Double(minute * 60))
            #expect(last.0.prefix(2) == ["water_level 1 -20 clock-replaced", "water_level 2 0 clock-replaced"])
        }
        #expect(last.0.last == "clock_offset \(offset) 0")
        #expect(last.1 == ["water_level 2 0 clock-replaced", "clock_offset \(offset) 0"])
    }

    @Test("one absurd time in a SenML pack is replaced by itself", arguments: [86400 * 40, -86400 * 40] as [Int64])
    func absurdRecord(offset: Int64) throws {
        let bench = try Bench(
            "clock: { behind: 1d }\nformat: senml\nreadings: [ { quantity: water_level, record: level, unit: m } ]")
        let own = Self.start.nanoseconds / 1_000_000_000
        let found = bench.decode(
            #"[{"bt":\#(own),"n":"level","u":"m","t":-20,"v":1},{"n":"level","u":"m","t":\#(offset),"v":2},{"n":"level","u":"m","v":3}]"#,
            at: 0)
        #expect(found == ["water_level 1 -20", "water_level 2 0 clock-replaced", "water_level 3 0"])
    }

    @Test("devices without a time are not touched")
    func timeless() throws {
        let bench = try Bench(Self.numbered)
        #expect(bench.names == ["rain", "missing_messages"])
    }
}
