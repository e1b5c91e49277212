import Diagnostics
import RuleLanguage
import TestSupport
import Testing

/// Mistakes of people who do not know YAML.
@Suite struct PlainWordsTests {
    @Test(
        "what YAML rejects is explained in plain words, at its location, with the correction",
        arguments: [
            ("\tsummary: x", 5, "this line is indented with a tab", "spaces"),
            ("    summary: river: high", 5, "this line has a second ':'", "in quotes"),
            ("    summary: x\n       levels: { warning: true }", 6, "indented deeper", "same column"),
            ("    summary: x\n   levels: { warning: true }", 6, "does not begin in the same column", "same column"),
            ("    summary: \"a\" b", 5, "after the closing \"", "in quotes"),
            (
                "    summary: \"never closed\n    levels: { warning: true }", 5,
                "this quote is never closed", "close it"
            ),
            ("    levels: { warning: water_level > 1 m\n    clear: true", 5, "this '{' is not closed", "close it"),
            ("    labels: [device, station\n    clear: true", 5, "this '[' is not closed", "close it"),
            (
                "    summary: \"never closed\n    cleared: \"closed\"", 5,
                "this quote is closed only in line 6", "close it"
            ),
            ("    summary: {device} is high", 5, "a text that begins with '{' must be in quotes", "in quotes"),
            ("    summary: 'it's high'", 5, "after the closing '", "double ones"),
            ("    summary: @home", 5, "a value cannot begin with '@'", "in quotes"),
            ("    summary: %free", 5, "a value cannot begin with '%'", "in quotes"),
            ("    summary: *x", 5, "begins with '*'", "in quotes"),
            ("    summary: !x!y", 5, "begins with '!'", "in quotes"),
            ("    summary: \"a\\d\"", 5, "a backslash in double quotes starts an escape", "single quotes"),
            ("    summary\n    levels: { warning: true }", 5, "has no ':' after it", "'key: value'"),
            ("    labels: - device", 5, "a list cannot begin with '- ' on the line of its key", "[a, b]"),
            (
                "    summary: x\n    summary: y", 6, "'summary' occurs twice in one mapping",
                "remove one"
            ),
        ])
    func plainWords(lines: String, line: Int, what: String, mend: String) {
        let start = """
            hazard: flood
            rules:
              - name: test
                for_each: station

            """
        let error = #expect(throws: DiagnosticList.self) { try SmallSite.compile(start + lines + "\n") }
        let found = error?.description ?? ""
        #expect(found.hasPrefix("rules.yaml:\(line):"), "\(found)")
        #expect(found.contains(what), "\(found)")
        #expect(found.contains(mend), "\(found)")
        for raw in ["block mapping", "flow", "scalar", "token", "simple key"] {
            #expect(!found.contains(raw), "\(found)")
        }
    }

    @Test("a missing ':' is reported at its key, and not where the parser stops")
    func missingColon() {
        let error = #expect(throws: DiagnosticList.self) {
            try SmallSite.compile(
                "hazard: flood\nrules:\n  - name a\n    for_each: station\n    levels: { warning: true }\n")
        }
        #expect(
            error?.description.contains("the line above has no ':' after its key") == true,
            "\(error?.description ?? "")")
    }
}
