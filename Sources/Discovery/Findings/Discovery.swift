package import Devices

/// What was found at a broker: topics in groups, and devices with their probable profiles.
package struct Discovery: Sendable {
    package let groups: [TopicGroup]
    package let devices: [FoundDevice]
    /// The profiles that were tried.
    let profiles: [Profile]
    /// The ids of the inventory's devices.
    let knownIDs: Set<String>

    /// Guesses what the heard topics are.
    /// - Parameters:
    ///   - profiles: the profiles to try.
    ///   - zigbeeBases: the base topics of Zigbee2MQTT that are known.
    ///   - known: the devices of the inventory, if there is one.
    package init(
        _ heard: ListeningResult, profiles: [Profile], zigbeeBases: [String] = ["zigbee2mqtt"], known: [Device] = []
    ) {
        let records = heard.census.records
        self.profiles = profiles
        knownIDs = Set(known.map(\.id))
        let families = FamilyGuesser(topics: records.map(\.topic), zigbeeBases: zigbeeBases, models: heard.models)
        let guesses = records.map { families.guess($0) }
        var guesser = ProfileGuesser(
            profiles, ProfileGuesser.Heard(records: records, families: guesses, keys: heard.keys))
        let outcome = guesser.guess()
        let names = Self.names(known)
        devices = outcome.devices.filter { device in
            !device.topics.contains { index in
                names[records[index].topic]?.contains { $0.key == nil || $0.key == device.key } ?? false
            }
        }
        let topics = Self.topics(records, guesses, outcome, names, hasProfiles: !profiles.isEmpty)
        groups = TopicGrouping(profiles).groups(topics)
    }

    /// The inventory's devices of each topic. The key is `nil` if the device has the topic for itself.
    private static func names(_ known: [Device]) -> [String: [(id: String, key: String?)]] {
        var names: [String: [(id: String, key: String?)]] = [:]
        for device in known {
            for (topic, message) in zip(device.topics, device.profile.messages) {
                names[topic, default: []].append((device.id, message.selector == nil ? nil : device.key))
            }
        }
        return names
    }

    private static func topics(
        _ records: [TopicRecord], _ families: [FamilyGuess], _ outcome: ProfileGuesser.Outcome,
        _ names: [String: [(id: String, key: String?)]], hasProfiles: Bool
    ) -> [DiscoveredTopic] {
        var devices: [Int: [FoundDevice]] = [:]
        for device in outcome.devices { for topic in device.topics { devices[topic, default: []].append(device) } }
        return records.indices.flatMap { index -> [DiscoveredTopic] in
            let known = names[records[index].topic]?.map(\.id).joined(separator: ", ")
            var topic = DiscoveredTopic(
                record: records[index], interval: records[index].interval, sample: records[index].sample,
                family: families[index],
                profile: outcome.reasons[index] ?? noProfile(families[index], hasProfiles: hasProfiles), knownAs: known)
            guard let found = devices[index], !found.isEmpty else { return [topic] }
            guard found.contains(where: { $0.key != nil }) else {
                topic.profile = found[0].profile
                // What is not read is of the topic that shows the device.
                if topic.record.topic != found[0].shownTopic { topic.profile.unread = [] }
                return [topic]
            }
            // A shared topic is shown once for each profile.
            return Dictionary(grouping: found) { $0.profile.names }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
                .map { _, devices in
                    topic.profile = devices[0].profile
                    topic.keys = devices.compactMap(\.key)
                    topic.sample = devices[0].sample
                    topic.interval = devices.compactMap(\.interval).sorted().first
                    return topic
                }
        }
    }

    private static func noProfile(_ family: FamilyGuess, hasProfiles: Bool) -> ProfileGuess {
        if family.role == .readings || family.role == .availability {
            let advice = ProfileAdvice.text(family.family)
            return ProfileGuess(
                hasProfiles ? "no profile reads it; \(advice)" : "there are no profiles to try; \(advice)")
        }
        return ProfileGuess("these are not readings")
    }
}
