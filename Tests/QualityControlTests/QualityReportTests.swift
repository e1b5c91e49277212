import Devices
import Diagnostics
import QualityControl
import Telemetry
import TestSupport
import Testing

/// What public reports say goes wrong elsewhere with the quality control of sensors, tried here.
@Suite struct QualityReportTests {
    static let start = Instant(rfc3339: "2026-06-01T00:00:00Z".utf8)!  // a literal that reads

    /// Returns what is found of each reading, in the order in which they come out.
    /// - Parameters:
    ///   - interval: the device's, or `nil` for the profile's default.
    ///   - points: minutes and values; each arrives two seconds after its time.
    private static func found(
        _ quality: String, interval: String? = "10m", hasTime: Bool = true, _ points: [(minute: Double, value: Double)]
    ) throws -> [String] {
        let site = try Site.ofOneProfile(
            """
            \(interval.map { "interval: \($0)" } ?? "# no interval")
            \(hasTime ? "time: { pointer: /t, format: unix }" : "# no time")
            readings: [ { quantity: height, pointer: /v, unit: "1", quality: { \(quality) } } ]
            """)
        let decoder = JudgingDecoder(site: site) { _, _ in SeriesID(index: 0) }
        var all: [Reading] = []
        var newest = Instant.distantPast
        for point in points {
            let time = start.nanoseconds + Int64((point.minute * 60_000).rounded()) * 1_000_000
            let arrival = max(Instant(nanoseconds: time) + .seconds(hasTime ? 2 : 0), newest)
            newest = arrival
            if decoder.nextRelease <= arrival { decoder.release(at: arrival, into: &all) }
            var readings: [Reading] = []
            _ = Array("{\"t\":\(time / 1_000_000_000),\"v\":\(point.value)}".utf8).withUnsafeBytes {
                decoder.decode($0, from: 0, arrival: arrival, into: &readings)
            }
            all += readings
        }
        let end = Instant(nanoseconds: start.nanoseconds + Int64((points.last?.minute ?? 0) * 60e9)) + .days(9)
        decoder.release(at: end, into: &all)
        return all.map { ([NumberText.short($0.value)] + $0.quality.names).joined(separator: " ") }
    }

    /// Readings that are so many minutes apart.
    private static func each(_ minutes: Double, _ values: [Double]) -> [(minute: Double, value: Double)] {
        values.enumerated().map { (Double($0.offset) * minutes, $0.element) }
    }

    // https://github.com/ioos/ioos_qc/pull/29, https://github.com/vergauwenthomas/MetObs_toolkit/issues/69
    @Test("a window that has just begun is not a weak signal")
    func coverage() throws {
        let settings = "attenuated_signal: { within: 1h, fail: 0.02 }"
        #expect(
            try Self.found(settings, interval: "15m", Self.each(15, [1.20, 1.20, 1.21, 1.23])) == [
                "1.2", "1.2", "1.21", "1.23",
            ])
        // Eight readings in eight seconds after a start do not cover half a day.
        let burst = (0..<8).map { (minute: Double($0) / 60, value: 3 + Double($0) / 1000) }
        #expect(
            try Self.found("attenuated_signal: { within: 12h, fail: 0.05 }", interval: "1h", burst).allSatisfy {
                !$0.contains("attenuated")
            })
    }

    // https://github.com/thingsboard/thingsboard/issues/15958, https://github.com/matthewwall/weewx-sdr/issues/123,
    // https://github.com/helium/router/issues/517, https://github.com/ioos/glider-dac/issues/371
    @Test("a copy of a reading hides no spike, and is no flat line")
    func copies() throws {
        let spike = [(0.0, 1.0), (10, 1.01), (20, 4.8), (20, 4.8), (30, 1.02), (40, 1.03)]
        let found = try Self.found("spike: { fail: 0.5 }, rate_of_change: { fail: 3 1/h }, duplicate: true", spike)
        #expect(
            found == [
                "1", "1.01", "4.8 spike-fail rate-of-change-fail", "4.8 spike-fail duplicate-suspect", "1.02", "1.03",
            ])
        let flat = [(0.0, 1.0), (10, 1.2), (10, 1.2), (10, 1.2), (10, 1.2)]
        #expect(try Self.found("flat_line: { suspect: 30m }", flat) == ["1", "1.2", "1.2", "1.2", "1.2"])
    }

    // https://github.com/cweber12/kelp-compare/issues/68, https://github.com/cweber12/kelp-compare/issues/113
    @Test("in a device that sends less often than it should, a spike takes nothing from the reading after it")
    func slowDevice() throws {
        let found = try Self.found(
            "spike: { fail: 0.5 }, rate_of_change: { fail: 6 1/h }", interval: nil, Self.each(5, [1, 1, 4.8, 1, 1]))
        #expect(found == ["1", "1", "4.8 rate-of-change-fail", "1", "1"])
    }

    // https://github.com/FVON-GOOS/qc-flags/discussions/6, https://github.com/ioos/ioos_qc/pull/2
    @Test("a device that sends faster than usual is not stuck after a few minutes")
    func fastDevice() throws {
        let points = [(0.0, 1.2), (10, 1.3), (11, 1.3), (12, 1.3), (13, 1.3), (20, 1.3), (30, 1.3), (40, 1.3)]
        let found = try Self.found("flat_line: { suspect: 30m }", points)
        #expect(found.dropLast().allSatisfy { !$0.contains("flat") })
        #expect(found.last == "1.3 flat-line-suspect")
    }

    // https://github.com/IQuOD/AutoQC/pull/44
    @Test("a queue that is sent at once, without times, has not changed a thousand times faster")
    func queue() throws {
        let points = [(0.0, 2.10), (30, 2.14), (30.0003, 2.18), (30.0006, 2.22), (40, 2.26)]
        #expect(
            try Self.found("rate_of_change: { suspect: 0.5 1/h, fail: 3 1/h }", hasTime: false, points) == [
                "2.1", "2.14", "2.18", "2.22", "2.26",
            ])
    }

    // https://github.com/NatLabRockies/flasc/issues/90, https://github.com/rob42/freeboard-server/issues/28
    @Test("a direction is not tested as if 359 degrees were far from 0")
    func direction() throws {
        func problem(_ test: String) -> String {
            do {
                _ = try Site.ofOneProfile(
                    "readings: [ { quantity: wind_direction, pointer: /v, unit: deg, quality: { \(test) } } ]")
                return ""
            } catch { return error.diagnostics.map(\.message).joined() }
        }
        #expect(problem("spike: { fail: 120 }").contains("359 deg is beside 0 deg"))
        #expect(problem("rate_of_change: { fail: 120 deg/h }").contains("359 deg is beside 0 deg"))
        #expect(problem("flat_line: { fail: 3h }") == "")
    }

    // https://github.com/TheThingsArchive/ttn/issues/272
    @Test("a buffer that is sent twice does not pass a second time as if it had been looked at")
    func resent() throws {
        let once = Self.each(10, [1.0, 1.1, 1.2])
        let found = try Self.found("duplicate: true, rate_of_change: { fail: 1 1/h }", once + once)
        #expect(found.suffix(3) == ["1", "1.1", "1.2 duplicate-suspect"])
    }

    // https://github.com/IQuOD/AutoQC/pull/47, https://github.com/quallmer/quallmer/issues/121
    @Test("a step of the tolerance itself is a change, at every level", arguments: [1.0, 2, 0.57, 4.35, 9.99])
    func rounding(level: Double) throws {
        let toggling = (0..<12).map { $0 % 2 == 0 ? level : ((level + 0.01) * 100).rounded() / 100 }
        let found = try Self.found("flat_line: { suspect: 30m, tolerance: 0.01 }", Self.each(10, toggling))
        #expect(found.allSatisfy { !$0.contains("flat") })
        let spikes = (0..<12).map { $0 % 2 == 0 ? level : ((level + 0.2) * 100).rounded() / 100 }
        #expect(try Self.found("spike: { suspect: 0.2 }", Self.each(10, spikes)).allSatisfy { !$0.contains("spike") })
    }

    // https://github.com/ioos/ioos_qc/issues/48, https://github.com/ioos/ioos_qc/pull/50,
    // https://github.com/cweber12/kelp-compare/issues/4
    @Test("what the mean of neighbours finds beside a step takes nothing from the rate of change test")
    func average() throws {
        let found = try Self.found(
            "spike: { fail: 4, method: average }, rate_of_change: { fail: 300 1/h }", interval: "1m",
            Self.each(1, [1, 1, 10, 10, 10]))
        #expect(found == ["1", "1 spike-fail", "10 spike-fail rate-of-change-fail", "10", "10"])
    }

    // https://github.com/home-assistant/core/pull/21332
    @Test("a lasting step is not taken for a spike, and is not rejected for ever")
    func step() throws {
        let found = try Self.found(
            "spike: { fail: 20 }, rate_of_change: { suspect: 3600 1/h }", interval: "1m",
            Self.each(1, [100, 101, 0, 0, 0, 100]))
        #expect(
            found == [
                "100", "101", "0 rate-of-change-suspect", "0", "0", "100 rate-of-change-suspect",
            ])
    }

    // https://github.com/ioos/glider-dac/pull/85, https://github.com/aodn/imos-toolbox/issues/706
    @Test("readings that are days apart make no spike, if the profile says what a gap is")
    func gaps() throws {
        let points = [(0.0, 1.0), (10, 1.0), (1500, 3.0), (2940, 1.1), (2950, 1.1)]
        let found = try Self.found("spike: { fail: 0.5 }, gap: 1h", points)
        #expect(found == ["1", "1", "3 gap-fail", "1.1 gap-fail", "1.1"])
    }

    // https://github.com/OpenSTEF/openstef/pull/486, https://github.com/MazamaScience/AirSensor/issues/114,
    // https://github.com/DFRobot/DFRobot_MultiGasSensor/issues/10
    @Test("a gas that is not there may stay at 0 if the profile says so, and a sensor stuck elsewhere is found")
    func zero() throws {
        let settings = "flat_line: { fail: 3m, except: 0 }"
        #expect(
            try Self.found(settings, interval: "1m", Self.each(1, [0, 0, 0, 0, 0, 12])) == [
                "0", "0", "0", "0", "0", "12",
            ])
        #expect(
            try Self.found(settings, interval: "1m", Self.each(1, [7, 7, 7, 7, 7])).suffix(2) == [
                "7 flat-line-fail", "7 flat-line-fail",
            ])
    }

    // https://github.com/thingsboard/thingsboard-gateway/issues/2119
    @Test("an old value that is repeated with new times is found as a flat line")
    func cached() throws {
        let found = try Self.found(
            "gap: 15m, timeliness: 5m, flat_line: { fail: 6h }", interval: "5m",
            Self.each(5, Array(repeating: 2.31, count: 80)))
        #expect(found.firstIndex { $0.contains("flat-line-fail") } == 72)
        #expect(found.allSatisfy { !$0.contains("gap") && !$0.contains("timeliness") })
    }
}
