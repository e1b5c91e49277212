import Foundation

/// The Swift files of the repository, and its manifest.
struct SourceTree: Sendable {
    let files: [SwiftSource]
    let manifest: Manifest
    /// The names of the folders in `Sources`.
    let modules: [String]
    /// The text of CONTRIBUTING.md.
    let contributing: String
    private let root: String?

    /// Reads the checkout at `root`.
    init(root: String) throws {
        var files: [SwiftSource] = []
        for folder in ["Sources", "Tests", "Benchmarks"] {
            let names = FileManager.default.enumerator(atPath: root + "/" + folder)?.compactMap { $0 as? String } ?? []
            // What a generator has written is not for people to read.
            for name in names.sorted() where name.hasSuffix(".swift") && !name.hasSuffix(".pb.swift") {
                let path = folder + "/" + name
                let data = try Data(contentsOf: URL(fileURLWithPath: root + "/" + path))
                files.append(SwiftSource(path: path, text: Array(data)))
            }
        }
        self.files = files
        let manifest = try Data(contentsOf: URL(fileURLWithPath: root + "/Package.swift"))
        self.manifest = Manifest(SwiftSource(path: "Package.swift", text: Array(manifest)))
        modules = try FileManager.default.contentsOfDirectory(atPath: root + "/Sources").filter { !$0.hasPrefix(".") }
            .sorted()
        contributing = try String(contentsOfFile: root + "/" + ContributingTable.path, encoding: .utf8)
        self.root = root
    }

    /// Makes a tree from texts by path, for the tests of the checks.
    init(_ texts: [String: String], manifest: String = "") {
        files = texts.sorted { $0.key < $1.key }.map { SwiftSource(path: $0.key, $0.value) }
        self.manifest = Manifest(SwiftSource(path: "Package.swift", manifest))
        modules = Set(files.compactMap(\.module)).sorted()
        contributing = ""
        root = nil
    }

    var paths: [String] { files.map(\.path) }

    /// Whether a file or a folder exists at a path relative to the root.
    func exists(_ path: String) -> Bool {
        root.map { FileManager.default.fileExists(atPath: $0 + "/" + path) } ?? false
    }

    /// The files of the product itself, without tests and benchmarks.
    var sources: [SwiftSource] { files.filter { $0.module != nil } }
}
