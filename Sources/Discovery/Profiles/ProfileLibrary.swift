internal import Devices

/// The profiles that may read a topic, with the places that their devices would have in an inventory.
struct ProfileLibrary {
    /// How a topic belongs to a profile, the best first.
    enum Match: Int, Comparable {
        /// The topic is of the profile's pattern.
        case pattern
        /// The topic ends as one of the profile's messages does, below another beginning.
        case ending
        /// The payload is of the profile's family, on another topic.
        case family

        static func < (a: Match, b: Match) -> Bool { a.rawValue < b.rawValue }
    }

    /// A profile for a topic.
    struct Placement {
        let profile: Int
        /// The message of the profile that the topic is for.
        let message: Int
        let match: Match
        /// What stands in the place of the profile's topic: `topic` of the device in an inventory.
        let base: String
        /// The labels that the topic has in the places of the profile's patterns.
        let labels: [String: String]
        /// The topic to decode a payload with; `nil`: the profile's first one.
        let trialTopic: String?
    }

    /// What is looked up for every topic, prepared.
    private struct Entry {
        let base: TopicPattern?
        let messages: [Message]
        /// The families that the profile is for; `nil`: any.
        let families: [Family]?
    }

    private struct Message {
        let topic: TopicPattern
        /// The topic up to its first label.
        let start: String
        /// What is behind the profile's topic, if that has no labels.
        let ending: String?
    }

    let profiles: [Profile]
    private let entries: [Entry]

    init(_ profiles: [Profile]) {
        self.profiles = profiles
        entries = profiles.map { profile in
            Entry(
                base: TopicPattern(profile.baseTopic),
                messages: profile.messages.map { message in
                    let text = message.topic.text
                    let ending = text.dropFirst(profile.baseTopic.count)
                    let isBelow = !profile.baseTopic.isEmpty && text.hasPrefix(profile.baseTopic)
                    return Message(
                        topic: message.topic, start: String(text.prefix { $0 != "{" }),
                        ending: isBelow && ending.hasPrefix("/") && !ending.contains("{") ? String(ending) : nil)
                }, families: FamilyProfiles.families(profile.name))
        }
    }

    /// True if a profile is for a form of messages, and not for a model: its field names are common ones.
    func isGeneric(_ profile: Int) -> Bool {
        let name = profiles[profile].name
        return name.hasPrefix("generic-") || Self.conventions.contains(name)
            || profiles[profile].messages.allSatisfy(\.format.isSenML)
    }

    /// Shipped profiles for conventions of several makers.
    private static let conventions: Set<String> = [
        "thingsboard-device", "thingsboard-gateway", "homie-node", "emqx-neuron", "domoticz-thermometer",
    ]

    /// Returns the profiles that may read a topic.
    func placements(_ topic: String, _ family: FamilyGuess) -> [Placement] {
        // A profile of Sparkplug names the topic of the data. Births and deaths belong to it.
        let named = SparkplugFamily.dataTopic(topic) ?? topic
        return profiles.indices.flatMap { profile -> [Placement] in
            if let placement = byPattern(named, profile, heardOn: topic) { return [placement] }
            guard entries[profile].families?.contains(family.family) ?? true else { return [] }
            if let placement = byEnding(topic, profile) { return [placement] }
            guard FamilyProfiles.reads(profiles[profile], family.family) else { return [] }
            return [
                Placement(profile: profile, message: 0, match: .family, base: topic, labels: [:], trialTopic: nil)
            ]
        }
    }

    /// - Parameter heard: the topic of the payload, if a profile names another one for it.
    private func byPattern(_ topic: String, _ profile: Int, heardOn heard: String) -> Placement? {
        for (index, message) in entries[profile].messages.enumerated() where topic.hasPrefix(message.start) {
            guard let labels = message.topic.labels(of: topic) else { continue }
            return Placement(
                profile: profile, message: index, match: .pattern, base: entries[profile].base?.topic(labels) ?? topic,
                labels: labels, trialTopic: heard)
        }
        return nil
    }

    private func byEnding(_ topic: String, _ profile: Int) -> Placement? {
        for (index, message) in entries[profile].messages.enumerated() {
            guard let ending = message.ending, topic.hasSuffix(ending), topic.count > ending.count else { continue }
            let labels = Dictionary(message.topic.labels.map { ($0, "x") }) { first, _ in first }
            guard let trialTopic = message.topic.topic(labels) else { continue }
            return Placement(
                profile: profile, message: index, match: .ending, base: String(topic.dropLast(ending.count)),
                labels: [:], trialTopic: trialTopic)
        }
        return nil
    }
}

/// Which profiles are for which family.
enum FamilyProfiles {
    /// The beginnings of the shipped profiles' names that are for one family only.
    private static let prefixes: [(prefix: String, families: [Family])] = [
        ("zigbee2mqtt-", [.zigbee2MQTT]), ("tasmota-", [.tasmota]), ("shelly-", [.shellyGen1, .shellyGen2]),
        ("homie-", [.homie4]), ("weewx-", [.weeWX]), ("ecowitt-", [.ecowitt]), ("rtl-433-", [.rtl433]),
        ("thingsboard-", [.thingsBoard]), ("domoticz-", [.domoticz]),
    ]

    /// Returns the families whose messages a profile may read below another topic than its own; `nil`: any.
    static func families(_ name: String) -> [Family]? { prefixes.first { name.hasPrefix($0.prefix) }?.families }

    /// Returns whether a profile of one topic may read messages of a family on any topic.
    static func reads(_ profile: Profile, _ family: Family) -> Bool {
        if family.isNetworkServer { return profile.messages.contains { $0.envelope != nil } }
        switch family {
        case .zigbee2MQTT: return profile.name.hasPrefix("zigbee2mqtt-")
        case .ecowitt: return profile.name.hasPrefix("ecowitt-")
        case .senMLJSON: return profile.messages.allSatisfy { if case .senml = $0.format { true } else { false } }
        case .senMLCBOR: return profile.messages.allSatisfy { if case .senmlCBOR = $0.format { true } else { false } }
        // Only forms that name their values: a column or a number alone could be anything.
        case .json: return profile.name == "generic-json"
        case .keyValue: return profile.name == "generic-key-value"
        default: return false
        }
    }
}
