/// An MQTT filter, in which `+` matches any one level. `#` is not used.
package struct TopicFilter: Sendable, Hashable {
    package let text: String
    private let levels: [Substring]

    package init(_ text: String) {
        self.text = text
        levels = text.split(separator: "/", omittingEmptySubsequences: false)
    }

    /// Returns whether this filter matches a topic, or every topic that another filter matches.
    package func covers(_ other: TopicFilter) -> Bool {
        agrees(other) { own, level in own == level || own == "+" }
    }

    /// Returns whether there is a topic that both filters match.
    package func overlaps(_ other: TopicFilter) -> Bool {
        agrees(other) { own, level in own == level || own == "+" || level == "+" }
    }

    /// A wildcard in the first level does not match a topic that begins with a dollar (MQTT v5, 4.7.2).
    private func agrees(_ other: TopicFilter, _ isMatch: (Substring, Substring) -> Bool) -> Bool {
        guard levels.count == other.levels.count else { return false }
        for (index, (own, level)) in zip(levels, other.levels).enumerated() {
            guard isMatch(own, level) else { return false }
            if index == 0, own != level, own.hasPrefix("$") || level.hasPrefix("$") { return false }
        }
        return true
    }
}

/// The filters that a site subscribes to.
///
/// No two of them match the same topic, because a broker may send a message once for each subscription that it matches
/// (MQTT v5, 3.3.4).
struct FilterChoice {
    /// Sorted by text.
    private(set) var filters: [String] = []
    /// Filters of devices or profiles that are not needed beside ``filters``.
    private(set) var leftOut: [String] = []

    /// - Parameter devices: each device's topic, and the filter of its profile's pattern if the topic came from that.
    init(_ devices: [(topic: String, pattern: String?)]) {
        var counts: [String: Int] = [:]
        for device in devices { if let pattern = device.pattern { counts[pattern, default: 0] += 1 } }
        var patterns = counts.keys.sorted().map(TopicFilter.init)
        let all = patterns
        patterns.removeAll { pattern in all.contains { $0 != pattern && $0.covers(pattern) } }
        // If two filters overlap, the one with fewer devices is replaced by the topics of its devices.
        while let loser = Self.conflicting(patterns).min(by: {
            (counts[$0.text] ?? 0, $0.text) < (counts[$1.text] ?? 0, $1.text)
        }) {
            patterns.removeAll { $0 == loser }
        }
        var chosen = Set(patterns.map(\.text))
        for device in devices {
            let topic = TopicFilter(device.topic)
            if !patterns.contains(where: { $0.covers(topic) }) { chosen.insert(device.topic) }
        }
        filters = chosen.sorted()
        leftOut = Set(devices.map { $0.pattern ?? $0.topic }).subtracting(chosen).sorted()
    }

    private static func conflicting(_ patterns: [TopicFilter]) -> [TopicFilter] {
        patterns.filter { pattern in patterns.contains { $0 != pattern && $0.overlaps(pattern) } }
    }
}
