import Devices
import Diagnostics
import TestSupport
import Testing

/// How values become numbers where they are more than numbers.
@Suite struct ValueRuleTests {
    /// Returns the values in the payload's unit, and what could not be read.
    private func read(_ keys: String, _ value: String) throws -> (values: [Double], problem: String) {
        let profile = "readings: [ { quantity: temperature, pointer: /x, \(keys) } ]"
        let run = try DecodingTests.run(profile, #"{"x": \#(value), "status": 3}"#)
        return (run.readings.map(\.value), run.findings.description)
    }

    @Test("scale and offset come before the unit")
    func linear() throws {
        #expect(try read("unit: degF, scale: 0.1, offset: -40", "3120").values == [133.0 + 1.0 / 3.0])
    }

    @Test(
        "words become numbers, whatever the case of their letters; booleans and numbers too",
        arguments: [
            (#""open""#, 1), (#""OPEN""#, 1), (#""Closed""#, 0), ("true", 5), ("false", 6), ("255", 7),
        ])
    func words(_ value: String, _ expected: Double) throws {
        let keys = #"words: { "open": 1, "closed": 0, "true": 5, "false": 6, 255: 7 }"#
        #expect(try read(keys, value).values == [expected])
    }

    @Test("a number that no word stands for is itself, but not where a word is a boolean")
    func numbersBesideWords() throws {
        #expect(try read(#"words: { "low": 0, "high": 100 }"#, "2.5").values == [2.5])
        // true is 0 here, so that 1 may be either.
        #expect(
            try read(#"words: { "true": 0, "false": 1 }"#, "1").problem == "/x is the number 1, not one of true, false")
    }

    @Test("an unknown word is named, with the words that are known")
    func unknownWord() throws {
        let found = try read(#"words: { "open": 1, "closed": 0 }"#, #""ajar""#)
        #expect(found.values.isEmpty)
        #expect(found.problem == #"/x is the text "ajar", not one of open, closed"#)
    }

    @Test(
        "a value that stands for a fault gives no reading, and is no problem",
        arguments: [
            "85", "85.0", "-127", "65535", #""unavailable""#, #""Unknown""#, "null", #""85""#, #""85.0""#,
            #""-127.00""#,
        ])
    func errors(_ value: String) throws {
        let found = try read("decimal: point, errors: [85, -127, 0xffff, unavailable, unknown]", value)
        #expect(found.values.isEmpty)
        #expect(found.problem.isEmpty)
    }

    @Test("why there is no reading is said to people who try a profile")
    func passedOver() throws {
        let profile = """
            readings:
              - { quantity: temperature, pointer: /t, unit: degC, errors: [85] }
              - { quantity: humidity, pointer: /h, valid: s == 0 }
              - { quantity: water_level, pointer: /l, value: log(x) }
              - { quantity: rain, pointer: /r }
              - { quantity: pressure, pointer: /p }
            """
        let run = try DecodingTests.run(profile, #"{"t": 85, "h": 40, "s": 1, "l": -1, "r": null}"#)
        #expect(
            run.passedOver.map { "\($0.quantity): \($0.reason)" } == [
                "temperature: the number 85 stands for a fault ('errors')",
                "humidity: the number 40 is not valid ('valid: s == 0')",
                "water_level: nothing can be computed from the number -1", "rain: /r is null",
                "pressure: there is nothing at /p",
            ])
    }

    @Test("a status that is not good gives no reading")
    func valid() throws {
        #expect(try read("valid: status == 0", "20").values.isEmpty)
        #expect(try read("valid: \"bit(status, 1)\"", "20").values == [20])
        #expect(try read("valid: missing == 0", "20").values.isEmpty)
        #expect(try read("valid: not known(missing) or missing == 0", "20").values == [20])
        #expect(try read("valid: known(status)", "20").values == [20])
        #expect(try read("decimal: point, valid: x != 999", #""999.0""#).values.isEmpty)
        #expect(try read("decimal: point, valid: x != 999", #""20""#).values == [20])
    }

    @Test(
        "numbers in texts, with their unit",
        arguments: [
            (#""2.5""#, 2.5), (#"" -3e1 ""#, -30), (#""212 degF""#, 100), (#""25 Cel""#, 25), ("7", 7), (#""+4""#, 4),
            (#""20°C""#, 20),
        ])
    func decimalPoint(_ value: String, _ expected: Double) throws {
        #expect(try read("decimal: point", value).values == [expected])
    }

    @Test("a decimal comma")
    func decimalComma() throws {
        #expect(try read("decimal: comma", #""2,5""#).values == [2.5])
        #expect(try read("decimal: comma", #""-0,5 degC""#).values == [-0.5])
    }

    @Test(
        "a text that is no number, or might be another one, is refused",
        arguments: [#""1,234.5""#, #""1.234,5""#, #""abc""#, #""""#, #""--""#, #""12 m""#, #""1e999""#])
    func notANumber(_ value: String) throws {
        let found = try read("decimal: point", value)
        #expect(found.values.isEmpty)
        #expect(!found.problem.isEmpty)
    }

    @Test("samples are read by the same rules, and a number that is scaled has no unit of its own")
    func samples() throws {
        let profile = """
            readings:
              - quantity: water_level
                unit: m
                decimal: point
                errors: [unavailable]
                samples: { pointer: /v, rate: 1 Hz }
            """
        let run = try DecodingTests.run(profile, #"{"v": ["250 mm", "1 kg", "unavailable", "3"]}"#)
        #expect(run.readings.map(\.value) == [0.25, 3])
        #expect(run.findings.description == "/v/1 has the unit 'kg', and length is wanted")
        let scaled = try read("decimal: point, scale: 0.1", #""25 degC""#)
        #expect(scaled.values.isEmpty && scaled.problem.hasSuffix("not a number without a unit, since it is scaled"))
    }

    @Test("without 'decimal', a text in JSON is refused as before")
    func plain() throws { #expect(try read("unit: degC", #""2.5""#).problem == #"/x is the text "2.5", not a number"#) }

    @Test("a table has straight lines between its points, and says what is outside")
    func table() throws {
        let points = "[[0, 0], [10, 100], [20, 120]]"
        for (x, expected) in [(0.0, 0.0), (5, 50), (10, 100), (15, 110), (20, 120)] {
            #expect(try read("table: \(points)", "\(x)").values == [expected])
        }
        #expect(try read("table: \(points)", "20.1").values.isEmpty)
        #expect(try read("table: { points: \(points), outside: ends }", "-5").values == [0])
        #expect(try read("table: { points: \(points), outside: ends }", "50").values == [120])
        #expect(try read("table: { points: \(points), outside: line }", "30").values == [140])
        #expect(try read("table: { points: \(points), outside: line }", "-1").values == [-10])
    }

    @Test(
        "mistakes in a rule are named",
        arguments: [
            ("scale: 0", "'scale' must not be 0"),
            ("table: [[1, 2]]", "a table has at least two points, and the first number rises from point to point"),
            (
                "table: [[1, 2], [1, 3]]",
                "a table has at least two points, and the first number rises from point to point"
            ),
            ("table: [[1, 2], 3]", "a point of a table is two numbers: [1.2, 3.4]"),
            ("words: { open: yes }", "the word 'open' must stand for a number; got 'yes'"),
            ("decimal: dot", "'decimal' must be point or comma; got 'dot'"),
        ])
    func mistakes(_ keys: String, _ message: String) throws {
        do {
            _ = try read(keys, "1")
            Issue.record("it was accepted")
        } catch let list as DiagnosticList {
            #expect(list.diagnostics.map(\.message) == [message])
        }
    }
}
