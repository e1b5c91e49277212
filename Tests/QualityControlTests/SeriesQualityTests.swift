import Devices
import Foundation
import QualityControl
import Telemetry
import TestSupport
import Testing

/// What the tests of a series do to the readings of a device.
@Suite struct SeriesQualityTests {
    static let start = Instant(rfc3339: "2026-06-01T00:00:00Z".utf8)!  // a literal that reads

    /// A gauge that measures once a minute, behind a decoder and the stage.
    final class Gauge {
        let site: Site
        private(set) var decoder: JudgingDecoder
        private var statesBySeries: [SeriesID: DeviceState] = [:]
        var states: [DeviceState] { Array(statesBySeries.values) }
        private(set) var stored: [Reading] = []

        init(_ quality: String, plausible: String = "", zone: ZoneTable = ZoneTable()) throws {
            site = try Site.ofOneProfile(
                """
                interval: 1m
                time: { pointer: /t, format: unix }
                readings:
                  - { quantity: water_level, pointer: /l, unit: m, \(plausible)quality: { \(quality) } }
                """)
            decoder = Self.decoder(site, zone)
        }

        private static func decoder(_ site: Site, _ zone: ZoneTable = ZoneTable()) -> JudgingDecoder {
            JudgingDecoder(
                site: site, series: { _, quantity in SeriesID(index: quantity.name == "water_level" ? 0 : -1) },
                zone: zone)
        }

        /// Sends a message, and returns what it gives: `level flags`.
        func send(_ payload: String, at seconds: Int64) -> [String] {
            var readings: [Reading] = []
            let arrival = start + .seconds(seconds)
            _ = Array(payload.utf8).withUnsafeBytes { decoder.decode($0, from: 0, arrival: arrival, into: &readings) }
            return store(readings)
        }

        func send(_ level: Double, minute: Int) -> [String] {
            send(
                "{\"t\":\(Int(start.nanoseconds / 1_000_000_000) + minute * 60),\"l\":\(level)}", at: Int64(minute) * 60
            )
        }

        func wait(until seconds: Int64) -> [String] {
            var readings: [Reading] = []
            guard decoder.nextRelease <= start + .seconds(seconds) else { return [] }
            decoder.release(at: start + .seconds(seconds), into: &readings)
            return store(readings)
        }

        private func store(_ readings: [Reading]) -> [String] {
            var changed: [DeviceState] = []
            decoder.appendChangedStates(to: &changed)
            for state in changed { statesBySeries[state.series] = state }
            decoder.noteStored()
            stored += readings
            return readings.map { reading in
                ([NumberText.short(reading.value)] + reading.quality.names).joined(separator: " ")
            }
        }

        /// Ends, and begins again with what is stored.
        /// - Parameter isBrief: set to replay no more than the tests need.
        func restart(isBrief: Bool) {
            decoder = Self.decoder(site)
            let count = isBrief ? decoder.readingsNeeded[0] : stored.count
            var wanted = count
            var first = stored.count
            while first > 0, wanted > 0 {
                first -= 1
                if stored[first].quality.isUsable { wanted -= 1 }
            }
            for reading in stored[first...] { decoder.noteStored(reading) }
            decoder.restore(states)
        }
    }

    @Test("a spike fails before the next reading counts, and what comes after it is compared with what came before")
    func spike() throws {
        let gauge = try Gauge("spike: { fail: 1 m }, rate_of_change: { fail: 1 m/min }")
        #expect(gauge.send(2, minute: 0) == ["2"])
        #expect(gauge.send(2.1, minute: 1) == ["2.1"])
        #expect(gauge.send(9, minute: 2) == [])
        #expect(gauge.send(2.2, minute: 3) == ["9 spike-fail rate-of-change-fail"])
        #expect(gauge.send(2.3, minute: 4) == ["2.2", "2.3"])
    }

    @Test("a flood that rises in one step waits for one reading, and counts")
    func step() throws {
        let gauge = try Gauge("spike: { fail: 1 m }")
        #expect(gauge.send(2, minute: 0) == ["2"])
        #expect(gauge.send(5, minute: 1) == [])
        #expect(gauge.send(5.5, minute: 2) == ["5", "5.5"])
        #expect(gauge.send(6, minute: 3) == ["6"])
    }

    @Test("a reading that jumped and is the last one counts after two intervals, and once only")
    func lastWord() throws {
        let gauge = try Gauge("spike: { fail: 1 m }")
        #expect(gauge.send(2, minute: 0) == ["2"])
        #expect(gauge.send(8, minute: 1) == [])
        #expect(gauge.wait(until: 179) == [])
        #expect(gauge.wait(until: 180) == ["8"])
        #expect(gauge.wait(until: 9999) == [])
        #expect(gauge.stored.last?.quality.flag == .notEvaluated)
        #expect(gauge.send(2, minute: 9) == [])
        #expect(gauge.send(2, minute: 10) == ["2", "2"])
    }

    @Test("a reading that waits survives a stop, and the end of its test", arguments: [true, false])
    func waitingAndRestart(hasTest: Bool) throws {
        let gauge = try Gauge("spike: { fail: 1 m }")
        #expect(gauge.send(2, minute: 0) == ["2"])
        #expect(gauge.send(8, minute: 1) == [])
        if hasTest {
            gauge.restart(isBrief: true)
            #expect(gauge.send(2, minute: 2) == ["8 spike-fail"])
            return
        }
        // The test was removed from the profile meanwhile.
        let other = try Gauge("gap: 1h")
        other.decoder.restore(gauge.states)
        #expect(other.wait(until: 0) == ["8"])
        #expect(other.wait(until: 9999) == [])
    }

    @Test("copies of a spike wait with it, through a stop, and fail with it; later copies have its flags")
    func copies() throws {
        let gauge = try Gauge("spike: { fail: 1 m }, rate_of_change: { fail: 5 m/min }")
        #expect(gauge.send(2, minute: 0) == ["2"])
        #expect(gauge.send(9, minute: 1) == [])
        #expect(gauge.send(9, minute: 1) == [])
        gauge.restart(isBrief: false)
        #expect(gauge.send(9, minute: 1) == [])
        #expect(
            gauge.send(2.1, minute: 2) == ["9 spike-fail rate-of-change-fail", "9 spike-fail", "9 spike-fail"])
        // The return from the spike jumps as well, and waits with its copy.
        #expect(gauge.send(2.1, minute: 2) == [])
        #expect(gauge.send(2.2, minute: 3) == ["2.1", "2.1", "2.2"])
        #expect(gauge.send(9, minute: 4) == [])
        #expect(gauge.wait(until: 900) == ["9 rate-of-change-fail"])
        #expect(gauge.send(9, minute: 4) == ["9 rate-of-change-fail"])
    }

    @Test("after the clock was set back, a reading from before it is stored, and neither evaluated nor compared with")
    func setBack() throws {
        let ahead = try Gauge("spike: { fail: 1 m }")
        _ = (ahead.send(2, minute: 120), ahead.send(9, minute: 121))
        let gauge = try Gauge("spike: { fail: 1 m }, rate_of_change: { fail: 1 m/min }")
        gauge.decoder.restore(ahead.states, present: Self.start)
        #expect(gauge.wait(until: 0) == ["9 late"])
        #expect(gauge.send(2, minute: 1) == ["2"])
        #expect(gauge.send(4, minute: 2) == [])
        #expect(gauge.send(4, minute: 3) == ["4 rate-of-change-fail", "4"])
    }

    @Test("a waiting reading does not make its sensor silent")
    func silence() throws {
        let gauge = try Gauge("spike: { fail: 1 m }")
        _ = gauge.send(2, minute: 0)
        // The silence is three minutes; two of them have passed when the jump comes.
        #expect(gauge.send(9, minute: 2) == [])
        #expect(gauge.wait(until: 179) == [])
        #expect(gauge.wait(until: 180) == ["9"])
    }

    @Test("a value outside of its range is compared with nothing, and nothing with it")
    func wrongValue() throws {
        let gauge = try Gauge(
            "rate_of_change: { fail: 1 m/min }, spike: { fail: 1 m }", plausible: "plausible: 0 m .. 12 m, ")
        #expect(gauge.send(2, minute: 0) == ["2"])
        #expect(gauge.send(-99, minute: 1) == ["-99 gross-range-fail"])
        #expect(gauge.send(2.1, minute: 2) == ["2.1"])
    }

    @Test("an old reading is neither compared with newer ones, nor they with it")
    func oldReading() throws {
        let gauge = try Gauge("rate_of_change: { fail: 1 m/min }, flat_line: { fail: 2m }, gap: 10m")
        #expect(gauge.send(2, minute: 30) == ["2"])
        let second = Int(Self.start.nanoseconds / 1_000_000_000)
        #expect(gauge.send("{\"t\":\(second + 1200),\"l\":9}", at: 1801) == ["9"])
        #expect(gauge.send(2, minute: 31) == ["2"])
        #expect(gauge.send(2, minute: 32) == ["2 flat-line-fail"])
        #expect(gauge.send(2.5, minute: 60) == ["2.5 gap-fail"])
        #expect(gauge.stored.last?.quality.isUsable == true)
    }

    @Test("readings of one message are judged in the order of their times, whatever their order in it")
    func newestFirst() throws {
        let gauge = try Gauge("rate_of_change: { fail: 1 m/min }")
        let second = Int(Self.start.nanoseconds / 1_000_000_000)
        let objects = [(120, 9.0), (60, 2.5), (0, 2)].map { "{\"t\":\(second + $0),\"l\":\($1)}" }
        #expect(
            gauge.send("[\(objects.joined(separator: ","))]", at: 125) == ["9 rate-of-change-fail", "2.5", "2"])
    }

    @Test("a season may span the turn of the year, and is one of the site's time zone")
    func seasons() throws {
        let zone = ZoneTable([.init(from: .distantPast, offset: .hours(-5))])
        let gauge = try Gauge(
            """
            climatology: [ { months: 11 .. 3, expected: 0 .. 1 }, \
            { months: 12, expected: 0 .. 2, plausible: 0 .. 5 } ]
            """,
            zone: zone)
        func minutes(_ text: String) -> Int {
            Int((Instant(rfc3339: text.utf8)! - Self.start).seconds) / 60  // literals that read
        }
        #expect(gauge.send(3, minute: minutes("2026-11-01T04:59:00Z")) == ["3"])
        #expect(gauge.stored.last?.quality.flag == .notEvaluated)
        #expect(gauge.send(3, minute: minutes("2026-11-01T05:00:00Z")) == ["3 climatology-suspect"])
        #expect(gauge.send(1.5, minute: minutes("2026-12-03T05:00:00Z")) == ["1.5"])
        #expect(gauge.send(7, minute: minutes("2027-01-01T04:59:00Z")) == ["7 climatology-fail"])
        #expect(gauge.send(7, minute: minutes("2027-01-01T05:00:00Z")) == ["7 climatology-suspect"])
    }

    @Test("what comes late by the profile is flagged, and is as usable as before")
    func timeliness() throws {
        let gauge = try Gauge("timeliness: 15m, duplicate: true")
        let second = Int(Self.start.nanoseconds / 1_000_000_000)
        #expect(gauge.send("{\"t\":\(second),\"l\":1}", at: 900) == ["1"])
        #expect(gauge.send("{\"t\":\(second + 1),\"l\":2}", at: 902) == ["2 timeliness-fail"])
        #expect(gauge.send("{\"t\":\(second + 1),\"l\":2}", at: 903) == ["2 timeliness-fail duplicate-suspect"])
        #expect(gauge.stored.allSatisfy { $0.quality.isUsable })
    }

    @Test("all tests go on after a stop at any moment as if there had been none", arguments: 0..<60)
    func restarts(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let method = Bool.random(using: &random) ? "differential" : "average"
        let measure = Bool.random(using: &random) ? "range" : "deviation"
        let quality = """
            expected: 0 .. 8, spike: { suspect: 0.5, fail: 2, method: \(method) }, \
            rate_of_change: { suspect: 0.5 m/min, fail: 2 m/min }, \
            flat_line: { suspect: 4m, fail: 9m, tolerance: 0.05 }, \
            attenuated_signal: { within: 12m, suspect: 0.3, fail: 0.1, measure: \(measure) }, \
            gap: 3m, timeliness: 10m, duplicate: true
            """
        let (steady, stopped) = (
            try Gauge(quality, plausible: "plausible: -1 .. 10, "),
            try Gauge(quality, plausible: "plausible: -1 .. 10, ")
        )
        var level = 3.0
        var minute = 0
        for _ in 0..<400 {
            minute += Int.random(in: 0..<20, using: &random) == 0 ? Int.random(in: 1...9, using: &random) : 1
            if Int.random(in: 0..<3, using: &random) > 0 { level += Double.random(in: -0.3...0.3, using: &random) }
            var value = level
            if Int.random(in: 0..<15, using: &random) == 0 { value += Double.random(in: -9...9, using: &random) }
            if Int.random(in: 0..<30, using: &random) == 0 { level = Double.random(in: 0...8, using: &random) }
            // An old reading that comes while a newer one waits is stored before it. After a stop it counts as one that
            // came in order, which is not exact, and changes no more than how one reading is judged.
            let isOld = Int.random(in: 0..<20, using: &random) == 0 && steady.decoder.nextRelease == .distantFuture
            let age = isOld ? Int.random(in: 0...20, using: &random) : 0
            if Int.random(in: 0..<12, using: &random) == 0 {
                stopped.restart(isBrief: Bool.random(using: &random))
            }
            let second = Int(Self.start.nanoseconds / 1_000_000_000) + (minute - age) * 60
            let payload = "{\"t\":\(second),\"l\":\(value)}"
            for gauge in [steady, stopped] {
                _ = gauge.wait(until: Int64(minute) * 60)
                _ = gauge.send(payload, at: Int64(minute) * 60 + 2)
            }
        }
        let difference = zip(steady.stored, stopped.stored).enumerated().first { $1.0 != $1.1 }
        #expect(steady.stored.count == stopped.stored.count)
        let text = difference.map { index, pair in
            "\(index): \(pair.0.time) \(pair.0.quality.names), and then \(pair.1.time) \(pair.1.quality.names)"
        }
        #expect(difference == nil, "\(text ?? "")")
        #expect(Set(steady.stored.flatMap(\.quality.names)).count > 8)
    }
}
