/// What a person writes to name an alarm: its identity `rule/group@time`, its place `rule/group`, or the beginning of
/// either.
///
/// A beginning ends where a part of the name ends: `high-water`, `high-water/s7` and `high-water/s7@2026-11-25` name
/// `high-water/s7@2026-11-25T13:17:51Z`, and `high-water/s` does not. What is exact goes before what is a beginning.
package struct AlarmName: Sendable {
    /// An alarm, or a place, that may be meant.
    package struct Candidate<Value> {
        package var value: Value
        /// `rule/group@time`; `nil` for a place without an alarm.
        package var identity: String?
        /// `rule/group`
        package var place: String
        /// Whether the alarm has not ended: of several at one place this one is meant.
        package var isActive: Bool

        package init(_ value: Value, identity: String?, place: String, isActive: Bool) {
            (self.value, self.identity, self.place, self.isActive) = (value, identity, place, isActive)
        }

        fileprivate var name: String { identity ?? place }
    }

    /// How many candidates a message lists at most.
    package static let listedMax = 10

    package let text: String

    package init(_ text: String) { self.text = text }

    /// The one candidate that is meant.
    /// - Parameter missing: what to say if there is none: `there is no alarm 'x' that waits for anyone`.
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

    /// All candidates that may be meant: of an exact name only those that have it.
    package func matches<Value>(among candidates: [Candidate<Value>]) -> [Candidate<Value>] {
        let exact = candidates.filter { $0.identity == text }
        if !exact.isEmpty { return exact }
        let here = candidates.filter { $0.place == text }
        if !here.isEmpty {
            let active = here.filter(\.isActive)
            return active.isEmpty ? here : active
        }
        return candidates.filter { begins($0.name) || begins($0.place) }
    }

    /// The place of an alarm's identity: `rule/group` of `rule/group@time`. A text without a time is returned whole.
    package static func place(ofIdentity identity: String) -> String {
        identity.lastIndex(of: "@").map { String(identity[..<$0]) } ?? identity
    }

    /// Whether a name begins with this text, and one of its parts ends there. An identity keeps the place that its
    /// alarm was raised at, whatever that is called now.
    private func begins(_ name: String) -> Bool {
        guard !text.isEmpty, name.hasPrefix(text), let next = name.dropFirst(text.count).first else { return false }
        let isInTime = name.contains("@") && text.count > Self.place(ofIdentity: name).count
        return isInTime ? "-T:.Z".contains(next) : "/,@".contains(next)
    }

    /// `a, b, c and 12 more`
    package static func list(_ names: [String]) -> String {
        let sorted = names.sorted()
        let listed = sorted.prefix(listedMax).joined(separator: ", ")
        return sorted.count > listedMax ? "\(listed) and \(sorted.count - listedMax) more" : listed
    }
}
