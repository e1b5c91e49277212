import Devices
import Diagnostics
import Telemetry
import TestSupport
import Testing

/// SenML CBOR, by the vectors of RFC 8428 and of public reports.
@Suite struct SenMLCBORTests {
    private static func run(_ hex: String, records: [String] = ["t"], unit: String = "degC") throws -> VectorRun {
        let readings = records.map { "  - { quantity: q_\($0), record: \($0), unit: \"\(unit)\" }\n" }.joined()
        let payload = try #require(ProfileVector.Payload(hex: hex, port: 1))
        return try DecodingTests.run("format: senml_cbor\nreadings:\n\(readings)", payload, topic: "t/dev")
    }

    private static func text(_ run: VectorRun) -> String {
        let readings = run.readings.map { "\($0.quantity.name) \(NumberText.short($0.value))" }.joined(separator: ", ")
        return run.findings.description.isEmpty ? readings : "\(readings) | \(run.findings.description)"
    }

    @Test("the vector of RFC 8428, section 6: numeric labels, doubles and half floats, times beside a base time")
    func standard() throws {
        let run = try Self.run(
            "87a721781b75726e3a6465763a6f773a3130653230373361303130383030363a22fb41d303a15b00106223614120050067766f6c7461676501615602fb405e066666666666a3006763757272656e74062402fb3ff3333333333333a3006763757272656e74062302fb3ff4cccccccccccda3006763757272656e74062202fb3ff6666666666666a3006763757272656e74062102f93e00a3006763757272656e74062002fb3ff999999999999aa3006763757272656e74060002fb3ffb333333333333",
            records: ["current"], unit: "A")
        #expect(run.findings.isEmpty)
        #expect(run.readings.map { NumberText.short($0.value) } == ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
        let seconds = run.readings.map { Double($0.time.nanoseconds) / 1e9 }
        #expect(abs(seconds[0] - 1_276_020_071.001) < 1e-6 && abs(seconds[5] - 1_276_020_076.001) < 1e-6)
    }

    @Test(
        "what devices and libraries make of it",
        arguments: [
            // A record with base fields only (leshan #1631), and the unit Cel.
            ("82a221646465763a221a65920080a3006174016343656c0214", "q_t 20"),
            // A tag for times before the base time.
            ("82a221646465763a22c11a65920080a3006174016343656c0214", "q_t 20"),
            // A decimal fraction, 21.5, as section 6 allows.
            ("81a421646465763a006174016343656c02c4822018d7", "q_t 21.5"),
            // Arrays, maps and texts without a length.
            ("9fbf21646465763a006174016343656c02f94d00ffff", "q_t 20"),
            ("81a321646465763a007f617460ff02f94d00", "q_t 20"),
            // Labels as words (magistrala #950).
            ("81a262626e6a6465763a74000000000000", " | not a SenML pack: it ends in the middle, or is not CBOR"),
            ("81a3616e6174617514", " | not a SenML pack: it ends in the middle, or is not CBOR"),
            ("81a2616e6174617614", "q_t 20"),
            // Labels as texts of digits (leshan #1654).
            (
                "81a2613363686868622d326b2f333434322f302f313130",
                " | not a SenML pack: its labels are texts of digits, and must be numbers (RFC 8428, section 6)"
            ),
            // A base value, which is added; and one that is a text.
            ("82a321646465763a2414006161a200617402f93800", "q_t 20.5"),
            ("81a324613100617402f93800", "on a base value of the text \"1\""),
            // Not a number.
            ("81a300626474016343656c02f97e00", ""),
            ("81a3006174016343656c02f97e00", "the record 't' is the text \"nan\", not a number"),
            // A bignum, which is named.
            ("81a200617402c249010000000000000000", "the record 't' is the text \"010000000000000000\", not a number"),
            // A version of the future, and a label that must be understood.
            ("81a3200b0061740214", "version 11"),
            ("81a3006174021462785f01", "must be understood"),
            // Exponents at the edge of a number, and beyond it; and a mark that this is CBOR.
            ("81a200617402c4823b7fffffffffffffff01", "a decimal fraction is not two whole numbers"),
            ("81a200617402c482190190" + "01", "the record 't' is the text \"1e400\", not a number"),
            ("d9d9f781a20061740214", "q_t 20"),
            // An unknown label.
            ("81a30061740214186301", "q_t 20"),
            // Negative numbers at the edges of their widths.
            ("81a200617402381b", "q_t -28"), ("81a2006174023903e7", "q_t -1000"),
            ("81a2006174023b7fffffffffffffff", "q_t -9.223372036854776e+18"),
            // Depth, and more bytes than there should be.
            (String(repeating: "81", count: 40), "nested more than 32 times"),
            ("81a2006174021400", "more bytes after its end"),
            ("ff", "an end comes where nothing ends"), ("81", "it ends in the middle"),
            ("a2006174", "it ends in the middle"), ("9b7fffffffffffffff", "too long"),
        ])
    func devices(hex: String, expected: String) throws {
        let text = Self.text(try Self.run(hex))
        #expect(expected.isEmpty ? text.isEmpty : text.contains(expected), "\(text)")
    }

    @Test("broken bytes give a fault or nothing, and end nothing")
    func broken() throws {
        var random = SeededRandom(seed: 0x6362_6f72)
        let whole = "9fbf21646465763a006174016343656c02f94d00ffff82a221646465763a22c11a65920080a3006174016343656c0214"
        var faults = 0
        for _ in 0..<3000 {
            var digits = Array(whole)
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                digits[Int.random(in: digits.indices, using: &random)] =
                    "0123456789abcdef".randomElement(using: &random) ?? "0"
            }
            digits.removeLast(Int.random(in: 0...20, using: &random) * 2)
            if !(try Self.run(String(digits)).findings.isEmpty) { faults += 1 }
        }
        #expect(faults > 1000)
    }
}
