import Testing

/// Tests the limits on lines, functions and files, and the check of CONTRIBUTING.md.
@Suite struct LimitTests {
    @Test("a line may have 120 characters, of any number of bytes")
    func width() {
        let fits = String(repeating: "é", count: 120)
        let findings = TextLimits.wideLines(SwiftSource("\(fits)\n\(fits)b\n"))
        #expect(findings.map(\.line) == [2])
        #expect(findings.first?.what == "the line has 121 characters, and the limit is 120")
        #expect(TextLimits.wideLines(SwiftSource("")).isEmpty)
    }

    @Test("a file may have 400 lines")
    func fileLength() {
        #expect(TextLimits.longFiles(SwiftSource(String(repeating: "\n", count: 400))).isEmpty)
        #expect(TextLimits.longFiles(SwiftSource(String(repeating: "\n", count: 403))).map(\.weight) == [3])
    }

    private static func statements(_ count: Int) -> String { String(repeating: "f()\n", count: count) }

    @Test(
        "functions, initializers and accessors may have 70 lines",
        arguments: ["func a() {", "init() {", "var a: Int {", "deinit {", "subscript(a: Int) -> Int {"])
    func functionLength(head: String) {
        func findings(_ count: Int) -> [Finding] {
            TextLimits.longFunctions(SwiftSource("struct A {\n\(head)\n\(Self.statements(count))}\n}"))
        }
        #expect(findings(68).isEmpty)
        #expect(findings(70).map(\.weight) == [2])
        #expect(findings(70).map(\.line) == [2])
    }

    @Test("an accessor is measured by itself, and a type is not measured")
    func accessorLength() {
        let text = "struct A {\nvar a: Int {\nget {\n\(Self.statements(50))}\nset {\n\(Self.statements(80))}\n}\n}"
        #expect(TextLimits.longFunctions(SwiftSource(text)).map(\.what) == ["set has 82 lines, and the limit is 70"])
    }

    @Test("the limit does not apply to a function that is only a text")
    func textLength() {
        let text = "\"\"\"\n\(Self.statements(80))\"\"\""
        func findings(_ body: String) -> [Finding] { TextLimits.longFunctions(SwiftSource("func a() {\n\(body)\n}")) }
        #expect(findings(text).isEmpty)
        #expect(findings("return \(text)").isEmpty)
        #expect(findings("try db.execute(\nsql: \(text))").isEmpty)
        #expect(findings("let a = \(text)\nf()\ng()\nh()").count == 1)
        #expect(findings("if a {\nf(\(text))\n}").count == 1)
        #expect(findings("f(\"{\")\n\(Self.statements(80))").count == 1)
    }

    @Test("the paths in the table of CONTRIBUTING.md exist")
    func contributing() {
        let text = """
            # Contributing

            `Sources/Before` is not in the table.

            | to change | look in |
            | --- | --- |
            | a | `Sources/Store`, `Sources/Gone` |
            | b | `Sources/Rules`: `Syntax` → `Lowering`; `Table` is the table |

            `Sources/After` is not either.
            """
        let findings = ContributingTable.findings(
            text, files: ["Sources/Rules/Syntax/Parser.swift", "Sources/Rules/Table.swift"],
            exists: ["Sources/Store", "Sources/Rules"].contains)
        #expect(
            findings.map { "\($0.line) \($0.what)" } == [
                "7 'Sources/Gone' does not exist", "8 'Lowering' does not exist",
            ])
        #expect(ContributingTable.findings("", files: [], exists: { _ in true }).count == 1)
    }
}
