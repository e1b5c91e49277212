import CAllocations
import Devices
import Diagnostics
import Telemetry

/// Decoding of each family of payloads, for each reading, beside a JSON object with as many readings.
enum FamilyBenchmark {
    private struct Family {
        var name: String
        var profile: String
        var payload: String
    }

    private static let readings = """
        readings:
          - { quantity: water_level, pointer: /level, unit: mm }
          - { quantity: temperature, pointer: /t, unit: degC, scale: 0.1 }
          - { quantity: battery_voltage, pointer: /bat, unit: mV }

        """
    private static let fields = """
        format: binary
        fields: [ { name: level, type: u16 }, { name: t, type: i16 }, { name: bat, type: u16 } ]

        """
    private static let families = [
        Family(name: "JSON object", profile: readings, payload: #"{"level":2500,"t":125,"bat":3600}"#),
        Family(name: "bytes", profile: fields + readings, payload: "\u{9}\u{41}\u{0}\u{7d}\u{e}\u{10}"),
        Family(
            name: "bytes in a LoRaWAN uplink", profile: "envelope: lorawan\n" + fields + readings,
            payload:
                #"{"deviceInfo":{"devEui":"1"},"fPort":1,"fCnt":100000,"data":"CcQAfQ4Q","rxInfo":[{"rssi":-60,"snr":9}]}"#
        ),
        Family(
            name: "key=value", profile: "format: key_value\n" + readings, payload: "level=2500 t=125 bat=3600"),
        Family(
            name: "CSV line", profile: "format: csv\ncolumns: [level, t, bat]\n" + readings, payload: "2500,125,3600"),
        Family(
            name: "one of a thousand devices on a topic", profile: "device: /id\n" + readings,
            payload: #"{"id":"d500","level":2500,"t":125,"bat":3600}"#),
    ]

    static func lines() throws -> [Line] {
        var lines: [Line] = []
        var reference: Double?
        for family in families {
            let (time, allocations) = try measure(family)
            lines.append(
                Line(
                    "decode a reading, \(family.name) (reference: JSON object)", time, "ns",
                    reference: reference ?? time))
            lines.append(Line("decode a reading, \(family.name): allocations", allocations, "per message"))
            reference = reference ?? time
        }
        return lines
    }

    /// Adds one to a number of decimal digits.
    private static func count(_ payload: inout [UInt8], _ digits: Range<Int>) {
        for place in digits.reversed() {
            if payload[place] < UInt8(ascii: "9") { return payload[place] += 1 }
            payload[place] = UInt8(ascii: "0")
        }
    }

    /// Nanoseconds for each reading, and allocations for each message.
    private static func measure(_ family: Family) throws -> (Double, Double) {
        let isShared = family.profile.hasPrefix("device:")
        let devices =
            isShared ? (0..<1000).map { "  - { id: d\($0), profile: p }\n" }.joined() : "  - { id: d, profile: p }\n"
        let topic = isShared ? "all" : "t/{device}"
        let site = try Site.read(
            inventory: SourceFile(name: "site.yaml", text: "site: bench\ndevices:\n" + devices),
            profiles: [SourceFile(name: "p.yaml", text: "profile: p\ntopic: \(topic)\n" + family.profile)])
        var next: Int32 = -1
        let decoder = PayloadDecoder(site: site) { _, _ in
            next += 1
            return SeriesID(index: next)
        }
        var payload = Array(family.payload.utf8)
        // A frame that is sent again counts once, so each needs a number of its own.
        let counter = Array("100000".utf8)
        let place = payload.indices.first { payload[$0...].starts(with: counter) }
        let arrival = Instant(nanoseconds: 1_767_225_600_000_000_000)
        var readings: [Reading] = []
        func decode(_ rounds: Int) {
            for _ in 0..<rounds {
                if let place { count(&payload, place..<place + counter.count) }
                readings.removeAll(keepingCapacity: true)
                _ = payload.withUnsafeBytes { decoder.decode($0, from: 0, arrival: arrival, into: &readings) }
            }
        }
        decode(1000)
        guard readings.count == (place == nil ? 3 : 4) else {
            throw BenchmarkError("\(family.name) gave \(readings.count) readings of 3")
        }
        let rounds = 100_000
        let (before, start) = (tocsin_allocation_count(), CPUTime.own)
        decode(rounds)
        return (
            (CPUTime.own - start) / Double(rounds * 3) * 1e9,
            Double(tocsin_allocation_count() - before) / Double(rounds)
        )
    }
}
