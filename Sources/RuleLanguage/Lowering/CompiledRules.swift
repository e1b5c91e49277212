package import Diagnostics
package import RulePlan

/// The rules of a gateway, ready to run.
package struct CompiledRules: Sendable {
    package var plan: Plan
    package var rules: [Rule]
    /// The descriptions of the plan's instances, in the plan's order.
    package var instances: [RuleInstance]
    package var warnings: [Diagnostic]
}

/// A rule in one group. It describes the instance of the same index in the plan.
package struct RuleInstance: Sendable {
    /// The index of the rule in ``CompiledRules/rules``.
    package var rule: Int
    /// The values of the rule's `for_each` labels, joined by `,`. With the rule's name it is the alarm's key.
    package var group: String
    /// The labels that all devices of the group share, with the rule's own.
    package var labels: [String: String]
    package var devices: [String]
    /// Set for a sensor's part in a vote, which is not an alarm.
    package var isBallot = false
    /// The devices that are in maintenance, in part or completely. Their measurements are left out.
    package var maintained: [String] = []
}
