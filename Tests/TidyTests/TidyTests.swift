import Foundation
import TestSupport
import Testing

/// The architecture, held by the imports: a module sees only what stands before it, and the core no I/O.
@Suite struct TidyTests {
    /// In the order in which data meets them.
    static let order = [
        "Telemetry", "Diagnostics", "CMosquitto", "CSimdjson", "MQTT", "Devices", "RulePlan", "RuleLanguage", "CEngine",
        "RuleEngine",
        "Alarms", "Store", "CLinux", "POSIX", "Uplink", "Gateway", "Scenario", "tocsin",
    ]

    /// What a module must not know, beside what comes after it.
    static let forbidden: [String: Set<String>] = [
        "Telemetry": ["Foundation", "Diagnostics"],
        "RulePlan": ["Foundation", "Diagnostics", "Devices", "MQTT"],
        "RuleEngine": ["Foundation", "Diagnostics", "Devices", "MQTT", "RuleLanguage", "GRDB", "Glibc", "Logging"],
        "MQTT": ["Devices", "RuleLanguage", "Telemetry"],
        "Devices": ["RuleLanguage", "Store", "MQTT", "Foundation"],
        "RuleLanguage": ["RuleEngine", "Store", "MQTT", "Foundation"],
        "Alarms": ["MQTT", "GRDB"],
        "Store": ["MQTT", "Diagnostics", "Uplink"],
    ]

    static func imports(of module: String) throws -> [(file: String, module: String)] {
        let folder = RepositoryRoot.path + "/Sources/" + module
        let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return try files.filter { $0.hasSuffix(".swift") }.flatMap { file in
            try String(contentsOfFile: folder + "/" + file, encoding: .utf8).split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                guard let at = words.firstIndex(of: "import"), at <= 1, words.count > at + 1 else { return nil }
                return (file, String(words[at + 1].split(separator: ".")[0]))
            }
        }
    }

    @Test("dependencies point one way", arguments: order)
    func oneWay(module: String) throws {
        let position = try #require(Self.order.firstIndex(of: module))
        for (file, imported) in try Self.imports(of: module) {
            if let other = Self.order.firstIndex(of: imported) {
                #expect(other < position, "\(module)/\(file) imports \(imported), which comes after it")
            }
            #expect(!Self.forbidden[module, default: []].contains(imported), "\(module)/\(file) imports \(imported)")
        }
    }

    @Test("every module of Sources stands in the order")
    func complete() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: RepositoryRoot.path + "/Sources")
        #expect(Set(folders) == Set(Self.order))
    }

    @Test("unsafe code and unchecked promises stand only in the files that exist for them")
    func unsafe() throws {
        let allowed = [
            "RuleEngine/Storage/", "RuleEngine/Series/",
            "POSIX/Subprocess.swift", "Scenario/LocalBroker.swift",
            "Devices/Decoding/JSONDocument.swift", "MQTT/", "Gateway/Gateway.swift",
            "Gateway/Control/ControlSocket.swift",
            "Store/Readings/Store+Commit.swift",
        ]
        for module in Self.order where !module.hasPrefix("C") || module.dropFirst().first?.isUppercase != true {
            let folder = RepositoryRoot.path + "/Sources/" + module
            for file in FileManager.default.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? []
            where file.hasSuffix(".swift") {
                let text = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
                let name = module + "/" + file
                guard !allowed.contains(where: { name.hasPrefix($0) }) else { continue }
                for word in [
                    "UnsafeMutablePointer<", "@unchecked", "unsafeBitCast", "nonisolated(unsafe)", "try!",
                    "fatalError(",
                ] {
                    #expect(!text.contains(word), "\(name) has \(word)")
                }
            }
        }
    }

    @Test("operators that wrap stand only beside the proof that they cannot, or that they are to")
    func wrapping() throws {
        for module in Self.order {
            let folder = RepositoryRoot.path + "/Sources/" + module
            for file in FileManager.default.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? []
            where file.hasSuffix(".swift") {
                let text = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
                let wraps = ["&+", "&-", "&*", "&<<", "&>>"].contains {
                    text.contains(" \($0) ") || text.contains(" \($0)= ")
                }
                let proof = text.split(separator: "\n").contains { $0.hasPrefix("// Wrapping operators: ") }
                #expect(
                    wraps == proof,
                    "\(module)/\(file): 'Wrapping operators: …' stands where there are such, and only there")
            }
        }
    }

    @Test("a file holds one idea: none is longer than 400 lines")
    func length() throws {
        for folder in ["Sources", "Tests"] {
            let root = RepositoryRoot.path + "/" + folder
            for file in FileManager.default.enumerator(atPath: root)?.compactMap({ $0 as? String }) ?? []
            where file.hasSuffix(".swift") {
                let count = try String(contentsOfFile: root + "/" + file, encoding: .utf8).split(
                    separator: "\n", omittingEmptySubsequences: false
                ).count
                #expect(count <= 400, "\(folder)/\(file) has \(count) lines")
            }
        }
    }
}
