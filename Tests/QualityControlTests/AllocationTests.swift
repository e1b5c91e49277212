import CAllocations
import Devices
import Diagnostics
import QualityControl
import Telemetry
import TestSupport
import Testing

/// What the decoder and the stage allocate in the steady state: nothing for a reading.
///
/// An optimised build allocates nothing for a message either; `make bench` prints the number. An unoptimised build, as
/// here, allocates for some closures and accessors of each message. So this test compares messages that differ only in
/// their number of readings: the stage must allocate as much for many as for few, and neither the decoder nor the stage
/// may allocate more as time goes on.
@Suite struct AllocationTests {
    private static let profile = """
        profile: p
        topic: t/{device}
        time: { pointer: /t, format: unix }
        sequence: { pointer: /n }
        repeats: ignored
        readings:
          - { quantity: water_level, pointer: /l, unit: m, plausible: 0 m .. 10 m }
          - { quantity: rain_total, pointer: /r, unit: mm, counter: { resolution: 0.2 mm, max_rate: 150 mm/h } }
          - { quantity: displacement, unit: mm, samples: { pointer: /d, rate: 1 Hz, time: last } }
        """

    /// The fewest allocations of the decoder and of the stage for a message.
    private struct Count: Equatable {
        var decoding = UInt64.max
        var judging = UInt64.max
    }

    /// Counts for messages with so many samples, in two halves: the earlier messages, and the later ones.
    private static func count(samples: Int, level: Double) throws -> (earlier: Count, later: Count) {
        let site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: s\ndevices: [ { id: d, profile: p } ]\n"),
            profiles: [SourceFile(name: "p.yaml", text: profile)])
        let names = site.devices[0].fields.map(\.quantity.name)
        func series(_: String, _ quantity: Quantity) -> SeriesID {
            SeriesID(index: Int32(names.firstIndex(of: quantity.name) ?? -1))
        }
        let decoder = PayloadDecoder(site: site, series: series)
        var quality = QualityStage(site, series: series)
        let start = QualityStageTests.start
        let array = Array(repeating: "5", count: samples).joined(separator: ",")
        var readings: [Reading] = []
        var (earlier, later) = (Count(), Count())
        for number in 1...220 as ClosedRange<Int64> {
            let second = start.nanoseconds / 1_000_000_000 + number * 60
            let payload = Array(
                "{\"n\":\(number),\"t\":\(second),\"l\":\(level),\"r\":\(number),\"d\":[\(array)]}".utf8)
            readings.removeAll(keepingCapacity: true)
            let before = tocsin_allocation_count()
            _ = payload.withUnsafeBytes {
                decoder.decode($0, from: 0, arrival: start + .seconds(number * 60), into: &readings)
            }
            let between = tocsin_allocation_count()
            _ = quality.judge(&readings, of: &decoder.message, isRetained: false)
            let after = tocsin_allocation_count()
            #expect(readings.count == samples + (number == 1 ? 2 : 3))
            // The first messages give the buffers their size. The fewest of many count, because other threads of the
            // test process may allocate meanwhile.
            guard number > 20 else { continue }
            var count = number <= 120 ? earlier : later
            count.decoding = min(count.decoding, between - before)
            count.judging = min(count.judging, after - between)
            if number <= 120 { earlier = count } else { later = count }
        }
        return (earlier, later)
    }

    @Test(
        "many readings cost the stage no more allocations than few, and the hundredth message no more than the first",
        arguments: [1.0, 99])
    func steadyState(level: Double) throws {
        let (few, many) = (try Self.count(samples: 2, level: level), try Self.count(samples: 200, level: level))
        #expect(few.earlier == few.later)
        #expect(many.earlier == many.later)
        #expect(many.later.judging == few.later.judging)
    }
}
