import Foundation
import TestSupport
import Testing

/// The lists of messages, as files.
@Suite struct RuleProblemTests {
    private static let folder = "Sources/RuleLanguage"

    /// The Swift files of the rule language below a folder.
    private static func files(_ folder: String = folder) throws -> [(name: String, text: String)] {
        let root = RepositoryRoot.path + "/" + folder
        let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
            (name, try String(contentsOfFile: root + "/" + name, encoding: .utf8))
        }
    }

    @Test("no message of the rule language is outside its lists")
    func oneList() throws {
        let others = try Self.files().filter { !$0.name.hasPrefix("Diagnostics/") }
        #expect(others.count > 20)
        for (name, text) in others {
            #expect(!text.contains("Diagnostic("), "\(name) makes a diagnostic of its own")
            #expect(!text.contains("report(\""), "\(name) has a message of its own")
        }
    }

    @Test("each list of messages is sorted by name")
    func sorted() throws {
        var count = 0
        for (name, text) in try Self.files(Self.folder + "/Diagnostics") where name.contains("+") {
            let names = text.matches(of: /\n    static (?:func|let) (\w+)/).map { String($0.1) }
            #expect(names == names.sorted { $0.lowercased() < $1.lowercased() }, "\(name)")
            count += names.count
        }
        #expect(count > 50)
    }
}
