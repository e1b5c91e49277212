import Testing

/// Tests that declarations are found which nothing uses, or only tests use.
@Suite struct UnusedDeclarationTests {
    private static func findings(_ texts: [String: String]) -> [String] {
        UnusedDeclarations.findings(SourceTree(texts)).map(\.what)
    }

    /// The findings in one file of a module.
    private static func findings(_ text: String, _ tests: String = "") -> [String] {
        findings(["Sources/A/A.swift": text, "Tests/ATests/Tests.swift": tests])
    }

    @Test(
        "a declaration that is used nowhere else is found",
        arguments: [
            ("package func a() {}", "a"), ("package let b = 1", "b"), ("package struct C {}", "C"),
            ("package typealias D = Int", "D"), ("package enum E { case f }\nlet g: E", "f"),
            ("package func a() { a() }", "a"), ("package func a() {} // a()", "a"),
            ("package func a() {}\nlet b = \"a()\"", "a"),
            ("package struct C {}\nextension C { func f(_ c: C) {} }", "C"),
            ("struct T { package func a() {} }\nextension U {}", "a"),
        ])
    func unused(text: String, name: String) {
        #expect(Self.findings(text) == ["nothing uses '\(name)'"])
    }

    @Test(
        "a declaration that something uses is not found",
        arguments: [
            "package func a() {}\nlet b = a()", "package func a() {}\nlet b = \"\\(a())\"",
            "struct T { package var a: Int { 1 } }\nlet c = t.a", "struct T { package var a: Int }\nlet c = T(a: 1)",
            "package enum E { case f }\nlet g: E = .f", "struct T { package func a() {} ; func b() { a() } }",
            "struct T { package var a: Int }\nlet b = \\T.a",
        ])
    func used(text: String) {
        #expect(Self.findings(text) == [])
    }

    @Test(
        "a declaration that is used without its name is not found",
        arguments: [
            "struct T { package static func < (a: T, b: T) -> Bool { true } }",
            "struct T { package subscript(a: Int) -> Int { a } }",
            "struct T: CustomStringConvertible { package var description: String { \"\" } }",
            "struct T { package func callAsFunction() {} }",
            "struct T: ParsableCommand { @Option(help: \"a\") package var a: Int }",
            "struct T: Codable { package var a: Int }", "struct T { package var a: Int }\nextension T: Decodable {}",
            "package enum CodingKeys: String, CodingKey { case a }\nlet b: CodingKeys",
            "package enum E: CaseIterable { case a }\nlet b: E", "struct T { package init(from decoder: Decoder) {} }",
            "@main package struct T {}",
        ])
    func usedWithoutName(text: String) {
        #expect(Self.findings(text) == [])
    }

    @Test("a name without a dot is a use of a member only in a file that knows its type")
    func members() {
        let member = "struct T { package func a() {} }"
        #expect(
            Self.findings(["Sources/A/A.swift": member, "Sources/A/B.swift": "let t: T\nlet a = 1\nlet b = a"])
                == ["nothing uses 'a'"])
        #expect(
            Self.findings(["Sources/A/A.swift": member, "Sources/A/B.swift": "extension T { func b() { a() } }"]) == [])
        #expect(
            Self.findings(["Sources/A/A.swift": member, "Sources/A/B.swift": "f(t: T(), a: 1)"]) == ["nothing uses 'a'"]
        )
    }

    @Test("a module uses a declaration only if it imports its module, or through a protocol")
    func modules() {
        let function = "package struct T { package func a() {} }\nlet t = T()"
        #expect(Self.findings(["Sources/A/A.swift": function, "Sources/B/B.swift": "b.a()"]) == ["nothing uses 'a'"])
        #expect(Self.findings(["Sources/A/A.swift": function, "Sources/B/B.swift": "import A\nb.a()"]) == [])
        #expect(
            Self.findings(["Sources/A/A.swift": function, "Sources/B/B.swift": "protocol P { func a() }\np.a()"]) == [])
    }

    @Test("a declaration that only tests use is found, unless its file is for tests")
    func testsOnly() {
        let text = "package func a() {}"
        let test = "let b = a()"
        #expect(Self.findings(text, test) == ["only tests use 'a'"])
        #expect(Self.findings(["Sources/A/A+Testing.swift": text, "Tests/ATests/Tests.swift": test]) == [])
        #expect(Self.findings(["Sources/A/A.swift": text, "Benchmarks/B/B.swift": test]) == [])
        #expect(Self.findings(["Tests/Support/A.swift": text, "Tests/ATests/Tests.swift": test]) == [])
        #expect(Self.findings(["Tests/Support/A.swift": text]) == ["nothing uses 'a'"])
    }

    @Test(
        "an initializer that nothing calls is found",
        arguments: [
            "", "let t = T()", "let t = T(b: 1)", "let t: T = .init(c: 1)", "let u = U.init(a: 1)", "// T(a: 1)",
        ])
    func unusedInitializers(use: String) {
        let text =
            "struct T { package init(a: Int, b: Int = 1) {} }\nstruct U { package init(a: Int) {} }\nlet v = U(a: 1)\n"
        #expect(Self.findings(text + use) == ["nothing calls 'T.init(a:b:)'"])
    }

    @Test(
        "an initializer that something calls is not found",
        arguments: [
            "let t = T(a: 1)", "let t = T(a: 1, b: 2)", "let t: T = .init(a: [b: 1])", "let t = a.map(T.init)",
            "extension T { init() { self.init(a: 1) } }", "let t = T() { 1 }", "let t = \"\\(T(a: 1))\"",
        ])
    func usedInitializers(use: String) {
        #expect(Self.findings("struct T { package init(a: Int, b: Int = 1) {} }\n" + use) == [])
    }
}
