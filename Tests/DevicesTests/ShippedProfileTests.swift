import Devices
import Diagnostics
import Foundation
import TestSupport
import Testing

/// The vectors of all profiles that come with the project, and of those in its documents.
@Suite struct ShippedProfileTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func shipped() throws -> [SourceFile] {
        let folder = root.appending(path: "Devices/profiles").path
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return try names.filter { $0.hasSuffix(".yaml") }.sorted().map {
            SourceFile(name: $0, text: try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8))
        }
    }

    /// The blocks of YAML in a document that are whole profiles.
    private static func documented(_ document: String) throws -> [SourceFile] {
        let text = try String(contentsOf: root.appending(path: document), encoding: .utf8)
        return text.components(separatedBy: "```yaml\n").dropFirst().compactMap { block in
            let yaml = String(block.prefix(upTo: block.range(of: "```")?.lowerBound ?? block.endIndex))
            return yaml.hasPrefix("profile:") ? SourceFile(name: document, text: yaml) : nil
        }
    }

    private static func failures(_ file: SourceFile) throws -> [String] {
        let profile = try Profile.read(file)
        return profile.vectors.flatMap { vector in
            vector.failures(of: profile).map { "\(file.name): \(profile.name), \(vector.name): \($0)" }
        }
    }

    @Test("every shipped profile is correct, says where it is from, and passes its vectors")
    func shipped() throws {
        let files = try Self.shipped()
        #expect(files.count >= 3)
        var names: Set<String> = []
        for file in files {
            #expect(try Self.failures(file) == [])
            let profile = try Profile.read(file)
            #expect(names.insert(profile.name).inserted, "\(profile.name) is there twice")
            #expect(!profile.summary.isEmpty, "\(profile.name) has no summary")
            #expect(!profile.vectors.isEmpty, "\(profile.name) has no vectors")
        }
    }

    @Test("the examples of the profile language are whole profiles that pass their vectors")
    func examples() throws {
        let files = try Self.documented("docs/profiles.md")
        #expect(files.count >= 8)
        for file in files {
            #expect(try Self.failures(file) == [])
            #expect(!(try Profile.read(file)).vectors.isEmpty)
        }
    }

    @Test("a vector that is wrong fails: another value, a missing reading, one too many, another time, a problem")
    func wrongVectors() throws {
        let head = """
            profile: p
            topic: t/{device}
            time: { pointer: /at, format: rfc3339 }
            readings: [ { quantity: rain, pointer: /r }, { quantity: temperature, pointer: /t } ]
            vectors:
              - { payload: '{"r": 1, "at": "2026-03-01T00:00:00Z"}',
            """
        for (rest, failure) in [
            ("gives: { rain: 2 mm } }", "rain must be 2 mm, and is 1 mm"),
            ("gives: { rain: 1, temperature: 5 } }", "temperature must be 5 degC, and is missing"),
            ("gives: nothing }", "rain is 1 mm, and must not be there"),
            ("gives: { rain: [1, 1] } }", "rain must be 1 mm, 1 mm, and is 1 mm"),
            (
                "gives: { rain: 1 }, time: \"2026-03-01T00:00:01Z\" }",
                "the time of rain must be 2026-03-01T00:00:01Z, and is 2026-03-01T00:00:00Z"
            ),
            ("gives: { rain: 1 }, problem: true }", "the payload must have a problem, and has none"),
            ("gives: { rain: 1 }, topic: u/x }", "the topic u/x is not one of the profile's"),
        ] {
            let profile = try Profile.read(SourceFile(name: "p.yaml", text: "\(head) \(rest)"))
            #expect(profile.vectors[0].failures(of: profile).first == failure)
        }
    }
}
