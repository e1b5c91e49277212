import Diagnostics
import TestSupport
import Testing

/// YAML that is not a rule file, or that would become very large.
@Suite struct YAMLLimitTests {
    @Test(
        "a key that is not a text is refused at its location, before it can repeat billions of values",
        arguments: [
            ("? *a9\n: 1\n", 12, 3), ("*a9 : 1\n", 12, 1), ("b: { [*a9, *a9]: 1 }", 12, 6),
            ("b: { ? { c: *a9 } : 1 }\n", 12, 8),
            ("- x\n- [1]: 2\n", 13, 3),
        ])
    func keys(text: String, line: Int, column: Int) throws {
        let levels = (1...9).map { level in
            let items = Array(repeating: level == 1 ? "x" : "*a\(level - 1)", count: 9)
            return "- &a\(level) [\(items.joined(separator: ", "))]\n"
        }
        let isSequence = text.hasPrefix("-")
        let file = SourceFile(
            name: "x.yaml",
            text: (isSequence ? "" : "anchors:\n") + levels.joined() + (isSequence ? "\n\n" : "\n") + text)
        let error = #expect(throws: DiagnosticList.self) { _ = try YAMLNode.parse(file) }
        let diagnostic = try #require(error?.diagnostics.first)
        #expect(
            diagnostic.id == "yaml-key" && diagnostic.location?.line == line && diagnostic.location?.column == column,
            "\(diagnostic)")
    }

    @Test("aliases that repeat one another without end are refused at once, and those that people write are followed")
    func aliases() throws {
        let bomb =
            "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
            + (1...9).map { level in
                let aliases = Array(repeating: "*a\(level == 1 ? "" : "\(level - 1)")", count: 10)
                return "a\(level): &a\(level) [\(aliases.joined(separator: ", "))]\n"
            }.joined()
        let error = #expect(throws: DiagnosticList.self) {
            try YAMLNode.parse(SourceFile(name: "bomb.yaml", text: bomb))
        }
        #expect(error?.description.contains("the aliases of this file (*name) repeat more than 100000 values") == true)
        #expect(error?.diagnostics.count == 1)
        let usual = try YAMLNode.parse(SourceFile(name: "usual.yaml", text: "a: &a { b: 1 }\nc: [*a, *a]\n"))
        guard case .mapping(let entries) = usual.content, case .sequence(let items) = entries[1].value.content else {
            throw TestFailure("it is not a mapping")
        }
        #expect(items.count == 2)
    }

    @Test("a text that is not YAML is reported at its location")
    func notYAML() {
        let found = Diagnosed.text("levels: { warning: [ }")
        #expect(found.hasPrefix("rules.yaml:5:"), "\(found)")
        #expect(found.contains("a value is missing here"))
    }
}
