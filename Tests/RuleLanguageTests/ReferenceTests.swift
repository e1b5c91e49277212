import Diagnostics
import Foundation
import RuleLanguage
import TestSupport
import Testing

/// The rule reference, held against the language.
@Suite struct ReferenceTests {
    static let reference: String = (try? RepositoryRoot.file("docs/rules.md").text) ?? ""

    /// The rule files on the page.
    static let texts: [String] = reference.components(separatedBy: "```yaml\n").dropFirst().compactMap {
        $0.components(separatedBy: "```").first
    }

    @Test("every example of the reference compiles without a warning", arguments: texts)
    func examples(text: String) throws {
        let counter = "  - { quantity: rain_total, pointer: /rain, unit: mm, counter: true }\nparameters:"
        let compiled = try SmallSite.compile(
            text, devices: SmallSite.inventory().split(separator: "\n").dropFirst(2).joined(separator: "\n"),
            profile: SmallSite.profile.replacingOccurrences(of: "parameters:", with: counter))
        #expect(compiled.warnings.isEmpty, "\(compiled.warnings.map { DiagnosticText.plain($0) })")
        #expect(!compiled.rules.isEmpty)
    }

    @Test("every function stands in the reference's table as the language has it, and in an example")
    func functions() {
        #expect(Self.texts.count >= 6)
        for function in Function.all {
            let row = "| `\(function.signature)` | \(function.summary) | \(function.cost) | \(function.memory) |"
            #expect(Self.reference.contains(row), "docs/rules.md lacks: \(row)")
            let isShown = Self.texts.contains { $0.contains("\(function.name)(") }
            #expect(
                isShown || ["count", "min", "sum", "first", "last", "delta"].contains(function.name),
                "\(function.name) has no example")
        }
    }

    @Test("every key of a rule stands in an example")
    func keys() {
        for key in RuleKey.allCases {
            #expect(Self.texts.contains { $0.contains("\(key.rawValue):") }, "\(key.rawValue)")
        }
    }
}
