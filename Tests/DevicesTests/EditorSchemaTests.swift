import Devices
import Diagnostics
import Foundation
import TestSupport
import Testing

/// The published JSON Schemas of profiles and inventories, held against the readers. `CommandTests` holds them against
/// `tocsin schema`.
@Suite struct EditorSchemaTests {
    static func schema(_ name: String) throws -> SchemaCheck {
        try SchemaCheck(RepositoryRoot.file("docs/\(name).schema.json").text)
    }

    static func check(_ text: String, by schema: SchemaCheck) throws -> SchemaCheck.Result {
        schema.check(SchemaItem(try YAMLNode.parse(SourceFile(name: "file.yaml", text: text))))
    }

    /// The texts of the YAML files in a folder and below it.
    static func files(below folder: String) throws -> [String] {
        let names = FileManager.default.enumerator(atPath: RepositoryRoot.path + "/" + folder)?.allObjects ?? []
        return try names.compactMap { $0 as? String }.filter { $0.hasSuffix(".yaml") }.sorted().map {
            try RepositoryRoot.file("\(folder)/\($0)").text
        }
    }

    /// The YAML examples of the documents whose first key is this one.
    static func examples(beginningWith key: String) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: RepositoryRoot.path + "/docs")
        return try names.filter { $0.hasSuffix(".md") }.sorted().flatMap { name in
            try RepositoryRoot.file("docs/\(name)").text.components(separatedBy: "```yaml\n").dropFirst().map {
                $0.components(separatedBy: "```")[0]
            }
        }.filter { $0.hasPrefix(key + ":") }
    }

    static func profiles() throws -> [String] {
        try files(below: "Devices/profiles") + examples(beginningWith: "profile") + SchemaExamples.profiles
    }

    static func inventories() throws -> [String] {
        let files = try ["Devices/example-site.yaml", "Demo/site.yaml", "systemd/site.yaml"].map {
            try RepositoryRoot.file($0).text
        }
        return try files + examples(beginningWith: "site") + [SchemaExamples.inventory]
    }

    @Test("every shipped and documented profile and inventory is valid by its schema")
    func shipped() throws {
        for (name, texts) in [("profile", try Self.profiles()), ("inventory", try Self.inventories())] {
            let schema = try Self.schema(name)
            #expect(texts.count >= 5)
            for text in texts {
                #expect(try Self.check(text, by: schema).faults == [], "\(text.prefix(60))")
            }
        }
    }

    @Test("the readers accept the examples, which together have every key of the schemas")
    func everyKey() throws {
        var profiles = try Self.profiles()
        for text in profiles { _ = try Profile.read(SourceFile(name: "profile.yaml", text: text)) }
        let inventory = SourceFile(name: "site.yaml", text: SchemaExamples.inventory)
        _ = try Site.read(
            inventory: inventory,
            profiles: SchemaExamples.profiles.map { SourceFile(name: "profile.yaml", text: $0) }
        ) { path throws(DiagnosticList) in
            SourceFile(name: path, text: "device,flood_stage [m]\nd1,3.2\n")
        }
        for name in ["profile", "inventory"] {
            let schema = try Self.schema(name)
            if name == "inventory" { profiles = [SchemaExamples.inventory] }
            let used = try profiles.reduce(into: Set<String>()) { $0.formUnion(try Self.check($1, by: schema).keys) }
            #expect(schema.keys.subtracting(used).sorted() == [], "no example has these keys of a \(name)")
        }
    }

    @Test("a wrong key, a wrong kind of value and a missing key are not valid", arguments: SchemaExamples.mistakes)
    func mistakes(name: String, text: String) throws {
        #expect(try !Self.check(text, by: Self.schema(name)).faults.isEmpty)
    }

    @Test("the readers of profiles and inventories name keys by the enums that make the schemas")
    func literals() throws {
        let folder = RepositoryRoot.path + "/Sources/Devices"
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        let literal =
            /\b(node|scalar|string|required|value|int|double|bool|span|strings|items|pointer|expression)\(\s*"/
        for name in names where name.hasSuffix(".swift") {
            let text = try RepositoryRoot.file("Sources/Devices/\(name)").text
            guard text.contains("YAMLReader") else { continue }
            let found = text.matches(of: literal).map { String(text[$0.range]) }
            #expect(found == [], "\(name)")
        }
    }
}
