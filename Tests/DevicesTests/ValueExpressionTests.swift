import Devices
import Diagnostics
import TestSupport
import Testing

/// The calculations of profiles, through profiles, as people write them.
@Suite struct ValueExpressionTests {
    /// Returns what a calculation gives for `x`, beside the members `a` (2), `b` (true) and `c.d` (0.5).
    private func result(_ text: String, x: Double = 12) throws -> Double? {
        let profile = """
            readings: [ { quantity: q, pointer: /x, unit: "1", value: '\(text)' } ]
            """
        let payload = #"{"x": \#(x), "a": 2, "b": true, "c": {"d": 0.5}, "t": "text", "e/f": {"g:0": 7}}"#
        return try DecodingTests.values(profile, payload).first?.value
    }

    @Test(
        "operators bind as in arithmetic",
        arguments: [
            ("x + 2 * 3", 18), ("(x + 2) * 3", 42), ("x - 2 - 1", 9), ("x / 2 / 3", 2), ("2 ^ 3 ^ 2", 512),
            ("-x ^ 2", -144), ("x % 5", 2), ("-7 % 5", -2), ("1e3 + 0xff", 1255), (".5 * x", 6),
            ("x > 10 and a == 2", 1), ("x > 10 and not b", 0), ("x < 10 or b == 1", 1), ("not x > 10", 0),
            ("a * c.d", 1), ("x >= 12", 1), ("x != 12", 0), ("1 + 2 == 3", 1), ("t == \"text\"", 1),
            ("t == \"TEXT\"", 1), ("t != \"text\"", 0),
            ("`e~1f/g:0` + 1", 8), ("`/c/d`", 0.5), ("if(t == \"other\", 1, 2)", 2), ("known(a) + known(zz)", 1),
        ])
    func operators(_ text: String, _ expected: Double) throws { #expect(try result(text) == expected) }

    @Test(
        "functions",
        arguments: [
            ("abs(-3)", 3), ("sqrt(x + 4)", 4), ("exp(0)", 1), ("log(1)", 0), ("log10(1000)", 3), ("round(2.5)", 3),
            ("floor(-0.5)", -1), ("ceil(0.5)", 1), ("min(x, 3)", 3), ("max(x, 3)", 12), ("if(x > 5, 1, 2)", 1),
            ("if(x < 5, 1, 2)", 2), ("bit(x, 2)", 1), ("bit(x, 0)", 0), ("bits(x, 2, 3)", 3),
        ])
    func functions(_ text: String, _ expected: Double) throws { #expect(try result(text) == expected) }

    @Test("a two's complement by hand gives the negative number")
    func signed() throws { #expect(try result("if(x > 32767, x - 65536, x) / 10", x: 65_486) == -5) }

    @Test(
        "what cannot be computed gives no reading",
        arguments: [
            "x / 0", "log(-1)", "sqrt(-1)", "missing + 1", "t + 1", "missing == \"text\"", "`x/y`", "bit(0.5, 1)",
            "bit(x, 64)", "1e300 ^ 9",
        ])
    func undefined(_ text: String) throws { #expect(try result(text) == nil) }

    @Test(
        "a mistake is named at its place",
        arguments: [
            ("x +", "the calculation ends where a number or a name is expected"),
            ("x 3", "'3.0' has no place here: an operator is expected"), ("(x", "a bracket is not closed"),
            ("x)", "')' has no place here"), ("sine(x)", "there is no function 'sine'"),
            ("min(x)", "'min' takes 2 numbers, and there are 1"), ("x # 2", "'#' has no meaning in a calculation"),
            ("1.2.3", "'1.2.3' is not a number"), ("", "the calculation ends where a number or a name is expected"),
            ("and", "'and' has no place here"),
            (#""a" == t"#, "a text can only be compared with a value of the payload: unit == \"F\""),
            (#"t > "a""#, "a text can only be compared with a value of the payload: unit == \"F\""),
            ("`a", "a quotation mark is not closed"),
            ("known(3)", "'known' takes the name of a value of the payload"), ("0x", "'0x' is not a number"),
        ])
    func mistakes(_ text: String, _ message: String) throws {
        let profile = "readings: [ { quantity: q, pointer: /x, unit: \"1\", value: '\(text)' } ]"
        #expect(throws: DiagnosticList.self) { try DecodingTests.values(profile, "{}") }
        do {
            _ = try DecodingTests.values(profile, "{}")
        } catch let list as DiagnosticList {
            #expect(list.diagnostics.map(\.message) == [message])
        }
    }

    @Test("a calculation that is nested too deeply is refused, and not computed on a stack that overflows")
    func deep() throws {
        for text in [
            String(repeating: "(", count: 200) + "x", String(repeating: "-", count: 200) + "x",
            String(repeating: "1+(", count: 40) + "x" + String(repeating: ")", count: 40),
            String(repeating: "not ", count: 200) + "x",
        ] {
            #expect(throws: DiagnosticList.self) { try result(text) }
        }
    }
}
