import Diagnostics
import RuleLanguage
import TestSupport
import Testing

/// Functions of quantities of a kind for which they make no sense, and what was probably meant.
@Suite struct QuantityKindTests {
    private static let profile = """
        profile: test
        topic: test/{device}
        readings:
          - { quantity: water_level, pointer: /level, unit: m }
          - { quantity: rain, pointer: /rain, unit: mm }
          - { quantity: rain_total, pointer: /total, unit: mm }
          - { quantity: tips, pointer: /tips, unit: "1", kind: counter }
          - { quantity: flow, pointer: /flow, unit: m3/s, kind: state }
          - { quantity: button, pointer: /button, unit: "1", kind: event }
          - { quantity: other, pointer: /other, unit: "1" }
        """

    private static func text(_ condition: String) -> String {
        do {
            return try SmallSite.compile(
                "hazard: flood\nrules:\n  - { name: test, for_each: device, levels: { watch: '\(condition)' } }\n",
                devices: "  - { id: d1, profile: test }\n", profile: profile
            ).warnings.map { DiagnosticText.plain($0) }.joined(separator: "\n")
        } catch { return "\(error)" }
    }

    @Test(
        "what makes no sense is a warning that says what does",
        arguments: [
            (
                "sum(rain_total, 1h) > 5 mm", "a counter, whose readings are totals",
                "did you mean increase(rain_total, 1h)?"
            ),
            ("mean(tips, 1h) > 5", "a counter", "did you mean increase(tips, 1h)?"),
            (
                "increase(water_level, 1h) > 1 m", "a state that goes up and down",
                "did you mean delta(water_level, 1h)?"
            ),
            ("rate(flow, 1h) > 1 m3/s2", "a state", "did you mean slope(flow, 1h)?"),
            (
                "increase(rain, 1h) > 5 mm", "an increment: each reading is an amount since the last",
                "did you mean sum(rain, 1h)?"
            ),
            (
                "mean(button, 1h) > 1", "an event, which is over when it is reported",
                "count(button, 1h), or max(button, 1h)"
            ),
            ("button > 0", "its newest value would hold until the next one", "did you mean max(button, 10m)?"),
        ])
    func warnings(condition: String, message: String, hint: String) {
        let text = Self.text(condition)
        #expect(text.contains(message) && text.contains(hint), "\(text)")
    }

    @Test(
        "what makes sense is no warning",
        arguments: [
            "increase(rain_total, 1h) > 5 mm", "rate(tips, 1h) > 1 1/h", "mean(water_level, 1h) > 1 m",
            "sum(rain, 1h) > 5 mm",
            "max(button, 1h) > 0", "count(button, 1h) > 3", "sum(other, 1h) > 3", "increase(other, 1h) > 3",
        ])
    func sense(condition: String) { #expect(Self.text(condition).isEmpty, "\(Self.text(condition))") }

    @Test("a kind that does not exist, and one beside a counter of another kind, are mistakes")
    func mistakes() {
        for (keys, expected) in [
            ("kind: level", "'kind' must be state, counter, increment, event; got 'level'"),
            ("kind: state, counter: true", "what has a 'counter' is not a state"),
        ] {
            do {
                _ = try SmallSite.compile(
                    "hazard: flood\nrules: [ { name: t, for_each: device, levels: { watch: water_level > 1 m } } ]\n",
                    devices: "  - { id: d1, profile: test }\n",
                    profile:
                        "profile: test\ntopic: t/{device}\nreadings: [ { quantity: water_level, pointer: /l, \(keys) } ]\n"
                )
                Issue.record("no mistake was found")
            } catch { #expect("\(error)".contains(expected), "\(error)") }
        }
    }
}
