internal import Devices

/// Puts topics together that differ only in the level that names the device.
///
/// Which level that is comes from the family, or from the profile. Otherwise it is the last level that looks like an
/// identifier. Among topics that are left, those of one kind with the same names in their JSON, or with plain values on
/// topics that end alike, are devices of a kind.
struct TopicGrouping {
    /// What topics of a group have in common.
    private struct Kind: Hashable {
        let family: Family
        let role: FamilyGuess.Role
        let certainty: Certainty
        let profiles: [String]
        let profileCertainty: Certainty
        let isRetainedOnly: Bool
        let isKnown: Bool

        init(_ topic: DiscoveredTopic) {
            family = topic.family.family
            role = topic.family.role
            certainty = topic.family.certainty
            profiles = topic.profile.names
            profileCertainty = topic.profile.certainty
            isRetainedOnly = topic.record.isRetainedOnly
            isKnown = topic.knownAs != nil
        }
    }

    private struct Key: Hashable {
        let pattern: String
        let kind: Kind
        /// The names of the payload's members, for topics that have only these in common.
        var names: [String] = []
    }

    private let devicePatterns: [TopicPattern]

    init(_ profiles: [Profile]) { devicePatterns = profiles.flatMap(\.messages).map(\.topic) }

    /// Returns the groups in the order of their patterns.
    func groups(_ topics: [DiscoveredTopic]) -> [TopicGroup] {
        var groups: [Key: [DiscoveredTopic]] = [:]
        var rest: [DiscoveredTopic] = []
        for topic in topics {
            if let pattern = pattern(topic) {
                groups[Key(pattern: pattern, kind: Kind(topic)), default: []].append(topic)
            } else {
                rest.append(topic)
            }
        }
        for (key, topic) in siblings(rest) { groups[key, default: []].append(topic) }
        return groups.map { key, topics in
            TopicGroup(topics.count == 1 ? topics[0].record.topic : key.pattern, topics)
        }.sorted { ($0.pattern, $0.profile.names.first ?? "") < ($1.pattern, $1.profile.names.first ?? "") }
    }

    /// The topic with `+` in the level of the device; `nil` if no level looks like one.
    private func pattern(_ topic: DiscoveredTopic) -> String? {
        let levels = topic.record.topic.split(separator: "/", omittingEmptySubsequences: false)
        let level =
            topic.family.deviceLevel ?? levels.lastIndex(where: IdentifierText.isIdentifier)
            ?? profileLevel(topic, levels)
        guard let level, levels.indices.contains(level) else { return nil }
        return Self.replacing(level, in: levels)
    }

    /// The level that the profile's pattern has a device in.
    private func profileLevel(_ topic: DiscoveredTopic, _ levels: [Substring]) -> Int? {
        guard !topic.profile.names.isEmpty else { return nil }
        for pattern in devicePatterns {
            guard let name = pattern.labels(of: topic.record.topic)?["device"] else { continue }
            let parts = pattern.text.split(separator: "/", omittingEmptySubsequences: false)
            if let level = parts.firstIndex(where: { $0.contains("{device}") }), level < levels.count,
                levels[level].contains(name)
            {
                return level
            }
        }
        return nil
    }

    /// Groups topics whose JSON has the same names, and that differ in one level.
    private func siblings(_ topics: [DiscoveredTopic]) -> [(Key, DiscoveredTopic)] {
        var counts: [Key: Int] = [:]
        let choices = topics.map { topic -> [Key] in
            let levels = topic.record.topic.split(separator: "/", omittingEmptySubsequences: false)
            guard levels.count >= 2, topic.family.role == .readings else { return [] }
            let names = topic.sample.flatMap { PayloadKind($0).node?.object?.keys.sorted() } ?? []
            // The last level of a plain value names what is measured, and not the device.
            return levels.indices.dropLast(names.isEmpty ? 1 : 0).reversed().map {
                Key(pattern: Self.replacing($0, in: levels), kind: Kind(topic), names: names)
            }
        }
        for key in choices.joined() { counts[key, default: 0] += 1 }
        return zip(topics, choices).map { topic, keys in
            let best = keys.max { counts[$0, default: 0] < counts[$1, default: 0] }
            let alone = Key(pattern: topic.record.topic, kind: Kind(topic))
            return (best.flatMap { counts[$0, default: 0] >= 2 ? $0 : nil } ?? alone, topic)
        }
    }

    private static func replacing(_ level: Int, in levels: [Substring]) -> String {
        var levels = levels
        levels[level] = "+"
        return levels.joined(separator: "/")
    }
}
