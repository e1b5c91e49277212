import Devices
import Telemetry
import TestSupport
import Testing

/// What can be read is read: a payload that is slightly broken, or holds other things than readings.
@Suite struct BrokenPayloadTests {
    private static let profile = """
        format: json
        time: { pointer: /time, format: rfc3339 }
        clock: { ahead: 1m }
        readings:
          - { quantity: temperature, pointer: /temperature, unit: degC }
          - { quantity: humidity, pointer: /humidity, unit: "%" }
          - { quantity: water_level, pointer: /water_level, unit: m }
        """

    private func decode(_ payload: String) throws -> (readings: [String], findings: PayloadFindings) {
        try DecodingTests.decode(Self.profile, payload)
    }

    private func decode(_ payload: [UInt8]) throws -> (readings: [String], findings: PayloadFindings) {
        try DecodingTests.decode(Self.profile, payload)
    }

    @Test(
        "a word that is not a JSON value costs its own field, and is named",
        arguments: [
            "nan", "NaN", "NAN", "-nan", "inf", "Infinity", "-Infinity", "+inf", "nan(ind)", "1.#QNAN", "1e999",
            "-1e999", "01", "+1", ".5",
            "5.",
            "0x1F", "1_000", "True", "None", "undefined", "N/A", "--", "2.5m", "é",
        ])
    func words(word: String) throws {
        let found = try decode("{\"temperature\":\(word),\"humidity\" : 45.5,\"water_level\":2.5}")
        #expect(found.readings == ["humidity 45.5 0", "water_level 2.5 0"])
        let named = word == "é" ? "??" : word
        #expect(found.findings.description == "/temperature is '\(named)', not a number")
        #expect(try decode("{\"other\":[{\"deep\":\(word)}],\"water_level\":2.5}").findings.isEmpty, "nobody reads it")
    }

    @Test("whole numbers of any length are numbers")
    func longNumbers() throws {
        let found = try decode("{\"serial\":123456789012345678901234567890,\"water_level\":20000000000000000000000}")
        #expect(found.readings == ["water_level 2e+22 0"])
        #expect(found.findings.isEmpty)
    }

    @Test(
        "what stands around a document, and bytes in a text that nobody reads, cost nothing",
        arguments: [
            Array("{\"water_level\":2.5}\0".utf8), Array("{\"water_level\":2.5}\0\0\0".utf8),
            Array("{\"water_level\":2.5}\r\n\0".utf8),
            Array("{\"water_level\":2.5}\0{\"water_level\":9}".utf8), Array(" \r\n{\"water_level\":2.5}\n".utf8),
            [0xef, 0xbb, 0xbf] + Array("{\"water_level\":2.5}".utf8),
            [0xef, 0xbb, 0xbf] + Array("{\"water_level\":2.5}\0".utf8),
            Array("{\"name\":\"Keller S".utf8) + [0xfc] + Array("d\",\"water_level\":2.5}".utf8),
            Array("{\"name".utf8) + [0xe4, 0xff, 0xc3] + Array("\":1,\"water_level\":2.5}".utf8),
            Array("{\"name\":\"cut ".utf8) + [0xf0, 0x9f, 0x8c] + Array("\",\"water_level\":2.5}".utf8),
            Array("{\"name\":\"tab\tand\nline\u{1}\",\"water_level\":2.5}".utf8),
            Array(#"{"path":"C:\temp\x\u12","quote":"\"","water_level":2.5}"#.utf8),
            Array(
                #"{"half":"\ud83c","other":"\udf0a x","whole":"\ud83c\udf0a","bad":"\ud83c\u0041","water_level":2.5}"#
                    .utf8),
        ] as [[UInt8]])
    func context(payload: [UInt8]) throws {
        let found = try decode(payload)
        #expect(found.readings == ["water_level 2.5 0"], "\(found.findings)")
        #expect(found.findings.isEmpty)
    }

    @Test(
        "a document whose structure is broken is refused, because nobody can say which value is whose",
        arguments: [
            "{\"water_level\":2.5", "{\"water_level\":2.5 m}", "{\"water_level\" 2.5}", "{water_level:2.5}",
            "{'water_level':2.5}",
            "{\"water_level\":2.5,}", "{\"water_level\":2.5}}", "{\"water_level\":2.5}{}", "\"water_level\":2.5",
            "{\"water_level\":2\0.5}",
            "{\"name\":\"open,\"water_level\":2.5}", "{\"a\":nan nan,\"water_level\":2.5}",
            "<water_level>2.5</water_level>",
            "\0{\"water_level\":2.5}", "\u{1}\u{2}{\"water_level\":2.5}",
        ])
    func structure(payload: String) throws {
        let found = try decode(payload)
        #expect(found.readings == [])
        #expect(found.findings.faults.count == 1)
    }

    @Test("every fault is named, the time's apart from the others")
    func everyFault() throws {
        let found = try decode(#"{"time":"now","water_level":"2,5","temperature":{},"humidity":[1]}"#)
        #expect(found.readings == [])
        #expect(
            found.findings.faults.map(\.description) == [
                "/temperature is an object, not a number", "/humidity is an array, not a number",
                "/water_level is the text \"2,5\", not a number",
            ])
        #expect(found.findings.timeFaults.count == 1)
        #expect(
            found.findings.description.hasSuffix("; /time is the text \"now\", not a time such as 2018-06-03T22:05:00Z")
        )
        #expect(try decode(#"{"water_level":"2.5","temperature":"21.5"}"#).findings.faults.count == 2)
    }

    @Test("so many faults that nobody reads them all are counted; a text steers no terminal, and is cut")
    func manyFaults() throws {
        let items = (0..<100).map { "{\"water_level\":\"\($0)\"}" }.joined(separator: ",")
        let found = try decode("[\(items)]")
        #expect(found.findings.faults.count == PayloadFindings.namedMax)
        #expect(found.findings.description.hasSuffix("; and 80 more"))
        let text = try decode(#"{"water_level":"\u001b[2J\u009b"# + String(repeating: "x", count: 500) + "\"}").findings
            .description
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) })
        #expect(text.count < 120)
    }

    @Test(
        "a message without any of the readings is not a fault",
        arguments: [
            "", " ", "\n", "\0", "\u{feff}", "null", "{}", "[]", "[{}]", "[null]",
            #"{"battery":"100.00","voltage":3015}"#,
            #"{"water_level":null,"battery":90}"#, #"{"time":"yesterday","battery":90}"#,
            #"{"name":"S\u00fcd","update":{"state":"idle"}}"#,
        ])
    func withoutReadings(payload: String) throws {
        let found = try decode(payload)
        #expect(found.readings == [])
        #expect(found.findings.isWithoutReadings)
        #expect(found.findings.faults.isEmpty && found.findings.timeFaults.isEmpty)
    }

    @Test(
        "a time that cannot be read is no fault of the payload: its readings have the time of arrival, and what is wrong is said",
        arguments: [
            (
                #""2018-06-03T22:05:00""#, "rfc3339",
                "a time without a zone: the device has to send Z or an offset such as +01:00 with it, or the profile says 'format: local' and the zone"
            ),
            ("1528063500000", "rfc3339", "these may be milliseconds since 1970 ('format: unix_ms' in the profile)"),
            ("1528063500", "rfc3339", "these may be seconds since 1970 ('format: unix' in the profile)"),
            ("1528063500000", "unix", "these may be milliseconds since 1970 ('format: unix_ms' in the profile)"),
            (#""2018-06-03T22:05:00Z""#, "unix", "this is RFC 3339 ('format: rfc3339' in the profile)"),
            (#""soon""#, "unix", "/time is the text \"soon\", not a number of seconds since 1970"),
            ("nan", "unix", "/time is 'nan', not a number of seconds since 1970"),
            ("true", "unix_ns", "/time is true, not a number of nanoseconds since 1970"),
            ("9e307", "unix_ms", "not a number of milliseconds since 1970"),
            ("{}", "rfc3339", "/time is an object, not a time such as"),
        ])
    func times(time: String, format: String, expected: String) throws {
        let profile = Self.profile.replacing("format: rfc3339", with: "format: \(format)")
        let found = try DecodingTests.decode(profile, "{\"time\":\(time),\"water_level\":2.5}")
        #expect(found.readings == ["water_level 2.5 0 suspect"])
        #expect(found.findings.faults.isEmpty)
        #expect(found.findings.timeFaults.count == 1)
        #expect(found.findings.description.contains(expected), "\(found.findings)")
    }

    @Test(
        "offsets that ISO 8601 allows and RFC 3339 does not are read",
        arguments: ["22:04:00.000+0000", "22:04:00+00", "18:04:00-0400"])
    func offsets(time: String) throws {
        let found = try decode("{\"time\":\"2018-06-03T\(time)\",\"water_level\":2.5}")
        #expect(found.readings == ["water_level 2.5 -60"])
        #expect(found.findings.isEmpty)
    }

    @Test(
        "payloads as people have reported them of their devices",
        arguments: [
            (
                #"{"entity_type":"sensor","signal":NaN,"water_level":2.5,"HU":{"type":"Number","value":nan,"metadata":{  }}}"#,
                "water_level 2.5 0", ""
            ),
            (#"{"time":"2018-06-04T06:04:42.586+0800","water_level":2.5}"#, "water_level 2.5 -17.41", ""),
            (
                #"{"time":"2018-06-03 22:05:00.0000000","water_level":2.5}"#, "water_level 2.5 0 suspect",
                "/time is the text \"2018-06-03 22:05:00.0000000\", a time without a zone: the device has to send Z or an offset such as +01:00 with it, or the profile says 'format: local' and the zone"
            ),
            ("nan", "", "the payload is 'nan', not a JSON object"),
            ("offline", "", "the payload is 'offline', not a JSON object"),
            (
                #"{"water_level":"unavailable","humidity":45}"#, "humidity 45 0",
                "/water_level is the text \"unavailable\", not a number"
            ),
            (#"{"water_level":2.5,"text":"\u0000\u0000 etc."}"#, "water_level 2.5 0", ""),
            ("{\"water_level\":2.5,\"error\":\"line 1\r\nline 2\"}\r\n", "water_level 2.5 0", ""),
        ])
    func reported(payload: String, reading: String, expected: String) throws {
        let found = try decode(payload)
        #expect(found.readings == (reading.isEmpty ? [] : [reading]))
        #expect(found.findings.description == expected)
    }

    @Test("an array of objects is read object by object, each with its own time, and faults say in which one they are")
    func arrayOfObjects() throws {
        let found = try decode(
            #"[{"time":"2018-06-03T22:04:00Z","water_level":2.4},7,{"time":"2018-06-03T22:05:00Z","water_level":2.5,"humidity":"x"}]"#
        )
        #expect(found.readings == ["water_level 2.4 -60", "water_level 2.5 0"])
        #expect(
            found.findings.description
                == "/1 is the number 7, not a JSON object; /2/humidity is the text \"x\", not a number")
    }

    @Test("the largest numbers of all are flagged where another unit makes them infinite")
    func infinite() throws {
        let profile = "format: json\nreadings: [ { quantity: water_level, pointer: /level, unit: km } ]\n"
        #expect(try DecodingTests.decode(profile, #"{"level":1e308}"#).readings == ["water_level ∞ 0 missing"])
    }

    // MARK: - Arrays of samples

    private func samples(_ time: String, _ payload: String) throws -> (readings: [String], findings: PayloadFindings) {
        try DecodingTests.decode(
            """
            format: json
            time: { pointer: /t, format: unix }
            readings:
              - { quantity: acceleration_x, unit: Gal, samples: { pointer: /x, rate: /sr, time: \(time) } }
            """, payload)
    }

    @Test("what is not a number among samples leaves the others at their times")
    func holes() throws {
        let found = try samples("last", #"{"t":1528063500,"sr":4,"x":[1,null,nan,"4",5]}"#)
        #expect(found.readings == ["acceleration_x 1 -1", "acceleration_x 5 0"])
        #expect(found.findings.description == "/x/2 is 'nan', not a number; /x/3 is the text \"4\", not a number")
        #expect(try samples("last", #"{"t":1528063500,"sr":4,"x":[null,null]}"#).findings.isWithoutReadings)
        #expect(try samples("last", #"{"t":1528063500,"sr":4,"x":[]}"#).findings.isWithoutReadings)
        #expect(
            try samples("last", #"{"t":1528063500,"sr":4,"x":1}"#).findings.description
                == "/x is the number 1, not an array of numbers")
    }

    @Test(
        "no sample rate puts a sample into the future, or beyond the years that there are",
        arguments: ["first", "last"])
    func rates(anchor: String) throws {
        for rate in ["1e-9", "1e-300", "5e-324", "1e308", "1e-4"] {
            let found = try samples(anchor, "{\"t\":1528063500,\"sr\":\(rate),\"x\":[1,2,3]}")
            for reading in found.readings {
                let offset = Double(reading.split(separator: " ")[2]) ?? .infinity
                #expect(offset <= 60, "\(rate): \(reading)")
            }
            if found.readings.isEmpty { #expect(found.findings.description.contains("/sr"), "\(rate)") }
        }
        for rate in ["0", "-1", "nan", "\"4\"", "null"] {
            #expect(
                try samples(anchor, "{\"t\":1528063500,\"sr\":\(rate),\"x\":[1]}").findings.faults.count == 1, "\(rate)"
            )
        }
        #expect(
            try samples(anchor, "{\"t\":1528063500,\"x\":[1]}").findings.description.hasPrefix(
                "/sr is missing, not a sample rate"))
    }
}
