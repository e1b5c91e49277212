import Testing

/// Tests that only comments and the contents of text literals are blanked.
@Suite struct SwiftSourceTests {
    private static func code(_ text: String) -> String { String(decoding: SwiftSource(text).code, as: UTF8.self) }

    @Test(
        "text literals keep their quotes and their interpolations",
        arguments: [
            (#"let a = "try! b""#, #"let a = "      ""#),
            (#"f("", "a\"b", c)"#, #"f("", "    ", c)"#),
            (#"f("\\", "\(x)")"#, #"f("  ", " (x)")"#),
            (#"f("a \(g("b \(c) d")) e")"#, #"f("   (g("   (c)  "))  ")"#),
            (#"f("\(a[")"]!) b")"#, #"f(" (a[" "]!)  ")"#),
            ("f(#\"a \"b\" \\(c) \\#(d)\"#, e)", "f(\"              (d) \", e)"),
            ("f(#\"\"\"#, a)", "f(\"   \", a)"),
            ("f(##\"a\"# b\"##)", "f(\"         \")"),
        ])
    func literals(text: String, code: String) {
        #expect(Self.code(text) == code)
    }

    @Test("multi-line literals keep their lines")
    func multilineLiterals() {
        let text = "let a = \"\"\"\n    import \"B\" \\(c) // d\n    \\\"\"\" e\n    \"\"\"\nlet f = 1"
        #expect(
            Self.code(text)
                == "let a = \"  \n                (c)     \n          \n      \"\nlet f = 1")
        #expect(SwiftSource(text).literals.map(\.isMultiline) == [true])
    }

    @Test(
        "comments are blanked, and kept by line",
        arguments: [
            ("a // b \"c\nd", "a        \nd", [1: "// b \"c"]),
            ("a /* b /* c */ d */ e", "a                   e", [1: "/* b /* c */ d */"]),
            ("a /* b\nc */ d // e", "a     \n     d     ", [1: "/* b", 2: "c */// e"]),
            (#"a("http://b")"#, #"a("        ")"#, [:]),
        ])
    func comments(text: String, code: String, comments: [Int: String]) {
        let source = SwiftSource(text)
        #expect(Self.code(text) == code)
        #expect(source.comments == comments)
    }

    @Test(
        "a slash begins a regex only where a value is expected",
        arguments: [
            (#"let a = /b"c/"#, #"let a = "   ""#),
            (##"let a = #/b/"c/#"##, ##"let a = "      ""##),
            ("let a = b / c / d", "let a = b / c / d"),
            ("f(a/b, c/d)", "f(a/b, c/d)"),
            ("f(1, /)", "f(1, /)"),
        ])
    func regexes(text: String, code: String) {
        #expect(Self.code(text) == code)
    }

    @Test("names in backticks may hold quotes")
    func escapedNames() {
        let source = SwiftSource("func `a \"b`() {}\nlet c = `import`")
        #expect(source.tokens.filter { $0.kind == .escapedWord }.map(\.text) == ["a \"b", "import"])
        #expect(source.literals.isEmpty)
    }

    @Test("a literal that is not closed ends with its line")
    func unclosedLiteral() {
        #expect(Self.code("let a = \"b\nlet c = 1").hasSuffix("\nlet c = 1"))
    }

    @Test("tokens have their lines, and the first of a line is marked")
    func tokens() {
        let source = SwiftSource("a.b(1.5, 0x1F)\n  \"c \\(d)\" + e")
        #expect(source.tokens.map(\.text) == ["a", "", "b", "", "1.5", "", "0x1F", "", "", "", "d", "", "", "e"])
        #expect(source.tokens.filter(\.startsLine).map(\.line) == [1, 2])
        #expect(source.tokens.last?.line == 2)
    }

    @Test(
        "a line break at the end does not begin another line", arguments: [("", 0), ("a", 1), ("a\n", 1), ("a\nb", 2)])
    func lineCount(text: String, count: Int) {
        #expect(SwiftSource(text).lineCount == count)
    }
}
