import Devices
import Diagnostics
import Telemetry
import TestSupport
import Testing

/// Payloads of public reports of trouble with other software, each with its address, and what a profile makes of them.
@Suite struct FieldReportTests {
    private static func text(_ keys: String, _ payload: String) throws -> String {
        try text(try DecodingTests.run(keys, payload))
    }

    private static func text(_ run: VectorRun) throws -> String {
        let readings = run.readings.map { "\($0.quantity.name) \(NumberText.short($0.shown))" }.joined(separator: ", ")
        return run.findings.description.isEmpty ? readings : "\(readings) | \(run.findings.description)"
    }

    @Test("a bare nan of one sensor does not cost the other (github.com/ioBroker/ioBroker.sonoff/issues/65)")
    func nan() throws {
        let keys = """
            time: { pointer: /Time, format: local, zone: UTC }
            readings:
              - { quantity: temperature, pointer: /SI7021-00/Temperature }
              - { quantity: humidity, pointer: /SI7021-02/Humidity }
            """
        let text = try Self.text(
            keys,
            #"{"Time":"2018-06-03T21:57:31","SI7021-00":{"Temperature":17.1,"Humidity":70.0},"SI7021-02":{"Temperature":nan,"Humidity":nan}}"#
        )
        #expect(text == "temperature 17.1 | /SI7021-02/Humidity is 'nan', not a number")
    }

    @Test("words for no value, and names with spaces and brackets (github.com/home-assistant/core/issues/93059)")
    func notAvailable() throws {
        let keys = """
            readings:
              - { quantity: temperature, pointer: /temp }
              - { quantity: carbon_dioxide, pointer: "/CO2level (ppm)", errors: [not available, unavailable, unknown, ""] }
            """
        #expect(
            try Self.text(keys, #"{"temp":26.2,"hum":47.8,"CO2level (ppm)":"not available"}"#) == "temperature 26.2")
        #expect(try Self.text(keys, #"{"temp":26.2,"CO2level (ppm)":""}"#) == "temperature 26.2")
        #expect(try Self.text(keys, #"{"CO2level (ppm)":421}"#) == "carbon_dioxide 421")
    }

    @Test("numbers as texts, and a probe that is absent (github.com/influxdata/telegraf/issues/7849)")
    func absentProbe() throws {
        let keys = """
            readings:
              - { quantity: temperature, pointer: /TempC_SHT, decimal: point }
              - { quantity: probe_temperature, pointer: /TempC_DS, unit: degC, decimal: point, errors: [327.67] }
              - { quantity: humidity, pointer: /Hum_SHT, decimal: point }
            """
        #expect(
            try Self.text(keys, #"{"BatV":3.073,"Hum_SHT":"37.8","TempC_DS":"327.67","TempC_SHT":"36.16"}"#)
                == "temperature 36.16, humidity 37.8")
    }

    @Test(
        "a number with letters in it is not the number before them (github.com/jomjol/AI-on-the-edge-device/issues/1800)"
    )
    func misread() throws {
        let keys = """
            time: { pointer: /timestamp, format: rfc3339 }
            readings: [ { quantity: volume, pointer: /value, unit: "1", decimal: point, valid: "error == 'no error'" } ]
            """
        let good =
            #"{"value":"317.3988","raw":"00317.3988","error":"no error","rate":"0.000330","timestamp":"2018-06-03T23:05:00+0100"}"#
        let run = try DecodingTests.run(keys, good)
        #expect(run.readings.first?.time == DecodingTests.arrival)
        #expect(try Self.text(run) == "volume 317.4")
        let misread = try Self.text(keys, good.replacing(#""value":"317.3988""#, with: #""value":"2N4.6256""#))
        #expect(misread == " | /value has the unit 'N4.6256', and a plain number is wanted")
        #expect(try Self.text(keys, good.replacing("no error", with: "rate too high")) == "")
    }

    @Test(
        "a decimal comma is read only where the profile says so (github.com/dannymcc/may/issues/244: 9,99 became 999)")
    func comma() throws {
        let comma = "format: text\nreadings: [ { quantity: rain, unit: mm, decimal: comma } ]\n"
        let point = "format: text\nreadings: [ { quantity: rain, unit: mm } ]\n"
        #expect(try Self.text(comma, "9,99") == "rain 9.99")
        #expect(try Self.text(point, "9,99").contains("not a number"))
        #expect(try Self.text(comma, "1.234,56").contains("not a number"))
    }

    @Test("milliseconds that are read as seconds are said to be such (github.com/influxdata/telegraf/issues/10405)")
    func milliseconds() throws {
        let keys = "time: { pointer: /ts, format: unix }\nreadings: [ { quantity: temperature, pointer: /t } ]\n"
        let text = try Self.text(keys, #"{"ts":1528063500000,"t":4}"#)
        #expect(text.contains("these may be milliseconds since 1970 ('format: unix_ms' in the profile)"))
        #expect(text.hasPrefix("temperature 4"))
    }

    @Test(
        "a backlog in one message: each element has its time, in whatever order (github.com/thingsboard/thingsboard/issues/1769)"
    )
    func backlog() throws {
        let keys =
            "time: { pointer: /ts, format: unix_ms }\nreadings: [ { quantity: temperature, pointer: /values/temp } ]\n"
        let items = (1...4).map { #"{"ts":\#(1_528_063_000_000 + $0 * 60_000),"values":{"temp":\#($0)}}"# }
        let run = try DecodingTests.run(keys, "[" + [2, 0, 3, 1].map { items[$0] }.joined(separator: ",") + "]")
        #expect(run.readings.map(\.value) == [3, 1, 4, 2])
        #expect(
            run.readings.map { $0.time.nanoseconds / 60_000_000_000 % 10 }
                == run.readings.map {
                    (1_528_063_000 + Int64($0.value) * 60) / 60 % 10
                })
    }

    @Test(
        "three samples in one binary message, whose times are bits of a date (community.tago.io/t/bugs-on-device-connector/60)"
    )
    func bitTimes() throws {
        let keys = """
            messages:
              - topic: t/{device}
                format: binary
                endian: little
                fields:
                  - { type: u8, only: 4 }
                  - name: samples
                    repeat: 3
                    fields:
                      - { type: u32, bits: { year: 25..31, month: 21..24, day: 16..20, hour: 11..15, minute: 5..10, half: 0..4 } }
                      - { name: t, type: i16 }
                      - { name: h, type: u8 }
                      - { name: p, type: u24 }
                  - { name: battery, type: u8 }
                items: /samples
                time: { pointer: /day, format: unix, value: "days(2000 + year, month, day) * 86400 + hour * 3600 + minute * 60 + half * 2" }
                readings:
                  - { quantity: temperature, pointer: /t, scale: 0.01 }
                  - { quantity: humidity, pointer: /h, scale: 0.5 }
                  - { quantity: pressure, pointer: /p, unit: Pa }
            """
        let payload = try #require(
            ProfileVector.Payload(hex: "044A716B2769FF89AE88018D726B277BFF85A58801CF736B2781FF85A3880164", port: 1))
        let run = try DecodingTests.run(keys, payload)
        #expect(run.findings.isEmpty, "\(run.findings)")
        let temperatures = run.readings.filter { $0.quantity.name == "temperature" }
        #expect(temperatures.map { NumberText.short($0.value) } == ["-1.51", "-1.33", "-1.27"])
        #expect(
            temperatures.map(\.time.description) == [
                "2019-11-11T14:10:20Z", "2019-11-11T14:20:26Z", "2019-11-11T14:30:30Z",
            ])
        #expect(run.readings.filter { $0.quantity.name == "humidity" }.map(\.value) == [68.5, 66.5, 66.5])
        #expect(
            run.readings.filter { $0.quantity.name == "pressure" }.map { $0.shown.rounded() }
                == [100_526, 100_517, 100_515])
    }

    @Test(
        "elements of an array by their content, and the age of the measurement (github.com/toto/homebridge-airrohr/issues/40)"
    )
    func chosen() throws {
        let keys = """
            time: { pointer: /age, format: age }
            readings:
              - { quantity: pm10, pointer: "/sensordatavalues/[value_type=SDS_P1]/value", decimal: point }
              - { quantity: humidity, pointer: "/sensordatavalues/[value_type=SHT3X_humidity]/value", decimal: point }
            """
        let run = try DecodingTests.run(
            keys,
            #"{"software_version":"NRZ-2020-131","age":"105","sensordatavalues":[{"value_type":"SDS_P1","value":"93.28"},{"value_type":"SDS_P2","value":"38.72"},{"value_type":"SHT3X_humidity","value":"91.34"}]}"#
        )
        #expect(try Self.text(run) == "pm10 93.28, humidity 91.34")
        #expect(run.readings.allSatisfy { $0.time == DecodingTests.arrival - .seconds(105) })
    }

    @Test("a float in two registers with their words swapped (github.com/emelianov/modbus-esp8266/issues/155)")
    func swappedWords() throws {
        let keys =
            "format: binary\nfields: [ { name: x, type: f32sw } ]\nreadings: [ { quantity: temperature, pointer: /x } ]\n"
        #expect(try DecodingTests.values(keys, hex: "D90641BF") == ["temperature 23.98"])
    }

    @Test("several values in one text (github.com/arendst/Sonoff-MQTT-OTA-Arduino/issues/174)")
    func svalue() throws {
        let keys = """
            readings:
              - { quantity: temperature, pointer: /svalue, part: 1 }
              - { quantity: humidity, pointer: /svalue, part: 2 }
            """
        #expect(
            try Self.text(keys, #"{"idx":5,"nvalue":0,"svalue":"20.9;76.9;0"}"#) == "temperature 20.9, humidity 76.9")
    }

    @Test("the unit in the payload (github.com/arendst/Tasmota/pull/14649)")
    func temperatureUnit() throws {
        let keys =
            "readings: [ { quantity: temperature, pointer: /BMP280/Temperature, unit: degC, unit_at: /TempUnit } ]\n"
        #expect(try Self.text(keys, #"{"BMP280":{"Temperature":18.9},"TempUnit":"C"}"#) == "temperature 18.9")
        #expect(try Self.text(keys, #"{"BMP280":{"Temperature":68.6},"TempUnit":"F"}"#) == "temperature 20.33")
    }

    @Test("a payload that is cut off gives nothing (github.com/arendst/Tasmota/issues/52)")
    func cutOff() throws {
        let keys = "readings: [ { quantity: temperature, pointer: /StatusSNS/DHT/Temperature, decimal: point } ]\n"
        let text = try Self.text(
            keys, #"{"StatusSNS":{"Time":"2017-02-10T19:27:09", "DHT":{"Temperature":"69.8", "Humidity":"26.9"}}"#)
        #expect(text.hasPrefix(" | not JSON"))
    }

    @Test("an hour that a clock skips, and a date that does not exist")
    func missingHour() throws {
        let keys = "time: { pointer: /t, format: local }\nreadings: [ { quantity: rain, pointer: /r } ]\n"
        let site = try Site.read(
            inventory: SourceFile(
                name: "s.yaml", text: "site: s\ntime_zone: Europe/Berlin\ndevices: [ { id: d, profile: p } ]\n"),
            profiles: [SourceFile(name: "p.yaml", text: "profile: p\ntopic: t/{device}\n" + keys)])
        let decoder = PayloadDecoder(
            site: site, series: { _, _ in SeriesID(index: 0) }, zone: ZoneTable(timeZone: "Europe/Berlin"))
        var readings: [Reading] = []
        let now = try #require(Instant(rfc3339: Array("2024-03-31T01:30:05Z".utf8)))
        _ = Array(#"{"t":"2024-03-31T02:30:00","r":1}"#.utf8).withUnsafeBytes {
            decoder.decode($0, from: 0, arrival: now, into: &readings)
        }
        // A device that goes on without the change of the clock means one of the two: the reading is kept.
        #expect(readings.count == 1)
        #expect(abs((readings[0].time - now).seconds) <= 3605)
    }
}
