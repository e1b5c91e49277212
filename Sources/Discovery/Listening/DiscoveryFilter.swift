/// A filter to listen with: an MQTT filter, with the wildcards `+` and `#`.
package struct DiscoveryFilter: Sendable, Hashable {
    package let text: String
    private let levels: [Substring]

    /// Every topic that does not begin with a dollar (MQTT v5, 4.7.2).
    package static let all = DiscoveryFilter(levels: ["#"])

    private init(levels: [Substring]) {
        self.levels = levels
        text = levels.joined(separator: "/")
    }

    /// Reads a filter.
    /// - Throws: ``DiscoveryFilterError`` if it is not one, or if listening with it would disturb others.
    package init(_ text: String) throws(DiscoveryFilterError) {
        let levels = text.split(separator: "/", omittingEmptySubsequences: false)
        guard !text.isEmpty else { throw DiscoveryFilterError("a filter is not empty: '#' is every topic") }
        guard text.utf8.count <= 65_535, !text.utf8.contains(0) else {
            throw DiscoveryFilterError("a filter has at most 65,535 bytes, and no zero byte")
        }
        if levels[0] == "$share" {
            throw DiscoveryFilterError(
                "a shared subscription takes messages away from others: leave out '$share' and the name of its group"
            )
        }
        if levels[0] == "$SYS" {
            throw DiscoveryFilterError("$SYS has the broker's own counts, and no devices")
        }
        for (index, level) in levels.enumerated() {
            if level.contains("#"), level != "#" || index != levels.count - 1 {
                throw DiscoveryFilterError("'#' stands alone in the last level of a filter: sensors/#")
            }
            if level.contains("+"), level != "+" {
                throw DiscoveryFilterError("'+' stands alone in its level of a filter: sensors/+/readings")
            }
        }
        self.init(levels: levels)
    }

    /// Returns whether this filter matches every topic that another one matches.
    func covers(_ other: DiscoveryFilter) -> Bool {
        if levels[0] == "#" || levels[0] == "+", other.levels[0].hasPrefix("$") { return false }
        for (index, level) in levels.enumerated() {
            // `a/#` also matches `a`.
            if level == "#" { return other.levels.count >= index }
            guard index < other.levels.count else { return false }
            let theirs = other.levels[index]
            guard theirs == level || (level == "+" && theirs != "#") else { return false }
        }
        return levels.count == other.levels.count
    }

    /// Returns whether there is a topic that both match. The broker may send its messages twice.
    func overlaps(_ other: DiscoveryFilter) -> Bool {
        for (own, theirs) in zip(levels, other.levels) {
            if own == "#" || theirs == "#" { return true }
            guard own == theirs || own == "+" || theirs == "+" else { return false }
        }
        let (shorter, longer) = levels.count < other.levels.count ? (levels, other.levels) : (other.levels, levels)
        return longer.count == shorter.count || (longer.count == shorter.count + 1 && longer.last == "#")
    }

    /// Leaves out the filters that others make unnecessary.
    package static func needed(of filters: [DiscoveryFilter]) -> [DiscoveryFilter] {
        var needed: [DiscoveryFilter] = []
        for filter in filters where !needed.contains(where: { $0.covers(filter) }) {
            needed.removeAll { filter.covers($0) }
            needed.append(filter)
        }
        return needed
    }

    /// Returns two filters that match a topic in common, if there are any.
    package static func overlap(in filters: [DiscoveryFilter]) -> (DiscoveryFilter, DiscoveryFilter)? {
        for (index, filter) in filters.enumerated() {
            if let other = filters[..<index].first(where: { $0.overlaps(filter) }) { return (other, filter) }
        }
        return nil
    }
}

/// The reason why a text cannot be a filter of a discovery.
package struct DiscoveryFilterError: Error, CustomStringConvertible, Sendable {
    package let description: String
    init(_ description: String) { self.description = description }
}
