import Testing

/// Tests that declarations are found, with their modifiers, their type and their body.
@Suite struct DeclarationTests {
    /// Describes each declaration as `package func a in T (3)`, with its type and the last line of a body that runs.
    private static func declarations(_ text: String) -> [String] {
        let source = SwiftSource(text)
        return source.declarations.map { declaration in
            var words = declaration.modifiers.reversed() + [declaration.keyword]
            if declaration.name != declaration.keyword { words.append(declaration.name) }
            if let parent = declaration.parent { words += ["in", source.declarations[parent].name] }
            if declaration.isCode, let body = declaration.body {
                words.append("(\(source.tokens[body.upperBound].line))")
            }
            return words.joined(separator: " ")
        }
    }

    @Test("functions, initializers and accessors")
    func code() {
        let found = Self.declarations(
            """
            package struct A: B where C: D {
                package let a: Int
                private(set) var b = [1] { didSet { f() } }
                var c: Int { a + 1 }
                var d: Int {
                    get throws { 1 }
                    set(new) { b = new }
                }
                package init?(_ a: Int = { 1 }()) { self.a = a; self.init() }
                @inline(__always) static func == (a: A, b: A) -> Bool { true }
                subscript(index: Int) -> Int { 1 }
                deinit { if let a, let b = c { f() } }
            }
            """)
        #expect(
            found == [
                "package struct A", "package let a in A", "private(set) var b in A", "didSet in A (3)",
                "var c in A (4)", "var d in A", "get in A (6)", "set in A (7)", "package init in A (9)",
                "static func  in A (10)", "subscript in A (11)", "deinit in A (12)",
            ])
    }

    @Test("the cases of an enum, and not those of a switch")
    func cases() {
        let found = Self.declarations(
            """
            enum A: String {
                case a = "b", c
                indirect case d(e: Int = 1, (B, C)), f
                var g: Int {
                    switch self {
                    case .a, .c: 1
                    case .d(let x, _): x
                    }
                }
            }
            """)
        #expect(
            found == ["enum A", "case a in A", "case c in A", "case d in A", "case f in A", "var g in A (9)"])
    }

    @Test("a requirement of a protocol has no body, also if braces follow")
    func requirements() {
        let found = Self.declarations(
            """
            protocol A: AnyObject {
                var a: Int { get }
                var b: Int { get async throws }
                func c(_ d: () -> Void) -> Int
                init(e: Int)
                associatedtype F: G
            }
            extension A {
                class func h() {
                    self.c { 1 }
                }
            }
            """)
        #expect(
            found == [
                "protocol A", "var a in A", "var b in A", "func c in A", "init in A", "associatedtype F in A",
                "extension A", "class func h in A (11)",
            ])
    }

    @Test("attributes, and what a type inherits")
    func attributes() throws {
        let source = SwiftSource(
            """
            @main
            struct A<B: C>: D, E.F where B: G {
                @Option(name: .long, help: "h")
                package var i: Int
            }
            """)
        #expect(source.declarations.map(\.attributes) == [["main"], ["Option"]])
        #expect(source.declarations[0].inherited == ["D", "E", "F"])
        #expect(source.declarations[1].isMarked("package"))
    }

    @Test(
        "a closure that is a value is not a body",
        arguments: ["let a = b { c }", "let a: () -> Int = { 1 }", "let a = b { c } d: { e }"])
    func closures(text: String) {
        #expect(SwiftSource("func f() {\n\(text)\n}").declarations.map(\.isCode) == [true, false])
    }
}
