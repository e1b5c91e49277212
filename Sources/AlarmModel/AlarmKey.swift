/// The rule and the group of an alarm: what its identity has without the time of the raise.
package struct AlarmKey: Hashable, Sendable, CustomStringConvertible {
    package var rule: String
    package var group: String

    package init(rule: String, group: String) { (self.rule, self.group) = (rule, group) }

    /// `rule/group`
    package var description: String { "\(rule)/\(group)" }

    /// The key as it begins an alarm's identity: `rule/group` of `rule/group@time`. A text without a time is its own
    /// key.
    package static func text(ofIdentity identity: String) -> String {
        identity.lastIndex(of: "@").map { String(identity[..<$0]) } ?? identity
    }
}
