import Testing

/// Tests the checks of the manifest, of imports, and of the arrows between modules.
@Suite struct ModuleTests {
    private static let manifest = """
        extension Target.Dependency {
            static let grdb = product(name: "GRDB", package: "GRDB.swift")
        }
        let package = Package(
            name: "example",
            products: [.executable(name: "tool", targets: ["tool"])],
            dependencies: [.package(url: "https://example.org/GRDB.swift", from: "7.0.0")],
            // .target(name: "Comment"),
            targets: [
                .target(name: "Model", swiftSettings: safe),
                .systemLibrary(name: "CLibrary", pkgConfig: "library", providers: [.apt(["library-dev"])]),
                .target(
                    name: "Store",
                    dependencies: [
                        "Model", .grdb, .product(name: "Logging", package: "swift-log"), .target(name: "CLibrary"),
                    ]),
                .executableTarget(name: "tool", dependencies: ["Store"]),
                .target(name: "Support", dependencies: [], path: "Tests/Support", exclude: ["Files"]),
                .testTarget(name: "StoreTests", dependencies: ["Store", "tool", "Support"]),
            ]
        )
        """

    @Test("the targets are read from the manifest, in its order")
    func targets() {
        let manifest = Manifest(SwiftSource(path: "Package.swift", Self.manifest))
        #expect(manifest.targets.map(\.name) == ["Model", "CLibrary", "Store", "tool", "Support", "StoreTests"])
        #expect(manifest.targets.map(\.kind) == [.library, .systemLibrary, .library, .executable, .library, .test])
        #expect(
            manifest.targets.map(\.path) == [
                "Sources/Model", "Sources/CLibrary", "Sources/Store", "Sources/tool", "Tests/Support",
                "Tests/StoreTests",
            ])
        #expect(manifest.target(named: "Store")?.targets == ["Model", "CLibrary"])
        #expect(manifest.target(named: "Store")?.products == ["GRDB", "Logging"])
        #expect(manifest.target(named: "StoreTests")?.targets == ["Store", "tool", "Support"])
        #expect(manifest.target(named: "Model")?.line == 10)
    }

    @Test(
        "imports are found with attributes, access, kinds and submodules",
        arguments: [
            ("import A", ["A"]),
            ("@preconcurrency internal import A", ["A"]),
            ("@testable import A // import B", ["A"]),
            ("@_spi(Inner) public import A", ["A"]),
            ("import struct Foundation.Date", ["Foundation"]),
            ("package import func A.b", ["A"]),
            ("import A.B", ["A"]),
            ("import A; internal import B;import C", ["A", "B", "C"]),
            ("@preconcurrency\nimport A", ["A"]),
            ("#if canImport(A)\nimport A\n#endif", ["A"]),
            ("import `A`", ["A"]),
        ])
    func imports(text: String, modules: [String]) {
        #expect(ImportedModule.all(in: SwiftSource(text)).map(\.module) == modules)
    }

    @Test(
        "the word import elsewhere is not an import",
        arguments: [
            "// import A", "/* import A */", "let a = \"import A\"", "let a = \"\"\"\n    import A\n    \"\"\"",
            "let a = #\"\"\"\nimport A\n\"\"\"#", "f(import: a)", "a.import(b)", "a\n    .import (b)",
            "#if canImport(A)\n#endif",
            "let `import` = a", "let imported = a",
        ])
    func noImports(text: String) {
        #expect(ImportedModule.all(in: SwiftSource(text)).isEmpty)
    }

    @Test("a target depends only on targets above it, and has a folder")
    func order() {
        let manifest = """
            targets: [.target(name: "A", dependencies: ["B"]), .target(name: "B"), .target(name: "C", path: "Tests/C")]
            """
        let tree = SourceTree(["Sources/A/A.swift": "", "Sources/D/D.swift": ""], manifest: manifest)
        #expect(
            ModuleOrder.findings(tree).map(\.what) == [
                "A depends on B, which is not above it", "B has no folder in Sources", "the folder is not a target",
            ])
    }

    @Test("a module imports what the table allows, and the table allows no more")
    func arrows() {
        let tree = SourceTree([
            "Sources/A/A.swift": "import Foundation\nimport C", "Sources/B/B.swift": "import A",
            "Tests/ATests/A.swift": "import Testing",
        ])
        let findings = ModuleImports.findings(tree, allowed: ["A": ["Foundation", "GRDB"], "Old": []])
        #expect(
            findings.map(\.what) == [
                "A may not import C", "B may not import A", "no file of A imports GRDB", "there is no module Old",
                "B has no entry",
            ])
        #expect(findings[0].description.hasPrefix("Sources/A/A.swift:2: A may not import C: "))
    }

    @Test("a target declares the dependencies that its files import")
    func dependencies() {
        let tree = SourceTree(
            [
                "Sources/Model/Model.swift": "import Foundation",
                "Sources/Store/Store.swift": "import Model\nimport GRDB",
                "Sources/tool/Tool.swift": "import Model", "Tests/StoreTests/Tests.swift": "import Store",
            ], manifest: Self.manifest)
        #expect(
            DeclaredDependencies.findings(tree).map(\.what) == [
                "no file of Store imports CLibrary", "no file of Store imports Logging",
                "tool imports Model and does not depend on it", "no file of tool imports Store",
                "no file of StoreTests imports Support",
            ])
    }
}
