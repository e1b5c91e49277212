import Devices
import QualityControl
import Telemetry
import TestSupport
import Testing

/// The stage as a whole: the order of its tests, and what they add up to.
@Suite struct QualityStageTests {
    static let start = Instant(rfc3339: "2026-11-25T12:00:00Z".utf8)!  // a literal that reads

    /// One device behind a decoder and the stage; readings as `quantity value offset-from-arrival flags`.
    struct Bench {
        let decoder: JudgingDecoder
        let names: [String]

        init(_ profile: String) throws {
            var site = try Site.ofOneProfile(profile)
            site.watchDevices()
            let names = site.devices[0].fields.map(\.quantity.name)
            self.names = names
            decoder = JudgingDecoder(site: site) { _, quantity in
                SeriesID(index: Int32(names.firstIndex(of: quantity.name) ?? -1))
            }
        }

        func send(_ payload: String, at seconds: Int64, isRetained: Bool = false) -> [String] {
            var readings: [Reading] = []
            let arrival = start + .seconds(seconds)
            _ = Array(payload.utf8).withUnsafeBytes {
                decoder.decode($0, from: 0, arrival: arrival, isRetained: isRetained, into: &readings)
            }
            return readings.map { reading in
                let flags = reading.quality.names.map { " " + $0 }.joined()
                let offset = NumberText.short((reading.time - arrival).seconds)
                return "\(names[Int(reading.series.index)]) \(NumberText.short(reading.value)) \(offset)\(flags)"
            }
        }
    }

    static let gauge = """
        time: { pointer: /t, format: unix }
        clock: { ahead: 1m, behind: 1d }
        interval: 1m
        readings:
          - { quantity: water_level, pointer: /l, unit: m, plausible: 0 m .. 10 m }
          - { quantity: temperature, pointer: /c, unit: degC }
        """

    static func second(_ offset: Int64) -> Int64 { start.nanoseconds / 1_000_000_000 + offset }

    @Test("the flags of several tests add up, and what failed is counted at the time that counts")
    func combined() throws {
        let bench = try Bench(Self.gauge)
        #expect(
            bench.send("{\"t\":\(Self.second(-200_000)),\"l\":99,\"c\":20}", at: 0) == [
                "water_level 99 0 gross-range-fail clock-replaced", "temperature 20 0 clock-replaced",
                "implausible_readings 1 0",
            ])
        #expect(
            bench.send("{\"t\":\"soon\",\"l\":-1}", at: 60, isRetained: true) == [
                "water_level -1 0 gross-range-fail clock-replaced late"
            ])
    }

    @Test("a value that is not finite in the canonical unit is flagged, with a range or without one")
    func notFinite() throws {
        let bench = try Bench(
            "readings:\n  - { quantity: water_level, pointer: /l, unit: km, plausible: 0 m .. 10 m }\n"
                + "  - { quantity: displacement, pointer: /d, unit: km }\n")
        #expect(
            bench.send(#"{"l":1e308,"d":-1e308}"#, at: 0) == [
                "water_level ∞ 0 not-finite", "displacement -∞ 0 not-finite", "implausible_readings 2 0",
            ])
        #expect(bench.send(#"{"l":0.01,"d":1e300}"#, at: 10) == ["water_level 10 0", "displacement 1e+306 0"])
    }

    @Test("a retained message is late unless it has a recent time of its own")
    func retained() throws {
        let bench = try Bench(Self.gauge)
        #expect(bench.send("{\"t\":\(Self.second(-60)),\"l\":1}", at: 0, isRetained: true) == ["water_level 1 -60"])
        #expect(
            bench.send("{\"t\":\(Self.second(-3600)),\"l\":1}", at: 10, isRetained: true) == [
                "water_level 1 -3610 late"
            ])
        #expect(bench.send("{\"l\":1}", at: 20, isRetained: true) == ["water_level 1 0 late"])
    }

    @Test("repeats are left out by value and own time, in the order of the message")
    func repeats() throws {
        let bench = try Bench("repeats: ignored\n" + Self.gauge)
        let message = "[{\"t\":\(Self.second(-10)),\"l\":1,\"c\":5},{\"t\":\(Self.second(-5)),\"l\":1,\"c\":5}]"
        #expect(bench.send(message, at: 0).count == 4)
        #expect(bench.send(message, at: 5) == [])
        #expect(
            bench.send("[{\"t\":\(Self.second(-5)),\"l\":1,\"c\":6},{\"l\":2}]", at: 5) == [
                "temperature 6 -10", "water_level 2 0",
            ])
    }

    @Test("samples of a clock that is wrong end at the arrival, and those that would end after it, too")
    func samples() throws {
        let bench = try Bench(
            "time: { pointer: /t, format: unix }\nclock: { ahead: 1m, behind: 1d }\nreadings:\n"
                + "  - { quantity: water_level, pointer: /l, unit: m }\n"
                + "  - { quantity: displacement, unit: mm, samples: { pointer: /d, rate: 1 Hz, time: first } }\n"
                + "  - { quantity: temperature, pointer: /c, unit: degC }\n")
        let replaced = ["displacement 1 -2", "displacement 2 -1", "displacement 3 0"].map { $0 + " clock-replaced" }
        #expect(
            bench.send("{\"t\":\(Self.second(-90_000)),\"l\":1,\"d\":[1,2,3],\"c\":4}", at: 0) == [
                "water_level 1 0 clock-replaced"
            ] + replaced + ["temperature 4 0 clock-replaced"])
        // The time is within the tolerance, and that of the last sample is not.
        #expect(
            bench.send("{\"t\":\(Self.second(119)),\"l\":1,\"d\":[1,2,3],\"c\":4}", at: 60).filter {
                $0.hasPrefix("displacement")
            } == replaced)
        #expect(
            bench.send("{\"t\":\(Self.second(100)),\"l\":1,\"d\":[1,2],\"c\":4}", at: 120) == [
                "water_level 1 -20", "displacement 1 -20", "displacement 2 -19", "temperature 4 -20",
            ])
    }

    @Test("a number that comes late is taken back at the time that its gap got, in the same message and in a later one")
    func gaps() throws {
        let bench = try Bench("sequence: { pointer: /n }\n" + Self.gauge)
        func object(_ number: Int, _ offset: Int64) -> String {
            "{\"n\":\(number),\"t\":\(Self.second(offset)),\"l\":1}"
        }
        _ = bench.send(object(1, 0), at: 0)
        // The time of the gap is two days ahead, and is not believed.
        let both = bench.send("[\(object(4, 200_000)),\(object(3, 55))]", at: 60)
        #expect(
            both == [
                "water_level 1 0 clock-replaced", "missing_messages 2 0 clock-replaced", "water_level 1 -5",
                "missing_messages -1 0",
            ])
        #expect(bench.send(object(2, 110), at: 120) == ["water_level 1 -10", "missing_messages -1 -60"])
    }
}
