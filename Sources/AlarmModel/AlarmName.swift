/// A person's text that names an alarm: its identity `rule/group@time`, its key `rule/group`, or the beginning of
/// either.
///
/// A beginning ends where a part of the name ends: `high-water`, `high-water/s7` and `high-water/s7@2026-11-25` name
/// `high-water/s7@2026-11-25T13:17:51Z`, but `high-water/s` does not. An exact name takes precedence over a beginning.
package struct AlarmName: Sendable {
    /// An alarm, or a key, that the name may mean.
    package struct Candidate<Value> {
        package var value: Value
        /// `rule/group@time`; `nil` for a key without an alarm.
        package var identity: String?
        package var key: AlarmKey
        /// Set if the alarm has not ended. It is preferred among several with one key.
        package var isActive: Bool

        package init(_ value: Value, identity: String?, key: AlarmKey, isActive: Bool) {
            (self.value, self.identity, self.key, self.isActive) = (value, identity, key, isActive)
        }

        fileprivate var name: String { identity ?? key.description }
    }

    /// The largest number of candidates that a message lists.
    package static let listedMax = 10

    package let text: String

    package init(_ text: String) { self.text = text }

    /// Returns the one candidate that the name means.
    /// - Parameter missing: the error's text if there is none.
    /// - Throws: if there is none, or more than one.
    package func only<Value>(of candidates: [Candidate<Value>], missing: String) throws(OperatorError) -> Value {
        let found = matches(among: candidates)
        if found.count == 1 { return found[0].value }
        guard found.isEmpty else {
            throw OperatorError("'\(text)' may be \(found.count) alarms: \(Self.list(found.map(\.name)))")
        }
        let near = text.isEmpty ? [] : candidates.map(\.name).filter { $0.hasPrefix(text) }
        let hint =
            near.isEmpty ? "" : "; a name is written to the end of one of its parts, and there are \(Self.list(near))"
        throw OperatorError(missing + hint)
    }

    /// Returns all candidates that the name may mean. An exact name selects only the candidates that have it.
    package func matches<Value>(among candidates: [Candidate<Value>]) -> [Candidate<Value>] {
        let exact = candidates.filter { $0.identity == text }
        if !exact.isEmpty { return exact }
        let here = candidates.filter { $0.key.description == text }
        if !here.isEmpty {
            let active = here.filter(\.isActive)
            return active.isEmpty ? here : active
        }
        return candidates.filter { begins($0.name) || begins($0.key.description) }
    }

    /// Returns whether a name begins with this text, and one of its parts ends there. An identity keeps the group's
    /// name from the time of the raise, even if the group has a new name now.
    private func begins(_ name: String) -> Bool {
        guard !text.isEmpty, name.hasPrefix(text), let next = name.dropFirst(text.count).first else { return false }
        let isInTime = name.contains("@") && text.count > AlarmKey.text(ofIdentity: name).count
        return isInTime ? "-T:.Z".contains(next) : "/,@".contains(next)
    }

    /// `a, b, c and 12 more`
    package static func list(_ names: [String]) -> String {
        let sorted = names.sorted()
        let listed = sorted.prefix(listedMax).joined(separator: ", ")
        return sorted.count > listedMax ? "\(listed) and \(sorted.count - listedMax) more" : listed
    }
}
