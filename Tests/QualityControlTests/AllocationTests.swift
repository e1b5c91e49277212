import CAllocations
import Devices
import Diagnostics
import QualityControl
import Telemetry
import TestSupport
import Testing

/// What the decoder and the stage allocate in the steady state.
///
/// The exact number is that of an optimised build, which the benchmark prints: none. An unoptimised build, as here, puts
/// closures and copies on the heap that the optimiser removes, so the test holds what must be true of both: the stage
/// allocates nothing at all, and what a message allocates in the decoder does not depend on how many came before.
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

    @Test("the stage allocates nothing for a message, good or bad, once its buffers have their size")
    func stage() throws {
        let site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: s\ndevices: [ { id: d, profile: p } ]\n"),
            profiles: [SourceFile(name: "p.yaml", text: Self.profile)])
        let names = site.devices[0].fields.map(\.quantity.name)
        func series(_: String, _ quantity: Quantity) -> SeriesID {
            SeriesID(index: Int32(names.firstIndex(of: quantity.name) ?? -1))
        }
        let decoder = PayloadDecoder(site: site, series: series)
        var quality = QualityStage(site, series: series)
        let start = QualityStageTests.start
        var number: Int64 = 0
        for (kind, level) in [("a good message", 1.0), ("an implausible one", 99)] {
            // The fewest of many rounds: other threads of the test process may allocate meanwhile.
            var fewest: (decoding: UInt64, judging: UInt64) = (.max, .max)
            var readings: [Reading] = []
            readings.reserveCapacity(64)
            for round in 0..<200 {
                number += 1
                let second = start.nanoseconds / 1_000_000_000 + number * 60
                let payload = Array(
                    "{\"n\":\(number),\"t\":\(second),\"l\":\(level),\"r\":\(number),\"d\":[1,2,3]}".utf8)
                readings.removeAll(keepingCapacity: true)
                let before = tocsin_allocation_count()
                _ = payload.withUnsafeBytes {
                    decoder.decode($0, from: 0, arrival: start + .seconds(number * 60), into: &readings)
                }
                let between = tocsin_allocation_count()
                _ = quality.judge(&readings, of: &decoder.message, isRetained: false)
                let after = tocsin_allocation_count()
                #expect(readings.count == 6 || round == 0)
                // The first messages give the buffers their size.
                guard round >= 20 else { continue }
                fewest = (min(fewest.decoding, between - before), min(fewest.judging, after - between))
            }
            print("\(kind): \(fewest.decoding) allocations of the decoder, \(fewest.judging) of the stage")
            #expect(fewest.judging == 0, "\(kind)")
        }
    }
}
