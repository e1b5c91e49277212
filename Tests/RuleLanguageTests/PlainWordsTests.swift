import Diagnostics
import RuleLanguage
import TestSupport
import Testing

/// Mistakes of people who do not know YAML.
@Suite struct PlainWordsTests {
    @Test(
        "what YAML rejects is said in plain words, at its place, with the mend",
        arguments: [
            ("\tsummary: x", 5, "a tab stands at the beginning", "spaces"),
            ("    summary: river: high", 5, "a second ':' in one line", "in quotes"),
            ("    summary: x\n       levels: { warning: true }", 6, "indented deeper", "same column"),
            ("    summary: x\n   levels: { warning: true }", 6, "does not begin in the same column", "same column"),
            ("    summary: \"a\" b", 5, "behind the closing \"", "in quotes"),
            (
                "    summary: \"never closed\n    levels: { warning: true }", 5,
                "a quote is opened here, and never closed", "close it"
            ),
            ("    levels: { warning: water_level > 1 m\n    clear: true", 5, "the '{' is not closed", "close it"),
            ("    labels: [device, station\n    clear: true", 5, "the '[' is not closed", "close it"),
            (
                "    summary: \"never closed\n    cleared: \"closed\"", 5,
                "a quote is opened here, and closed only in line 6", "close it"
            ),
            ("    summary: {device} is high", 5, "a text cannot begin with '{'", "in quotes"),
            ("    summary: 'it's high'", 5, "behind the closing '", "double ones"),
            ("    summary: @home", 5, "a value cannot begin with '@'", "in quotes"),
            ("    summary: %free", 5, "a value cannot begin with '%'", "in quotes"),
            ("    summary: *x", 5, "begins with '*'", "in quotes"),
            ("    summary: !x!y", 5, "begins with '!'", "in quotes"),
            ("    summary: \"a\\d\"", 5, "a backslash has a meaning", "single quotes"),
            ("    summary\n    levels: { warning: true }", 5, "without a ':'", "'key: value'"),
            ("    labels: - device", 5, "a list cannot begin with '- ' behind a key", "[a, b]"),
            (
                "    summary: x\n    summary: y", 6, "'summary' stands twice in one mapping: first in line 5",
                "remove one"
            ),
        ])
    func plainWords(lines: String, line: Int, what: String, mend: String) {
        let text = "hazard: flood\nrules:\n  - name: test\n    for_each: station\n" + lines + "\n"
        let error = #expect(throws: DiagnosticList.self) { try SmallSite.compile(text) }
        let found = error?.description ?? ""
        #expect(found.hasPrefix("rules.yaml:\(line):"), "\(found)")
        #expect(found.contains(what), "\(found)")
        #expect(found.contains(mend), "\(found)")
        for raw in ["block mapping", "flow", "scalar", "token", "simple key"] {
            #expect(!found.contains(raw), "\(found)")
        }
    }

    @Test("a key without its ':' above others is found where it stands, and not where the parser stumbles")
    func missingColon() {
        let error = #expect(throws: DiagnosticList.self) {
            try SmallSite.compile(
                "hazard: flood\nrules:\n  - name a\n    for_each: station\n    levels: { warning: true }\n")
        }
        #expect(
            error?.description.contains("the line above has no ':' behind its key") == true,
            "\(error?.description ?? "")")
    }
}
