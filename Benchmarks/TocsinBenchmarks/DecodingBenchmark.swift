import CAllocations
import Devices
import Diagnostics
import Foundation
import QualityControl
import Telemetry

/// Decoding and judging of one accelerometer message, as OpenEEW's devices send them, beside Foundation's decoder.
enum DecodingBenchmark {
    private struct Message: Decodable {
        let x: [Double]
        let y: [Double]
        let z: [Double]
        let device_t: Double
        let sr: Double
    }

    static func lines(profile path: String) throws -> [Line] {
        let profile = SourceFile(name: path, text: try String(contentsOfFile: path, encoding: .utf8))
        let site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: bench\ndevices: [ { id: d, profile: openeew } ]\n"),
            profiles: [profile])
        func series(_: String, _ quantity: Quantity) -> SeriesID {
            SeriesID(index: quantity.name.hasSuffix("x") ? 0 : quantity.name.hasSuffix("y") ? 1 : 2)
        }
        let decoder = PayloadDecoder(site: site, series: series)
        var quality = QualityStage(site, series: series)
        func samples(_ seed: Int) -> String {
            (0..<32).map { String(format: "%.3f", sin(Double($0 * seed)) * 3) }.joined(separator: ", ")
        }
        let text = """
            {"country_code": "mx", "device_id": "006", "x": [\(samples(3))], "y": [\(samples(5))], "z": [\(samples(7))], \
            "device_t": 1518824400.823, "cloud_t": 1518824400.496, "sr": 31.25}
            """
        let payload = Array(text.utf8)
        let arrival = Instant(nanoseconds: 1_518_824_401_000_000_000)
        var readings: [Reading] = []
        let rounds = 20_000
        var start = CPUTime.own
        for _ in 0..<rounds {
            readings.removeAll(keepingCapacity: true)
            _ = payload.withUnsafeBytes { decoder.decode($0, from: 0, arrival: arrival, into: &readings) }
        }
        let own = (CPUTime.own - start) / Double(rounds) * 1e9
        guard readings.count == 96 else { throw BenchmarkError("the decoder made \(readings.count) readings of 96") }
        // Each message once more, with quality control behind it; both have their buffers by now.
        let before = tocsin_allocation_count()
        start = CPUTime.own
        for _ in 0..<rounds {
            readings.removeAll(keepingCapacity: true)
            _ = payload.withUnsafeBytes { decoder.decode($0, from: 0, arrival: arrival, into: &readings) }
            _ = quality.judge(&readings, of: &decoder.message, isRetained: false)
        }
        let judged = (CPUTime.own - start) / Double(rounds) * 1e9
        let allocations = Double(tocsin_allocation_count() - before) / Double(rounds)
        let foundation = JSONDecoder()
        let data = Data(payload)
        start = CPUTime.own
        var total = 0
        for _ in 0..<2000 { total += try foundation.decode(Message.self, from: data).x.count }
        let reference = (CPUTime.own - start) / 2000 * 1e9
        guard total == 64_000 else { throw BenchmarkError("JSONDecoder lost samples") }
        return [
            Line("decode a message of 96 samples (reference: JSONDecoder)", own, "ns", reference: reference),
            Line("decode and judge it (reference: decode it)", judged, "ns", reference: own),
            Line("decode and judge it: allocations", allocations, "per message"),
        ]
    }
}

struct BenchmarkError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
