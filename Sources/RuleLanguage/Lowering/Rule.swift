package import AlarmModel
package import Diagnostics
package import RulePlan
internal import Telemetry

/// A checked rule: its program, and everything that messages say about it.
package struct Rule: Sendable {
    package var name: String
    package var hazard: String
    package var summary: SummaryTemplate
    /// The sentence at the end of an alarm; `nil`: the summary.
    package var cleared: SummaryTemplate?
    package var forEach: [String]
    package var levels: [RuleLevel]
    package var escalate: String?
    package var labels: [String: String]
    package var runbook: String?
    /// The location of the rule's name.
    package var location: SourceLocation
    /// Set if the rule came with the gateway, and not from a file of the site.
    package var isBuiltIn: Bool { location.file.hasPrefix(SourceFile.builtInPrefix) }
    /// A fingerprint of the rule's file.
    package var version: String
    /// A fingerprint of the rule's groups, devices and conditions. Its name, its texts and the names of its levels do
    /// not count.
    package var conditionsVersion = ""
    package var program: Program
    var operands: [MeasuredQuantity]
    var ballots: [Ballot]
    var tallies: [TallySource]
    var parameters: ProgramParameters
    /// The conditions of the levels, lowest first.
    var conditions: [ExplainedCondition]
    var clear: ExplainedCondition?
    var suppress: ExplainedCondition?
    /// The names of `let`, with their expressions.
    var definitions: [(name: String, text: String)] = []
    /// The instruction for people in danger, in the language of the rule file.
    package var instruction: String?
    /// The rule's texts in other languages, by their tag (RFC 5646).
    package var translations: [String: Translation] = [:]
}

/// The texts of a rule in another language.
package struct Translation: Sendable {
    package var hazard: String?
    package var summary: SummaryTemplate?
    package var instruction: String?
}

/// A level that a rule uses.
package struct RuleLevel: Sendable, Hashable {
    package var level: Level
    package var name: String
}

/// A condition as the compiler understood it, and the comparisons that decide it.
struct ExplainedCondition: Sendable {
    var text: String
    var comparisons: [LoweredComparison]
    /// The condition that ends a level, if the rule has an `until` for it.
    var until: (text: String, comparisons: [LoweredComparison])?
}
