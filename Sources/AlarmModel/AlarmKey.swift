/// The rule and the group of an alarm. Together with the time of the raise they make its identity.
package struct AlarmKey: Hashable, Sendable, CustomStringConvertible {
    package var rule: String
    package var group: String

    package init(rule: String, group: String) { (self.rule, self.group) = (rule, group) }

    /// `rule/group`
    package var description: String { "\(rule)/\(group)" }

    /// Returns the key at the beginning of an alarm's identity: `rule/group` for `rule/group@time`. A text without a
    /// time is its own key.
    package static func text(ofIdentity identity: String) -> String {
        identity.lastIndex(of: "@").map { String(identity[..<$0]) } ?? identity
    }
}
