import Devices
import Diagnostics
import Telemetry
import TestSupport
import Testing

/// Binary payloads: types, bits, groups, repetitions, tags, and every length that is too short.
@Suite struct BinaryTests {
    private func read(_ fields: String, _ hex: String, keys: String = "") throws -> [String] {
        let profile = """
            format: binary
            \(keys)
            fields:
              - when: "1 == 1"
                fields: [ \(fields) ]
              - when: "1 == 0"
                fields: [ { name: a, type: u8 }, { name: b, type: u8 } ]
            readings:
              - { quantity: a, pointer: /a, unit: "1" }
              - { quantity: b, pointer: /b, unit: "1" }
            """
        return try DecodingTests.values(profile, hex: hex)
    }

    @Test(
        "types of numbers",
        arguments: [
            ("u8", "ff", "255"), ("i8", "ff", "-1"), ("u16", "0102", "258"), ("u16le", "0102", "513"),
            ("i16", "fffe", "-2"), ("i16le", "feff", "-2"), ("u24", "010000", "65536"), ("i24", "ffffff", "-1"),
            ("u32", "0000ffff", "65535"), ("i32", "ffff0000", "-65536"), ("u40", "0000000100", "256"),
            ("u48", "000000000100", "256"), ("u64", "0000000000000001", "1"), ("i64", "ffffffffffffffff", "-1"),
            ("f32", "3f800000", "1"), ("f32le", "0000803f", "1"), ("f64", "bff0000000000000", "-1"),
            ("f16", "3c00", "1"), ("f16", "c000", "-2"), ("f16", "3800", "0.5"), ("bf16", "40b3", "5.594"),
            ("bcd8", "42", "42"), ("bcd16", "1234", "1234"), ("bcd32le", "78563412", "12345678"),
        ])
    func types(_ type: String, _ hex: String, _ expected: String) throws {
        #expect(try read("{ name: a, type: \(type) }", hex) == ["a \(expected)"])
    }

    @Test("infinity and what is not a number are not readings", arguments: ["7f800000", "7fc00000", "ff800000"])
    func notFinite(_ hex: String) throws { #expect(try read("{ name: a, type: f32 }", hex) == []) }

    @Test("digits that are not decimal are not a reading")
    func badDigits() throws { #expect(try read("{ name: a, type: bcd8 }", "4a") == []) }

    @Test("bits, alone, in ranges and signed")
    func bits() throws {
        #expect(try read("{ type: u16, bits: { a: 0..13, b: 14..15 } }", "8bcc") == ["a 3020", "b 2"])
        #expect(try read("{ type: u8, bits: { a: 7, b: \"0..3 signed\" } }", "8f") == ["a 1", "b -1"])
        #expect(try read("{ type: u64, bits: { a: 0..63 } }", "0000000000000005") == ["a 5"])
    }

    @Test("positions from the start and from the end, and bytes to skip")
    func positions() throws {
        #expect(try read("{ name: a, type: u8, at: 2 }, { name: b, type: u8 }", "00010203") == ["a 2", "b 3"])
        #expect(try read("{ name: a, type: u8, at: -1 }", "00010203") == ["a 3"])
        #expect(try read("{ skip: 3 }, { name: a, type: u8 }", "00010203") == ["a 3"])
    }

    @Test("groups that a flag says are there")
    func groups() throws {
        let fields = """
            { name: flags, type: u8 }, { when: "bit(flags, 0)", fields: [ { name: a, type: u8 } ] },
            { when: "bit(flags, 1) == 1", fields: [ { name: b, type: u8 } ] }
            """
        #expect(try read(fields, "030102") == ["a 1", "b 2"])
        #expect(try read(fields, "0207") == ["b 7"])
        #expect(try read(fields, "00") == [])
    }

    @Test("tags, in any order, to the end")
    func tags() throws {
        let fields = """
            { choose: u16, cases: { 0x0175: [ { name: a, type: u8 } ], "03 67": [ { name: b, type: i16le } ] } }
            """
        #expect(try read(fields, "0175640367ffff") == ["a 100", "b -1"])
        #expect(try read(fields, "0367ffff017564") == ["a 100", "b -1"])
        let problem =
            "not laid out as the profile says: "
            + "the profile does not know the tag 0xffff at byte 3, so the rest cannot be read"
        #expect(try read(fields, "017564ffff00") == ["a 100", problem])
    }

    @Test("a tag without a case may be skipped")
    func skippedTags() throws {
        let fields = "{ choose: u8, cases: { 0x01: [ { name: a, type: u8 } ] }, otherwise: skip 2 }"
        #expect(try read(fields, "09000001ff") == ["a 255"])
    }

    @Test("repetitions: so many, as many as a field says, to the end")
    func repetitions() throws {
        func run(_ repeated: String, _ hex: String) throws -> [String] {
            let profile = """
                format: binary
                fields: [ { name: n, type: u8 }, { name: v, repeat: \(repeated), type: u16 } ]
                readings: [ { quantity: a, unit: "1", samples: { pointer: /v, every: 10m, order: newest_first } } ]
                """
            return try DecodingTests.values(profile, hex: hex)
        }
        #expect(try run("2", "0300010002") == ["a 2", "a 1"])
        #expect(try run("n", "010001") == ["a 1"])
        #expect(try run("rest", "00000100020003") == ["a 3", "a 2", "a 1"])
        #expect(try run("n", "00") == [])
    }

    @Test("the newest of an array that is newest first has the time of the message")
    func newestFirst() throws {
        let profile = """
            format: binary
            fields: [ { name: v, repeat: rest, type: u8 } ]
            readings: [ { quantity: a, unit: "1", samples: { pointer: /v, every: 10m, order: newest_first } } ]
            """
        let payload = try #require(ProfileVector.Payload(hex: "0102", port: 1))
        let run = try DecodingTests.run(profile, payload)
        #expect(run.readings.map { ($0.time - DecodingTests.arrival).seconds } == [-600, 0])
        #expect(run.readings.map(\.value) == [2, 1])
    }

    @Test("another length, or another constant, is another kind of payload")
    func others() throws {
        #expect(
            try read("{ name: a, type: u8 }", "0102", keys: "length: [1, 3]") == [
                "not laid out as the profile says: it has 2 bytes, and not 1 or 3"
            ])
        #expect(
            try read("{ name: v, type: u8, only: [2, 3] }, { name: a, type: u8 }", "0405") == [
                "not laid out as the profile says: 'v' is 4, and not 2 or 3"
            ])
    }

    @Test("every beginning of a payload keeps what it has, and says where it ends")
    func beginnings() throws {
        let fields = "{ name: a, type: u16 }, { name: b, type: u16 }"
        let problem = "not laid out as the profile says: it ends within the field"
        #expect(try read(fields, "01") == ["\(problem) 'a' at byte 0: it has 1 bytes"])
        #expect(try read(fields, "0102") == ["a 258", "\(problem) 'b' at byte 2: it has 2 bytes"])
        #expect(try read(fields, "010203") == ["a 258", "\(problem) 'b' at byte 2: it has 3 bytes"])
        #expect(try read(fields, "") == [])
    }

    @Test(
        "a payload in hexadecimal digits or base64",
        arguments: [("hex", "01 02"), ("base64", "AQI="), ("base64", "AQI")])
    func encodings(_ encoding: String, _ text: String) throws {
        let profile = """
            format: binary
            encoding: \(encoding)
            fields: [ { name: a, type: u16 } ]
            readings: [ { quantity: a, pointer: /a, unit: "1" } ]
            """
        #expect(try DecodingTests.values(profile, text).map(\.value) == [258])
        #expect(try DecodingTests.run(profile, "!!").findings.description.hasSuffix("it is not \(encoding)"))
    }

    @Test(
        "mistakes in fields are named",
        arguments: [
            ("{ name: a, type: u12 }", "unknown-type"), ("{ name: a }", "missing-key"),
            ("{ type: u8, bits: { a: 5..9 } }", "bad-bits"), ("{ type: i8, bits: { a: 1 } }", "bad-bits"),
            ("{ when: flags, fields: [ { name: a, type: u8 } ] }", "unknown-field"),
            ("{ choose: u8 }", "no-cases"), ("{ choose: i8, cases: { 0x01: [] } }", "bad-value"),
            ("{ name: v, repeat: n, type: u8 }", "bad-repeat"), ("{ name: a, type: u8, only: x }", "bad-value"),
            ("{ choose: u8, cases: { zz: [] } }", "bad-case"),
        ])
    func mistakes(_ field: String, _ id: String) throws {
        do {
            _ = try read(field, "00")
            Issue.record("it was accepted")
        } catch let list as DiagnosticList {
            #expect(list.diagnostics.map(\.id).contains(id))
        }
    }
}
