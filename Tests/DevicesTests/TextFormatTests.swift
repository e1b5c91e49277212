import Devices
import Diagnostics
import Telemetry
import TestSupport
import Testing

/// Payloads of plain text.
@Suite struct TextFormatTests {
    private let text = "format: text\nreadings: [ { quantity: water_level, unit: m } ]"

    @Test(
        "a single value, with its unit or without",
        arguments: [
            ("2.5", 2.5), (" 2.5\n", 2.5), ("\u{feff}2.5", 2.5), ("2.5\u{0}", 2.5), ("250 cm", 2.5), ("250cm", 2.5),
            ("-0.5", -0.5), ("1e1", 10), ("10 ft", 3.048),
        ])
    func value(_ payload: String, _ expected: Double) throws {
        #expect(try DecodingTests.values(text, payload).map(\.value) == [expected])
    }

    @Test("an empty payload has no reading, and is no problem", arguments: ["", " ", "\n"])
    func empty(_ payload: String) throws {
        let run = try DecodingTests.run(text, payload)
        #expect(run.readings.isEmpty)
        #expect(run.findings.faults.isEmpty)
    }

    @Test(
        "a word, a unit of another dimension and a quotation mark are named",
        arguments: ["unavailable", "2.5 degC", "\"2"])
    func refused(_ payload: String) throws {
        let run = try DecodingTests.run(text, payload)
        #expect(run.readings.isEmpty)
        #expect(run.findings.faults.count == 1)
    }

    private let pairs = """
        format: key_value
        readings:
          - { quantity: water_level, pointer: /level, unit: m }
          - { quantity: battery_voltage, pointer: /bat, unit: V }
        """

    @Test(
        "pairs of key and value, however they are separated",
        arguments: [
            "level=2.5 bat=3.6", "level=2.5,bat=3.6", "level=2.5;bat=3.6\n", "level=2.5&bat=3.6",
            "level: 2.5, bat: 3.6",
            "level=2.5\nbat=3.6", "station 7 level=2.5 bat=\"3.6\"", "level=2.5 bat=3.6 V",
            "x=,level=250 cm,bat=3600 mV",
        ])
    func keyValue(_ payload: String) throws {
        let found = try DecodingTests.values(pairs, payload)
        #expect(found.first { $0.name == "water_level" }?.value == (payload.contains("250 cm") ? 250 : 2.5))
        #expect(found.first { $0.name == "battery_voltage" } != nil)
    }

    private let csv = """
        format: csv
        columns: [time, level, "", bat]
        time: { pointer: /time, format: rfc3339 }
        readings:
          - { quantity: water_level, pointer: /level, unit: m }
          - { quantity: battery_voltage, pointer: /bat, unit: V }
        """

    @Test("lines of CSV: a header, comments, quotes, empty and missing cells")
    func lines() throws {
        let payload = """
            time,level,x,bat
            # comment
            2018-06-03T22:04:00Z,2.5,9,3.6\r
            2018-06-03T22:05:00Z,"2.75",,

            2018-06-03T22:05:00Z,3
            """
        let run = try DecodingTests.run(csv, payload)
        #expect(run.readings.map(\.value) == [2.5, 3.6, 2.75, 3])
        #expect(run.findings.description.isEmpty)
        #expect(run.readings[0].time == DecodingTests.arrival - .minutes(1))
    }

    @Test("an empty first cell, doubled quotation marks and a missing value shift nothing")
    func shifts() throws {
        let tab = """
            format: csv
            columns: [t, level]
            separator: tab
            readings:
              - { quantity: temperature, pointer: /t, unit: degC }
              - { quantity: water_level, pointer: /level, unit: m }
            """
        #expect(try DecodingTests.values(tab, "\t2.5").map(\.name) == ["water_level"])
        let quoted = csv.replacing("[time, level, \"\", bat]", with: "[\"\", level, bat, time]")
        #expect(try DecodingTests.values(quoted, "\"say \"\"a\"\",9\",2.5,3.6").map(\.value) == [2.5, 3.6])
        #expect(try DecodingTests.values(quoted, ",2.5").map(\.value) == [2.5])
        #expect(try DecodingTests.values(pairs, "level= bat=3.6").map(\.value) == [3.6])
    }

    @Test("another separator")
    func separators() throws {
        for (name, sign) in [("\";\"", ";"), ("tab", "\t"), ("\"|\"", "|")] {
            let profile = """
                format: csv
                columns: [a, b]
                separator: \(name)
                readings: [ { quantity: water_level, pointer: /b, unit: m, decimal: comma } ]
                """
            #expect(try DecodingTests.values(profile, "1\(sign)2,5").map(\.value) == [2.5])
        }
    }

    @Test("a CSV profile without columns is refused")
    func columns() throws {
        #expect(throws: DiagnosticList.self) {
            try DecodingTests.values("format: csv\nreadings: [ { quantity: rain, pointer: /a } ]", "1")
        }
    }
}
