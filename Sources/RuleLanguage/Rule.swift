package import AlarmModel
package import Diagnostics
package import RulePlan
internal import Telemetry

/// A rule that has been checked: its program, and everything that has to be said about it in words.
package struct Rule: Sendable {
    package var name: String
    package var hazard: String
    package var summary: SummaryTemplate
    /// What is said at the end of an alarm, if not the summary.
    package var cleared: SummaryTemplate?
    package var forEach: [String]
    package var levels: [RuleLevel]
    package var escalate: String?
    package var labels: [String: String]
    package var runbook: String?
    /// Where the rule stands.
    package var location: SourceLocation
    /// It came with the gateway, and not from a file of the site's.
    package var isBuiltIn: Bool { location.file.hasPrefix(SourceFile.builtInPrefix) }
    /// A fingerprint of the rule file that it was read from.
    package var version: String
    /// A fingerprint of what it asks for: groups, devices and conditions, without its own name, those of its levels,
    /// and texts.
    package var conditionsVersion = ""
    package var program: Program
    var operands: [MeasuredQuantity]
    var ballots: [Ballot]
    var tallies: [TallySource]
    /// The conditions of the levels, lowest first.
    var conditions: [ExplainedCondition]
    var clear: ExplainedCondition?
    var suppress: ExplainedCondition?
    /// What the names of `let` stand for.
    var definitions: [(name: String, text: String)] = []
    /// What people should do, in the language of the rule file.
    package var instruction: String?
    /// The rule's texts in other languages, by their tag (RFC 5646).
    package var translations: [String: Translation] = [:]
}

/// What a rule says in another language.
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

/// A condition as written, and the comparisons that decide it.
struct ExplainedCondition: Sendable {
    var text: String
    var comparisons: [LoweredComparison]
    /// Of a level: what ends it, where the rule says so by `until`.
    var until: (text: String, comparisons: [LoweredComparison])?
}

/// A rule in one group: what the instance of the same index in the plan is about.
package struct RuleInstance: Sendable {
    /// The index of the rule in ``CompiledRules/rules``.
    package var rule: Int
    /// The values of the rule's `for_each` labels, joined by `,`: with the rule's name, the alarm's key.
    package var group: String
    /// The labels that all devices of the group share, with the rule's own.
    package var labels: [String: String]
    package var devices: [String]
    /// Not an alarm, but a sensor's part in a vote of it.
    package var isBallot = false
    /// Those of the devices that are in maintenance, in part or as a whole: what they measure is left out.
    package var maintained: [String] = []
}

/// The rules of a gateway, ready to run.
package struct CompiledRules: Sendable {
    package var plan: Plan
    package var rules: [Rule]
    package var instances: [RuleInstance]
    package var warnings: [Diagnostic]
}
