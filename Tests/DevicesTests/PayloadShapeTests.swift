import Devices
import Diagnostics
import Telemetry
import TestSupport
import Testing

/// Shapes of payloads that public reports show, and the keys of a profile that read them.
@Suite struct PayloadShapeTests {
    private static func text(_ keys: String, _ payload: String) throws -> String {
        let run = try DecodingTests.run(keys, payload)
        let readings = run.readings.map { "\($0.quantity.name) \(NumberText.short($0.shown))" }.joined(separator: ", ")
        return run.findings.description.isEmpty ? readings : "\(readings) | \(run.findings.description)"
    }

    private static func hex(_ keys: String, _ hex: String) throws -> String {
        try DecodingTests.values(keys, hex: hex).joined(separator: ", ")
    }

    @Test("an object of an array is chosen by one of its members (homebridge-airrohr #40)")
    func chosen() throws {
        let keys = """
            readings:
              - { quantity: pm10, pointer: "/sensordatavalues/[value_type=SDS_P1]/value", decimal: point }
              - { quantity: pm25, pointer: "/sensordatavalues/[value_type=SDS_P2]/value", decimal: point }
              - { quantity: temperature, pointer: "/sensordatavalues/[value_type=SHT3X_temperature]/value", decimal: point }
            """
        let values = [("SDS_P2", "38.72"), ("SHT3X_temperature", "1.83"), ("SDS_P1", "93.28")]
        let objects = values.map { #"{"value_type":"\#($0)","value":"\#($1)"}"# }
        for order in [objects, objects.reversed()] {
            #expect(
                try Self.text(keys, "{\"sensordatavalues\":[\(order.joined(separator: ","))]}")
                    == "pm10 93.28, pm25 38.72, temperature 1.83")
        }
        #expect(try Self.text(keys, #"{"sensordatavalues":[]}"#) == "")
        #expect(
            try Self.text(
                "readings: [ { quantity: temperature, pointer: \"/s/[id=7]/v/[k=t]/x\" } ]",
                #"{"s":[{"id":8,"v":[]},{"id":7,"v":[{"k":"t","x":5}]}]}"#) == "temperature 5")
    }

    @Test("one value of a text with several (Domoticz: svalue)")
    func parts() throws {
        let keys = """
            readings:
              - { quantity: temperature, pointer: /svalue, part: 1 }
              - { quantity: humidity, pointer: /svalue, part: 2, scale: 1 }
              - { quantity: comfort, pointer: /svalue, part: 3, unit: "1", words: { wet: 3, "1": 1 } }
            """
        #expect(try Self.text(keys, #"{"svalue":"21.5;55;1"}"#) == "temperature 21.5, humidity 55, comfort 1")
        #expect(try Self.text(keys, #"{"svalue":"21.5;55;wet"}"#) == "temperature 21.5, humidity 55, comfort 3")
        #expect(try Self.text(keys, #"{"svalue":"21.5"}"#).contains("not a number"))
        #expect(
            try Self.text(
                "readings: [ { quantity: temperature, pointer: /v, part: 2, separator: \"|\", decimal: comma } ]",
                #"{"v":"a|2,5|b"}"#)
                == "temperature 2.5")
    }

    @Test("the unit that stands in the payload counts (Tasmota: TempUnit)")
    func unitBeside() throws {
        let keys = """
            readings:
              - { quantity: temperature, pointer: /AM2301/Temperature, unit_at: /TempUnit }
              - { quantity: pressure, pointer: /p, unit: hPa, unit_at: /PressureUnit }
            """
        #expect(try Self.text(keys, #"{"AM2301":{"Temperature":68},"TempUnit":"F"}"#) == "temperature 20")
        #expect(try Self.text(keys, #"{"AM2301":{"Temperature":20},"TempUnit":"C"}"#) == "temperature 20")
        #expect(try Self.text(keys, #"{"AM2301":{"Temperature":20}}"#) == "temperature 20")
        #expect(
            try Self.text(keys, #"{"p":1000,"PressureUnit":"parsec"}"#)
                == " | /p has the unit 'parsec', and pressure is wanted")
    }

    @Test("objects of an array inside of the payload, each with its time, beside the present value")
    func items() throws {
        let keys = """
            messages:
              - topic: t/{device}
                time: { pointer: /at, format: unix }
                readings: [ { quantity: temperature, pointer: /t } ]
              - topic: t/{device}
                items: /history
                time: { pointer: /at, format: unix }
                readings: [ { quantity: temperature, pointer: /t } ]
            """
        let payload = #"{"at":1528063500,"t":20,"history":[{"at":1528063200,"t":18},{"at":1528063300,"t":19}]}"#
        let run = try DecodingTests.run(keys, payload)
        #expect(run.findings.isEmpty)
        #expect(
            run.readings.map { "\($0.value) \($0.time)" } == [
                "20.0 2018-06-03T22:05:00Z", "18.0 2018-06-03T22:00:00Z", "19.0 2018-06-03T22:01:40Z",
            ])
        #expect(try Self.text(keys, #"{"at":1528063500,"t":20}"#) == "temperature 20")
    }

    @Test("records with older times inside of a binary payload (Milesight, 0x20 0xce)")
    func binaryItems() throws {
        let single = """
            messages:
              - topic: t/{device}
                format: binary
                endian: little
                fields: [ { type: u16be, only: 0x20ce }, { name: records, repeat: rest, fields: [ { name: at, type: u32 }, { name: t, type: i16 } ] } ]
                items: /records
                time: { pointer: /at, format: unix }
                readings: [ { quantity: temperature, pointer: /t, scale: 0.1 } ]
            """
        let run = try DecodingTests.run(
            single, try #require(ProfileVector.Payload(hex: "20ce4c65145bc4006065145bbf00", port: 1)))
        #expect(run.readings.map { NumberText.short($0.value) } == ["19.6", "19.1"])
        #expect(run.readings.map { $0.time.description.prefix(10) } == ["2018-06-03", "2018-06-03"])
    }

    @Test("a number in two registers of Modbus, in each order of its words and bytes")
    func registers() throws {
        // 123.456 as a float is 0x42f6e979.
        for (type, bytes) in [("f32", "42f6e979"), ("f32le", "79e9f642"), ("f32sw", "e97942f6")] {
            let text = try Self.hex(
                "format: binary\nfields: [ { name: x, type: \(type) } ]\nreadings: [ { quantity: temperature, pointer: /x } ]\n",
                bytes)
            #expect(text.hasPrefix("temperature 123.5"), "\(text)")
        }
        #expect(
            try Self.hex(
                "format: binary\nfields: [ { name: x, type: u32sw } ]\nreadings: [ { quantity: count, pointer: /x, unit: \"1\" } ]\n",
                "00020001") == "count 65538")
    }

    @Test("a checksum at the end is no field, and needs a kind")
    func checksumAtEnd() throws {
        // Modbus: the CRC of 00 10 00 20.
        let keys =
            "format: binary\nchecksum: sum8\nfields: [ { name: v, repeat: rest, type: u16 } ]\n"
            + "readings: [ { quantity: temperature, samples: { pointer: /v, every: 10m } } ]\n"
        #expect(try Self.hex(keys, "0010002030") == "temperature 16, temperature 32")
        do {
            _ = try Self.hex(keys.replacing("checksum: sum8", with: "checksum: { at: -1 }"), "0010002030")
            Issue.record("no mistake was found")
        } catch { #expect("\(error)".contains("'kind' is missing here")) }
    }

    @Test("a payload with a wrong checksum gives nothing, and says so")
    func checksums() throws {
        // The check values are those of the catalogue of CRC algorithms, for the bytes "123456789".
        let digits = "313233343536373839"
        for (kind, sum) in [
            ("crc16_modbus", "374b"), ("crc16_ccitt", "29b1"), ("crc8", "f4"), ("sum8", "dd"), ("xor8", "31"),
        ] {
            let keys =
                "format: binary\nchecksum: \(kind)\nfields: [ { name: x, type: u8 } ]\nreadings: [ { quantity: temperature, pointer: /x } ]\n"
            #expect(try Self.hex(keys, digits + sum) == "temperature 49")
            #expect(try Self.hex(keys, "32" + digits.dropFirst(2) + sum).contains("its checksum (\(kind)) is wrong"))
        }
    }
}

/// Times that a device without a clock gives by its uptime.
@Suite struct UptimeTests {
    private final class Bench {
        let decoder: PayloadDecoder
        init(_ format: String) throws {
            let site = try Site.read(
                inventory: SourceFile(name: "s.yaml", text: "site: s\ndevices: [ { id: d, profile: p } ]\n"),
                profiles: [
                    SourceFile(
                        name: "p.yaml",
                        text:
                            "profile: p\ntopic: t/{device}\ntime: { pointer: /up, \(format) }\nreadings: [ { quantity: rain, pointer: /r } ]\n"
                    )
                ])
            decoder = PayloadDecoder(site: site) { _, _ in SeriesID(index: 0) }
        }

        /// Returns how long before its arrival a reading was measured, by its time.
        func age(_ arrival: Double, uptime: Double) -> Double {
            let now = AlarmBench.start + (TimeSpan(seconds: arrival) ?? .zero)
            var readings: [Reading] = []
            _ = Array("{\"up\":\(uptime),\"r\":1}".utf8).withUnsafeBytes {
                decoder.decode($0, from: 0, arrival: now, into: &readings)
            }
            return (now - (readings.first?.time ?? .distantPast)).seconds
        }
    }

    @Test("the message with the least delay tells the start; a backlog fills its place in time")
    func backlog() throws {
        let bench = try Bench("format: uptime")
        // The first message was delayed by two seconds, which the second shows.
        #expect(bench.age(102, uptime: 100) == 0)
        #expect(bench.age(160, uptime: 160) == 0)
        // An outage of an hour, after which everything comes at once.
        for minute in 1...60 {
            let age = bench.age(3760, uptime: 160 + Double(minute) * 60)
            #expect(abs(age - Double(60 - minute) * 60) < 1)
        }
        // Older messages that come later do not look like a new start.
        #expect(abs(bench.age(3765, uptime: 3165) - 600) < 1)
        #expect(abs(bench.age(3770, uptime: 3770)) < 1)
    }

    @Test("a start that shows only in a backlog, and one soon after the last message, are starts; a spike is none")
    func oddStarts() throws {
        let backlog = try Bench("format: uptime")
        #expect(backlog.age(10_000, uptime: 1000) == 0)
        #expect(backlog.age(10_000, uptime: 10) == 0)
        #expect(backlog.age(10_010, uptime: 20) == 0)
        let quick = try Bench("format: uptime")
        #expect(quick.age(200_000, uptime: 100_001) == 0)
        #expect(quick.age(200_001, uptime: 2) == 0)
        #expect(quick.age(200_061, uptime: 62) == 0)
        // A start that is told only later, by a device that sends at once.
        let late = try Bench("format: uptime")
        #expect(late.age(200_000, uptime: 100_000) == 0)
        _ = late.age(200_060, uptime: 700)
        #expect(abs(late.age(200_120, uptime: 760)) < 1)
        #expect(abs(late.age(200_180, uptime: 820)) < 1)
        let spike = try Bench("format: uptime")
        #expect(spike.age(1000, uptime: 1000) == 0)
        #expect(spike.age(1060, uptime: 1_500_000_000) == 0)
        #expect(abs(spike.age(1120, uptime: 1120)) < 1)
        #expect(abs(spike.age(1180, uptime: 1170) - 10) < 1)
    }

    @Test("an array of a backlog is placed by its largest uptime, in whatever order")
    func array() throws {
        for order in [[100, 160, 220], [220, 160, 100], [160, 220, 100]] {
            let items = order.map { "{\"up\":\($0),\"r\":1}" }.joined(separator: ",")
            let run = try DecodingTests.run(
                "time: { pointer: /up, format: uptime }\nreadings: [ { quantity: rain, pointer: /r } ]\n", "[\(items)]")
            #expect(run.findings.isEmpty)
            #expect(run.readings.map { (DecodingTests.arrival - $0.time).seconds } == order.map { Double(220 - $0) })
        }
    }

    @Test("a smaller uptime is a new start, or the wrap of the counter where the profile says so")
    func starts() throws {
        let bench = try Bench("format: uptime_ms")
        #expect(bench.age(1000, uptime: 1_000_000) == 0)
        #expect(bench.age(1100, uptime: 30_000) == 0)
        #expect(bench.age(1160, uptime: 90_000) == 0)
        let wrapping = try Bench("format: uptime_ms, wraps: 4294967296")
        #expect(wrapping.age(1000, uptime: 4_294_960_000) == 0)
        #expect(abs(wrapping.age(1060, uptime: 52_704)) < 0.05)
        #expect(abs(wrapping.age(1180, uptime: 112_704) - 60) < 0.05)
    }

    @Test("a clock that drifts is followed")
    func drift() throws {
        for drift in [1.0001, 0.9999] {
            let bench = try Bench("format: uptime")
            var worst = 0.0
            for hour in 0..<2400 {
                let now = Double(hour) * 3600
                worst = max(worst, abs(bench.age(now, uptime: now * drift)))
            }
            #expect(worst < 2)
        }
    }

    @Test("what is no uptime is said; 'wraps' belongs to an uptime")
    func mistakes() throws {
        let run = try DecodingTests.run(
            "time: { pointer: /up, format: uptime }\nreadings: [ { quantity: rain, pointer: /r } ]\n",
            #"{"up":"x","r":1}"#)
        #expect(run.findings.description.contains("not a number of seconds or milliseconds since the device's start"))
        do {
            _ = try Profile.read(
                SourceFile(
                    name: "p.yaml",
                    text:
                        "profile: p\ntopic: t/{device}\ntime: { pointer: /t, format: unix, wraps: 65536 }\nreadings: [ { quantity: rain, pointer: /r } ]\n"
                ))
            Issue.record("no mistake was found")
        } catch { #expect(error.description.contains("'wraps' is for 'format: uptime' and 'uptime_ms'")) }
    }

    @Test("a local time in an hour that clocks showed twice is flagged, if both are possible")
    func ambiguous() throws {
        let site = try Site.read(
            inventory: SourceFile(
                name: "s.yaml", text: "site: s\ntime_zone: Europe/Berlin\ndevices: [ { id: d, profile: p } ]\n"),
            profiles: [
                SourceFile(
                    name: "p.yaml",
                    text:
                        "profile: p\ntopic: t/{device}\ntime: { pointer: /t, format: local }\nreadings: [ { quantity: rain, pointer: /r } ]\n"
                )
            ])
        let decoder = JudgingDecoder(
            site: site, series: { _, _ in SeriesID(index: 0) }, zone: ZoneTable(timeZone: "Europe/Berlin"))
        func quality(_ local: String, arrival: String) throws -> [String] {
            var readings: [Reading] = []
            let now = try #require(Instant(rfc3339: Array(arrival.utf8)))
            _ = Array("{\"t\":\"\(local)\",\"r\":1}".utf8).withUnsafeBytes {
                decoder.decode($0, from: 0, arrival: now, into: &readings)
            }
            return readings.first?.quality.names ?? ["none"]
        }
        // Clocks in Berlin go back from 3:00 to 2:00 at 01:00Z.
        #expect(try quality("2026-10-25T02:30:00", arrival: "2026-10-25T00:30:05Z") == [])
        #expect(try quality("2026-10-25T02:30:00", arrival: "2026-10-25T01:30:05Z") == ["ambiguous-time"])
        #expect(try quality("2026-10-25T03:30:00", arrival: "2026-10-25T02:30:05Z") == [])
    }
}
