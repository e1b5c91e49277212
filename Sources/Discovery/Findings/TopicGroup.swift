package import Telemetry

/// Topics of one kind, which differ only in the level that names the device.
package struct TopicGroup: Sendable {
    /// The topic, with `+` in the place of the device if there is more than one: a filter that matches them all.
    package let pattern: String
    package private(set) var topics: [DiscoveredTopic]

    init(_ pattern: String, _ topics: [DiscoveredTopic]) {
        self.pattern = pattern
        self.topics = topics
    }

    /// What all of its topics have in common.
    package var family: FamilyGuess { shown.family }
    package var profile: ProfileGuess { shown.profile }

    /// The topic whose payload stands for all: one that is alive, if any is.
    package var shown: DiscoveredTopic { topics.first { !$0.record.isRetainedOnly } ?? topics[0] }

    /// The number of devices: topics, or devices that share a topic.
    package var devices: Int { topics.map { max(1, $0.keys.count) }.reduce(0, +) }

    package var messages: Int { topics.map(\.record.messages).reduce(0, +) }
    package var retained: Int { topics.map(\.record.retained).reduce(0, +) }
    package var isRetainedOnly: Bool { topics.allSatisfy(\.record.isRetainedOnly) }
    package var first: Instant { topics.map(\.record.first).min() ?? .distantPast }
    package var last: Instant { topics.map(\.record.last).max() ?? .distantPast }
    package var largestBytes: Int { topics.map(\.record.largestBytes).max() ?? 0 }
    /// The models that are known of its devices, each once.
    package var models: [String] { Set(topics.compactMap(\.family.model)).sorted() }
    /// The reasons of the guessed profiles, each once: those of single devices may differ.
    package var profileReasons: [String] {
        var seen: Set<String> = []
        return topics.map(\.profile.reason).filter { seen.insert($0).inserted }
    }
    /// The devices of the inventory among them.
    package var known: [String] { topics.compactMap(\.knownAs) }

    /// The median of the topics' intervals; `nil` if none has one.
    package var interval: TimeSpan? {
        let intervals = topics.compactMap(\.interval).sorted()
        return intervals.isEmpty ? nil : intervals[(intervals.count - 1) / 2]
    }
}

extension TopicGroup {
    /// How often messages come: `every 60 s`, `12 a second`, `3 messages`, `retained only`.
    package var rate: String {
        if isRetainedOnly { return "retained only" }
        guard let interval, interval > .zero else { return messages == 1 ? "1 message" : "\(messages) messages" }
        guard interval < .milliseconds(500) else {
            return "every \(TimeSpanText.spoken(NiceInterval.shown(interval)))"
        }
        return "\(NumberText.short((1 / interval.seconds).rounded())) a second"
    }
}
