import Devices
import Telemetry
import TestSupport
import Testing

@Suite struct SenMLTests {
    private static let profile = """
        format: senml
        readings:
          - { quantity: temperature, record: temperature, unit: degC }
          - { quantity: battery_voltage, record: battery_voltage, unit: V }
          - { quantity: water_level, record: tank/level, unit: m }
          - { quantity: pressure, record: /3323/0/5700, unit: Pa }
        """

    private func decode(_ pack: String) throws -> (readings: [String], findings: PayloadFindings) {
        try DecodingTests.decode(Self.profile, pack)
    }

    @Test("only a name that is the record's is the record's")
    func names() throws {
        let pack = #"""
            [{"bn":"urn:dev:mac:0024befffe804ff1:","n":"temperature","u":"Cel","v":24.0},
             {"n":"exhaust_temperature","u":"Cel","v":310.0},{"n":"cpu.temperature","u":"Cel","v":71.0},
             {"n":"cpu/temperature","u":"Cel","v":72.0},{"n":"cpu:temperature","u":"Cel","v":73},{"n":"Temperature","u":"Cel","v":74},
             {"n":"temperature2","u":"Cel","v":75},{"n":"starter_battery_voltage","u":"V","v":12.6}]
            """#
        #expect(try decode(pack).readings == ["temperature 24 0"])
    }

    @Test(
        "the device may stand before the name in every way that RFC 8428 and RFC 9039 have",
        arguments: [
            ("", "temperature"), ("urn:dev:mac:0024befffe804ff1:", "temperature"),
            ("urn:dev:mac:0024befffe804ff1_", "temperature"),
            ("urn:dev:mac:0024befffe804ff1", "_temperature"), ("urn:dev:mac:0024befffe804ff1", ":temperature"),
            ("urn:dev:mac:0024befffe804ff1", "temperature"), ("urn:dev:mac:0024befffe804ff1/", "temperature"),
            ("urn:dev:mac:00:24:be:80:4f:f1:", "temperature"), ("urn:dev:mac:00-24-be-80-4f-f1/", "temperature"),
            ("URN:DEV:ow:10e2073a01080063:", "temperature"), ("", "urn:dev:ow:10e2073a01080063:temperature"),
            ("", "urn:dev:ow:10e2073a01080063_temperature"), ("urn:dev:ow:10e2073a01080063:temperature", ""),
            ("urn:dev:os:32473-123456_", "temperature"), ("urn:dev:os:32473-123456:", "temperature"),
            ("", "urn:dev:os:32473-123456_temperature"), ("", "urn:dev:os:32473-123456:temperature"),
            ("", "urn:dev:ops:32473-lora-7f_temperature"), ("urn:dev:org:32473-plant:hall:", "temperature"),
            ("site/dev/", "temperature"), ("site/dev", "/temperature"), ("", "site/dev/temperature"),
            ("site/dev/temperature", ""),
            ("", "d/temperature"), ("d:", "temperature"), ("sensor42_", "temperature"),
            ("", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6:temperature"),
            ("https://example.com/d/", "temperature"),
            ("", "/temperature"),
        ])
    func devices(base: String, name: String) throws {
        let fields = [base.isEmpty ? nil : "\"bn\":\"\(base)\"", name.isEmpty ? nil : "\"n\":\"\(name)\""].compactMap {
            $0
        }
        #expect(
            try decode("[{\(fields.joined(separator: ",")),\"u\":\"Cel\",\"v\":24}]").readings == ["temperature 24 0"])
    }

    @Test(
        "a part of the device, or another name, is not the record",
        arguments: [
            ("", "exhaust_temperature"), ("", "cpu.temperature"), ("", "cpu-temperature"), ("", "cpu/temperature"),
            ("", "cpu:temperature"),
            ("", "exhausttemperature"), ("urn:dev:mac:0024befffe804ff1:", "exhaust_temperature"),
            ("urn:dev:mac:0024befffe804ff1", "exhaust_temperature"),
            ("urn:dev:mac:0024befffe804ff1", ":exhaust_temperature"),
            ("", "urn:dev:mac:0024befffe804ff1:exhaust_temperature"),
            ("", "urn:dev:mac:0024befffe804ff1_exhaust_temperature"),
            ("urn:dev:mac:0024befffe804ff1_exhaust_", "temperature"),
            ("urn:dev:mac:0024befffe804ff1:exhaust_", "temperature"),
            ("urn:dev:mac:0024befffe804ff1:cpu/", "temperature"),
            ("urn:dev:mac:0024befffe804ff1", "_exhaust_temperature"),
            ("urn:dev:os:32473-123456_", "exhaust_temperature"), ("", "urn:dev:os:32473-123456_exhaust_temperature"),
            ("urn:dev:os:32473-123456:", "exhaust_temperature"), ("site/dev/", "cpu/temperature"),
            ("site/dev/", "exhaust_temperature"),
            ("", "site/dev/exhaust_temperature"), ("", "site/dev.temperature"), ("urn:dev:ow:10e2073a01080063", ""),
            ("temperature/", ""),
            ("", ""),
        ])
    func others(base: String, name: String) throws {
        let pack = "[{\"bn\":\"\(base)\",\"n\":\"\(name)\",\"u\":\"Cel\",\"v\":310}]"
        let found = try decode(pack)
        #expect(found.readings == [], "\(pack)")
        #expect(found.findings.isWithoutReadings)
    }

    @Test("a record may be a path, and the longer of two that fit is meant")
    func paths() throws {
        #expect(
            try decode(#"[{"bn":"urn:dev:ow:10e2073a01080063/","n":"tank/level","v":2}]"#).readings == [
                "water_level 2 0"
            ])
        #expect(try decode(#"[{"bn":"/3323/0/","n":"5700","v":100000}]"#).readings == ["pressure 1000 0"])
        let both = """
            format: senml
            readings:
              - { quantity: temperature, record: temperature, unit: degC }
              - { quantity: heat, record: cpu/temperature, unit: degC }
            """
        #expect(try DecodingTests.decode(both, #"[{"n":"d/cpu/temperature","v":70}]"#).readings == ["heat 70 0"])
        #expect(
            try DecodingTests.decode(both, #"[{"bn":"urn:dev:ow:10e2:","n":"cpu/temperature","v":70}]"#).readings == [
                "heat 70 0"
            ])
        #expect(try DecodingTests.decode(both, #"[{"n":"site/cpu/temperature","v":70}]"#).readings == [])
    }

    @Test("what is wrong with one record is named, and the others are read")
    func faults() throws {
        let pack = #"""
            [{"bn":"urn:dev:ow:10e2073a01080063:","n":"temperature","v":nan},7,{"n":"temperature","v":21},{"n":"temperature","vs":"hot"},
             {"n":"temperature"},{"n":"battery_voltage","u":"Cel","v":3},{"n":"temperature","v":22,"t":"now"},{"n":"temperature","v":null},
             {"n":"temperature","s":100}]
            """#
        let found = try decode(pack)
        #expect(found.readings == ["temperature 21 0", "temperature 22 0 suspect"])
        #expect(
            found.findings.description
                == [
                    "the record 'temperature' is 'nan', not a number", "record 1 is the number 7, not a JSON object",
                    "the record 'temperature' is the text \"hot\", not a number",
                    "the record 'temperature' is without a value, not a number",
                    "not a SenML pack: the record 'battery_voltage' has the unit 'Cel', and voltage is wanted",
                    "the time of the record 'temperature' is the text \"now\", not a number of seconds since 1970",
                ].joined(separator: "; "))
    }

    @Test("each record has its own unit, whatever the one before had")
    func units() throws {
        let pack = #"""
            [{"bn":"d/","n":"temperature","u":"Cel","v":20},{"n":"temperature","u":"K","v":293.15},{"n":"temperature","v":21},
             {"n":"temperature","u":"K","v":294.15},{"n":"temperature","u":"","v":22},{"n":"battery_voltage","u":"mV","v":3300}]
            """#
        #expect(
            try decode(pack).readings == [
                "temperature 20 0", "temperature 20 0", "temperature 21 0", "temperature 21 0", "temperature 22 0",
                "battery_voltage 3.3 0",
            ])
    }

    @Test(
        "a base name without a separator at its end, as some devices send it, and a trailing one, which is a name of its own"
    )
    func reported() throws {
        let profile = "format: senml\nreadings: [ { quantity: battery, record: \"9\", unit: \"%\" } ]\n"
        #expect(
            try DecodingTests.decode(profile, #"[{"bn":"/3/0","n":"0","vs":"x"},{"n":"9","v":8},{"n":"19","v":2}]"#)
                .readings == [
                    "battery 8 0"
                ])
        #expect(try DecodingTests.decode(profile, #"[{"bn":"/3/0/","n":"9/","v":8}]"#).findings.isWithoutReadings)
    }

    @Test("a base value or a base time that is not a number is not taken for zero")
    func bases() throws {
        let value = try decode(#"[{"bn":"d/","bv":"20","n":"temperature","v":1},{"n":"temperature","v":2}]"#)
        #expect(value.readings == [])
        #expect(value.findings.faults.count == 2)
        let time = try decode(#"[{"bn":"d/","bt":nan,"n":"temperature","v":1,"t":-5}]"#)
        #expect(time.readings == ["temperature 1 0 suspect"])
        #expect(time.findings.timeFaults.count == 1)
    }

    @Test("numbers of any size end nothing", arguments: ["1e308", "-1e308", "9223372036854775808", "1e-320"])
    func sizes(number: String) throws {
        let pack =
            "[{\"bver\":\(number),\"bn\":\"d/\",\"bt\":\(number),\"bv\":\(number),\"n\":\"temperature\",\"v\":\(number),\"t\":\(number)}]"
        let found = try decode(pack)
        #expect(!found.findings.isEmpty || !found.readings.isEmpty)
    }

    @Test(
        "a pack without any of the records is not a fault",
        arguments: ["[]", "null", "", #"[{"bn":"d/","n":"door","vb":true}]"#])
    func withoutReadings(pack: String) throws {
        #expect(try decode(pack).findings.isWithoutReadings)
    }
}
