import Testing

/// Tests the checks of unsafe code, of unwraps without a reason, and of operators that wrap.
@Suite struct CodeCheckTests {
    // MARK: - Unsafe code

    @Test(
        "every spelling of unsafe code is found",
        arguments: [
            ("let a: UnsafePointer<Int>", "UnsafePointer"),
            ("let a: UnsafeMutableRawBufferPointer?", "UnsafeMutableRawBufferPointer"),
            ("a.withUnsafeBytes { $0 }", "withUnsafeBytes"),
            ("Unmanaged.passRetained(a)", "Unmanaged"),
            ("a.unsafelyUnwrapped", "unsafelyUnwrapped"),
            ("a.b.pointee += 1", ".pointee"),
            ("a\n    .pointee", ".pointee"),
            ("unsafeBitCast(a, to: B.self)", "unsafeBitCast"),
            ("nonisolated(unsafe) var a = 1", "nonisolated(unsafe)"),
            ("unowned(unsafe) let a: B", "unowned(unsafe)"),
            ("final class A: @unchecked Sendable {}", "@unchecked"),
            ("var a: OpaquePointer?", "OpaquePointer"),
            ("a.withMemoryRebound(to: B.self, capacity: 1) { $0 }", "withMemoryRebound"),
            ("a.assumingMemoryBound(to: B.self)", "assumingMemoryBound"),
            ("let a = unsafe b()", "unsafe"),
            ("unsafe (a, b)", "unsafe"),
            ("let a = \"\\(unsafe b.c)\"", "unsafe"),
            ("a.withUTF8 { $0.count }", "withUTF8"),
            ("fatalError(\"a\")", "fatalError("),
            ("preconditionFailure()", "preconditionFailure("),
        ])
    func unsafe(text: String, spelling: String) {
        #expect(UnsafeCode.spellings(in: SwiftSource(text)).map(\.spelling) == [spelling])
    }

    @Test(
        "texts, comments and similar names are not unsafe code",
        arguments: [
            "// UnsafePointer", "let a = \"fatalError(\"", "let a = \"\"\"\n    .pointee\n    \"\"\"",
            "let a = #\"\\(unsafe b)\"#", "let pointee = 1", "var unsafe = true", "f(unsafe: a)", "if a.unsafe { b() }",
            "let unsafety = a", "@unknown default: a",
        ])
    func safe(text: String) {
        #expect(UnsafeCode.spellings(in: SwiftSource(text)).isEmpty)
    }

    @Test("the list has exactly the files with unsafe code")
    func unsafeFiles() {
        let tree = SourceTree([
            "Sources/A/Listed.swift": "a.pointee", "Sources/A/Unlisted.swift": "\na.pointee",
            "Sources/A/Safe.swift": "a",
            "Sources/A/Storage/Slab.swift": "a.pointee", "Sources/A/Storage/Plain.swift": "a",
            "Tests/ATests/Tests.swift": "a.pointee",
        ])
        let findings = UnsafeCode.findings(
            tree,
            allowed: [
                "Sources/A/Listed.swift": "", "Sources/A/Safe.swift": "", "Sources/A/Storage/": "",
                "Sources/B/Gone.swift": "",
            ])
        #expect(
            findings.map { "\($0.file) \($0.line) \($0.what)" } == [
                "Sources/A/Unlisted.swift 2 '.pointee' is unsafe code",
                "\(UnsafeFiles.path) 1 Sources/A/Safe.swift has no unsafe code",
                "\(UnsafeFiles.path) 1 Sources/A/Storage/Plain.swift has no unsafe code",
                "\(UnsafeFiles.path) 1 Sources/B/Gone.swift does not exist",
            ])
    }

    // MARK: - Unwraps

    @Test(
        "an unwrap without a reason is found",
        arguments: [
            ("try? a()", "try?"), ("let a = try! b()", "try!"), ("a as! B", "as!"), ("a!.b", "a!"), ("f(a[0]!)", "…!"),
            ("f(a()!)", "…!"), ("let a: Int!", "Int!"), ("a!! + 1", "a!"), ("let a = \"\\(b!)\"", "b!"),
            ("// why\n\ntry? a()", "try?"), ("b() // why\ntry? a()", "try?"), ("a! == b", "a!"),
        ])
    func unproven(text: String, spelling: String) {
        #expect(UnprovenUnwraps.findings(SwiftSource(text)).first?.what == "'\(spelling)' without a reason")
    }

    @Test(
        "an unwrap with a reason is not found, nor is code that only looks like an unwrap",
        arguments: [
            "try? a() // why", "// why\ntry? a()", "// why\n// and more\nlet a = b!", "/* why */\na as! B",
            "// why\nlet a = b(\n    c, try? d())", "// why\nguard let a = b,\n    let c = try? d() else { return }",
            "// why\nlet a = b\n    .c!", "a != b", "a!=b", "!a", "f(!a, [!b])", "return !a", "a as? B", "try a()",
            "let a = \"b! try? c\"", "let a = #\"\\(b!)\"#", "// try? a()", "let a = \"\"\"\n    b! as! c\n    \"\"\"",
            "var a: Int?", "a ? b : !c", "#if !os(Linux)\n#endif",
        ])
    func proven(text: String) {
        #expect(UnprovenUnwraps.findings(SwiftSource(text)).map(\.what) == [])
    }

    // MARK: - Operators that wrap

    @Test("an operator that wraps needs a proof", arguments: ["a &+ b", "a &-= b", "a &* b", "a &<< b", "a &>>= b"])
    func wrapping(text: String) {
        #expect(WrappingOperators.findings(SwiftSource(text)).count == 1)
        #expect(WrappingOperators.findings(SwiftSource("// Wrapping operators: why\n" + text)).isEmpty)
        #expect(WrappingOperators.findings(SwiftSource("    // Wrapping operators: why\n" + text)).count == 1)
    }

    @Test(
        "a proof needs an operator that wraps",
        arguments: ["a + b", "f(&a)", "a &= b", "a && -b", "a && *b", "// a &+ b", "\"a &+ b\""])
    func notWrapping(text: String) {
        #expect(WrappingOperators.findings(SwiftSource(text)).isEmpty)
        #expect(WrappingOperators.findings(SwiftSource("// Wrapping operators: why\n" + text)).count == 1)
    }
}
