import CAllocations
import Devices
import Diagnostics
import Foundation
import Telemetry

/// Decoding of each family of payloads, for each reading, beside a JSON object with as many readings.
enum FamilyBenchmark {
    private struct Family {
        var name: String
        var profile: String
        var payload: [UInt8]

        init(name: String, profile: String, payload: String) {
            self.init(name: name, profile: profile, bytes: Array(payload.utf8))
        }

        init(name: String, profile: String, bytes: [UInt8]) {
            (self.name, self.profile, payload) = (name, profile, bytes)
        }
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
            name: "SenML CBOR",
            profile: """
                format: senml_cbor
                readings:
                  - { quantity: water_level, record: l, unit: m }
                  - { quantity: temperature, record: t, unit: degC }
                  - { quantity: battery_voltage, record: b, unit: V }

                """,
            // [{bn: "d/", n: "l", u: "m", v: 2.5}, {n: "t", u: "Cel", v: 12.5}, {n: "b", u: "V", v: 3.6}]
            bytes: [
                0x83, 0xa4, 0x21, 0x62, 0x64, 0x2f, 0x00, 0x61, 0x6c, 0x01, 0x61, 0x6d, 0x02, 0xf9, 0x41, 0x00, 0xa3,
                0x00,
                0x61, 0x74, 0x01, 0x63, 0x43, 0x65, 0x6c, 0x02, 0xf9, 0x4a, 0x40, 0xa3, 0x00, 0x61, 0x62, 0x01, 0x61,
                0x56,
                0x02, 0xfb, 0x40, 0x0c, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcd,
            ]),
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
        let (time, allocations) = try measureSparkplug()
        lines.append(
            Line("decode a reading, Sparkplug B (reference: JSON object)", time, "ns", reference: reference ?? time))
        lines.append(Line("decode a reading, Sparkplug B: allocations", allocations, "per message"))
        return lines
    }

    /// Data by alias, after the births: six metrics in a message, of which the profile reads three.
    private static func measureSparkplug() throws -> (Double, Double) {
        let path = "Devices/profiles/sparkplug/gauge.yaml"
        let profile = SourceFile(name: path, text: try String(contentsOfFile: path, encoding: .utf8))
        let vectors = try Profile.read(profile).vectors
        guard let vector = vectors.first(where: { $0.before.count == 2 }) else {
            throw BenchmarkError("\(path) has no vector with births")
        }
        let site = try Site.read(
            inventory: SourceFile(
                name: "site.yaml",
                text: """
                    site: bench
                    devices: [ { id: dev1, profile: sparkplug-gauge, labels: { group: plant, node: node1 } } ]
                    """
            ), profiles: [profile])
        var next: Int32 = -1
        let decoder = PayloadDecoder(site: site) { _, _ in
            next += 1
            return SeriesID(index: next)
        }
        let arrival = Instant(nanoseconds: 1_767_225_600_000_000_000)
        var readings: [Reading] = []
        func decode(_ payload: [UInt8], _ topic: String?) {
            guard let topic, let route = Array(topic.utf8).withUnsafeBytes({ decoder.route(of: $0) }) else { return }
            readings.removeAll(keepingCapacity: true)
            _ = payload.withUnsafeBytes { decoder.decode($0, from: route, arrival: arrival, into: &readings) }
        }
        for earlier in vector.before { decode(earlier.payload.bytes, earlier.topic) }
        // The number of the message is the last field.
        let body = vector.payload.bytes.dropLast(1)
        var number: UInt8 = 2
        func decode(_ rounds: Int) {
            for _ in 0..<rounds {
                decode(body + (number < 128 ? [number] : [number, 1]), vector.topic)
                number &+= 1
            }
        }
        decode(1000)
        guard readings.count == 3 else { throw BenchmarkError("Sparkplug gave \(readings.count) readings of 3") }
        let rounds = 20_000
        let (before, start) = (tocsin_allocation_count(), CPUTime.own)
        decode(rounds)
        return (
            (CPUTime.own - start) / Double(rounds * 3) * 1e9,
            Double(tocsin_allocation_count() - before) / Double(rounds)
        )
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
        var payload = family.payload
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
