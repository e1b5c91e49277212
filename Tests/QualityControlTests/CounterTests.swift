import Devices
import Diagnostics
import Telemetry
import TestSupport
import Testing

/// What a profile says of a counter, and what follows from its largest rate.
@Suite struct CounterTests {
    private static func site(
        _ counter: String, unit: String = "mm", quantity: String = "rain_total", device: String = ""
    ) throws -> Site {
        try Site.ofOneProfile(
            """
            time: { pointer: /time, format: unix }
            interval: 1m
            readings:
              - { quantity: \(quantity), pointer: /total, unit: "\(unit)", counter: \(counter) }
            """, devices: "{ id: d, profile: p\(device) }")
    }

    private static func field(
        _ counter: String, unit: String = "mm", quantity: String = "rain_total", device: String = ""
    ) throws
        -> Profile.Field
    {
        try site(counter, unit: unit, quantity: quantity, device: device).devices[0].fields[0]
    }

    @Test("every property is optional, and becomes canonical from its own unit or the payload's")
    func properties() throws {
        let all = try Self.field(
            "{ wraps: 65536, resolution: 0.2 mm, max_rate: 150 mm/h }", unit: "mm", quantity: "water_level")
        #expect(abs((all.counterWidth ?? 0) - 65.536) < 1e-9)
        #expect(abs((all.counterResolution ?? 0) - 0.0002) < 1e-12)
        #expect(abs((all.counter?.maxRate ?? 0) - 0.15 / 3600) < 1e-12)
        let none = try Self.field("true")
        #expect(none.counter == CounterProperties())
        #expect(none.counterWidth == nil && none.counterResolution == nil)
        #expect(try Self.field("false").counter == nil)
        #expect(try Self.field("{ resolution: 1 cm }").counterResolution == 10)
        let tips = try Self.field("{ wraps: 256, max_rate: 30 /min }", unit: "1", quantity: "tips")
        #expect(tips.counterWidth == 256)
        #expect(tips.counter?.maxRate == 0.5)
    }

    @Test("a device may have properties of its own, and a unit of its own changes what is written without one")
    func device() throws {
        #expect(
            try Self.field("{ wraps: 1000 }", device: ", counter: { rain_total: { wraps: 500 } }").counterWidth == 500)
        #expect(
            try Self.field("{ wraps: 1000, resolution: 1 mm }", device: ", units: { rain_total: cm }").counterWidth
                == 10_000)
        #expect(
            try Self.field("{ wraps: 1000, resolution: 1 mm }", device: ", units: { rain_total: cm }").counterResolution
                == 1)
        #expect(throws: DiagnosticList.self) { try Self.field("true", device: ", counter: { rain: { wraps: 500 } }") }
    }

    @Test(
        "what a counter can get wrong is said at its place",
        arguments: [
            (
                "{ wraps: 0 }",
                "p.yaml:6:76: error: 'wraps' must be a number above 0 in a unit of length, or without a unit for the payload's own (mm); got '0'"
            ),
            ("{ resolution: 0.2 degC }", "'resolution' must be a number above 0 in a unit of length"),
            (
                "{ max_rate: 150 }",
                "'max_rate' must be a number above 0 and a unit of length per time, such as 150 mm/h; got '150'"
            ),
            ("{ max_rate: 150 mm }", "such as 150 mm/h"), ("{ max_rate: -1 mm/h }", "such as 150 mm/h"),
            ("{ wraps: inf }", "got 'inf'"),
            ("{ wrap: 65536 }", "did you mean 'wraps'?"),
            ("maybe", "'counter' must be true, or what is known of the counter"),
            ("[ 1 ]", "a counter must be a mapping"),
        ])
    func mistakes(counter: String, expected: String) {
        do {
            _ = try Self.site(counter)
            Issue.record("it was accepted")
        } catch {
            #expect("\(error)".contains(expected), "\(error)")
        }
    }

    /// The readings' values and times in minutes, through a decoder; those that are flagged.
    private static func flagged(_ counter: String, _ totals: [(Double, Double)]) throws -> [Double] {
        let decoder = JudgingDecoder(site: try site(counter), series: { _, _ in SeriesID(index: 0) })
        var readings: [Reading] = []
        var latest = 0.0
        for (minute, total) in totals {
            latest = max(latest, minute)
            let payload = "{\"time\":\(1_528_063_500 + minute * 60),\"total\":\(total)}"
            let arrival = Instant(nanoseconds: (1_528_063_500 + Int64(latest * 60)) * 1_000_000_000)
            let findings = Array(payload.utf8).withUnsafeBytes {
                decoder.decode($0, from: 0, arrival: arrival, into: &readings)
            }
            #expect(findings.isEmpty)
        }
        #expect(readings.count == totals.count, "all are kept")
        #expect(
            readings.allSatisfy {
                [.pass, .notEvaluated].contains($0.quality.flag) || $0.quality == Quality(.rateOfChange, .fail)
            })
        return readings.filter { !$0.quality.isUsable }.map(\.value)
    }

    private static let rate = "{ resolution: 0.2 mm, max_rate: 150 mm/h }"

    @Test("a rise faster than the largest rate is flagged, and the next readings are held against what was believed")
    func glitch() throws {
        let totals: [(Double, Double)] = [
            (0, 350.2), (1, 352.4), (2, 35_240.6), (3, 352.8), (4, 4_294_967.295), (5, 353),
        ]
        #expect(try Self.flagged(Self.rate, totals) == [35_240.6, 4_294_967.295])
        // A decimal point that slipped for two hours, as a meter's users reported it.
        #expect(
            try Self.flagged(Self.rate, [(0, 35_548.8), (60, 355_549.2), (120, 355_549.4), (180, 35_550.3)]) == [
                355_549.2, 355_549.4,
            ])
        #expect(try Self.flagged("true", totals) == [])
        #expect(try Self.flagged("{ resolution: 0.2 mm }", totals) == [])
    }

    @Test("a step that stays is believed with the third reading that fits")
    func replaced() throws {
        #expect(try Self.flagged(Self.rate, [(0, 10), (1, 900), (2, 900.2), (3, 900.4), (4, 901)]) == [900, 900.2])
        #expect(
            try Self.flagged(Self.rate, [(0, 10), (1, 900), (2, 400), (3, 800), (4, 11), (5, 11.2)]) == [900, 400, 800])
    }

    @Test("a fall is believed, and so is the jump back to where it was")
    func fall() throws {
        #expect(try Self.flagged(Self.rate, [(0, 350.2), (1, 0), (2, 350.4), (3, 350.6)]) == [])
        #expect(try Self.flagged(Self.rate, [(0, 350.2), (1, 0), (2, 0), (3, 350.4), (4, 350.6)]) == [])
        #expect(try Self.flagged(Self.rate, [(0, 350.2), (1, 0.2), (2, 0.4), (3, 700), (4, 0.6)]) == [700])
        let reset = (1...40).map { (Double($0), Double($0) * 0.2) }
        #expect(try Self.flagged(Self.rate, [(0, 350.2)] + reset + [(41, 350.2), (42, 8.8)]) == [350.2])
    }

    @Test("what rose over a long silence, and readings whose stamps are too close, are credible")
    func pace() throws {
        #expect(try Self.flagged(Self.rate, [(0, 10), (120, 300)]) == [])
        #expect(try Self.flagged(Self.rate, [(0, 10), (0, 10.2), (0, 10.4), (0, 10.6), (1, 13)]) == [])
        #expect(
            try Self.flagged(Self.rate, [(5, 10), (4, 9), (3, 900), (6, 10.2)]) == [],
            "late readings say nothing of the newest")
    }

    /// The values that one message's readings have, and those of them that are flagged.
    private static func flagged(_ decoder: JudgingDecoder, _ totals: [(minute: Double, total: Double)]) -> [Double] {
        let objects = totals.map { "{\"time\":\(1_528_063_500 + $0.minute * 60),\"total\":\($0.total)}" }
        var readings: [Reading] = []
        let arrival = Instant(nanoseconds: (1_528_063_500 + Int64(600 * 60)) * 1_000_000_000)
        _ = Array("[\(objects.joined(separator: ","))]".utf8).withUnsafeBytes {
            decoder.decode($0, from: 0, arrival: arrival, into: &readings)
        }
        return readings.filter { !$0.quality.isUsable }.map(\.value)
    }

    @Test("the readings of a message are held against each other in the order of their times")
    func order() throws {
        let decoder = JudgingDecoder(site: try Self.site(Self.rate), series: { _, _ in SeriesID(index: 0) })
        #expect(Self.flagged(decoder, [(0, 100)]) == [])
        #expect(Self.flagged(decoder, [(2, 100.4), (1, 9999), (3, 100.6)]) == [9999])
        #expect(Self.flagged(decoder, [(5, 101), (4, 100.8), (6, 9999)]) == [9999])
    }

    @Test("a late reading is held against those before and after it, and a backlog against itself")
    func late() throws {
        let decoder = JudgingDecoder(site: try Self.site(Self.rate), series: { _, _ in SeriesID(index: 0) })
        for minute in 0..<5 { #expect(Self.flagged(decoder, [(Double(minute), 100 + Double(minute) * 0.2)]) == []) }
        // A live reading, then what was measured before it.
        #expect(Self.flagged(decoder, [(300, 150)]) == [])
        var flagged: [Double] = []
        for minute in 5..<300 {
            let isGlitch = minute % 50 == 0
            flagged += Self.flagged(
                decoder, [(Double(minute), isGlitch ? 9999 + Double(minute) : 100 + Double(minute) / 6)])
        }
        #expect(flagged == [50, 100, 150, 200, 250].map { 9999 + $0 })
        // The counter was replaced between two readings that are believed.
        for minute in 301...303 { _ = Self.flagged(decoder, [(Double(minute + 100), 900)]) }
        #expect(Self.flagged(decoder, [(402, 900), (350, 900), (320, 155)]) == [])
    }

    @Test("what is stored of a check is enough to go on, after each reading", arguments: [31, 32] as [UInt64])
    func restart(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let site = try Self.site(Self.rate)
        let steady = JudgingDecoder(site: site, series: { _, _ in SeriesID(index: 0) })
        var stopped = JudgingDecoder(site: site, series: { _, _ in SeriesID(index: 0) })
        var states: [DeviceState] = []
        var (total, minute, count) = (100.0, 0.0, 0)
        for _ in 0..<500 {
            minute += Double(Int.random(in: 0...2, using: &random))
            total += Double(Int.random(in: 0...8, using: &random)) / 5
            if Int.random(in: 0..<30, using: &random) == 0 {
                total = [0, total + 500].randomElement(using: &random) ?? 0
            }
            let value =
                Int.random(in: 0..<9, using: &random) == 0 ? [0, 9999].randomElement(using: &random) ?? 0 : total
            let time =
                minute
                - (Int.random(in: 0..<6, using: &random) == 0 ? Double(Int.random(in: 0...9, using: &random)) : 0)
            let (expected, found) = (Self.flagged(steady, [(time, value)]), Self.flagged(stopped, [(time, value)]))
            #expect(expected == found)
            count += expected.count
            states = []
            stopped.appendChangedStates(to: &states)
            #expect(states.count == 1)
            stopped = JudgingDecoder(site: site, series: { _, _ in SeriesID(index: 0) })
            stopped.restore(states)
        }
        #expect(count > 20)
    }

    @Test("no reading and no run of readings makes a counter deaf", arguments: [21, 22, 23] as [UInt64])
    func neverDeaf(seed: UInt64) throws {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            var totals = (0..<Int.random(in: 1...30, using: &random)).map { minute in
                (
                    Double(minute),
                    [0, 1e-300, 350, 1e308, Double.random(in: 0...1e6, using: &random)].randomElement(using: &random)
                        ?? 0
                )
            }
            let end = Double.random(in: 0...1000, using: &random)
            totals += (0..<20).map { (Double(totals.count + $0), end + Double($0) * 0.2) }
            // Readings that fit each other are believed from the third on.
            let flagged = try Self.flagged(Self.rate, totals)
            #expect(!totals.suffix(17).contains { flagged.contains($0.1) }, "\(totals) \(flagged)")
        }
    }
}
