internal import Devices
internal import Telemetry

/// A device as it is written into a stub of an inventory.
struct StubDevice {
    let id: String
    let found: FoundDevice
    let profile: Profile
    /// `nil`: the topic follows from the profile's pattern and the id.
    let topic: String?
    /// The labels that the patterns of the profile's messages need.
    let labels: [(name: String, value: String)]
    /// All topics that the device would have, each with whether its payloads name their device.
    let topics: [(topic: String, isShared: Bool)]
    /// Why the topics cannot be written into an inventory, if that is so.
    let obstacle: String?

    init(_ found: FoundDevice, _ profile: Profile, id: String) {
        (self.id, self.found, self.profile) = (id, found, profile)
        let base = TopicPattern(profile.baseTopic)
        let own = base?.topic(["device": id]) == found.base || profile.baseTopic.isEmpty ? nil : found.base
        topic = own
        var values = found.labels
        values["device"] = id
        let rests = profile.messages.map { Self.rest($0.topic, below: profile.baseTopic) }
        var needed = Set(rests.flatMap { $0.pattern?.labels ?? [] })
        if own == nil, let base { needed.formUnion(base.labels) }
        needed.remove("device")
        labels = needed.sorted().compactMap { name in values[name].map { (name, $0) } }
        let made = zip(profile.messages, rests).compactMap { message, rest -> (topic: String, isShared: Bool)? in
            let start = rest.isBelow ? found.base : ""
            let end = rest.pattern.map { $0.topic(values) } ?? ""
            return end.map { (start + $0, message.selector != nil) }
        }
        topics = made
        let missing = needed.subtracting(values.keys).sorted()
        if !missing.isEmpty {
            obstacle = "the profile's topics have the label \(missing.joined(separator: ", ")), which was not heard"
        } else if made.count < profile.messages.count || own?.contains(where: { "{}".contains($0) }) == true {
            obstacle = "the topic has a character that a label cannot have"
        } else {
            obstacle = nil
        }
    }

    /// What a message's topic has behind the profile's topic, and whether it is below that at all.
    private static func rest(_ pattern: TopicPattern, below base: String) -> (pattern: TopicPattern?, isBelow: Bool) {
        guard pattern.text.hasPrefix(base), !base.isEmpty else { return (pattern, false) }
        return (TopicPattern(String(pattern.text.dropFirst(base.count))), true)
    }

    /// Why the device should not be used before somebody has looked at it; `nil` if it may be.
    var check: String? { obstacle ?? (found.profile.certainty == .unsure ? found.profile.reason : nil) }

    /// The lines of its mapping in YAML, without indentation.
    func lines() -> [String] {
        var lines = ["- id: \(YAMLText.value(id))"]
        let others = found.profile.names.dropFirst().joined(separator: ", ")
        lines.append("  profile: \(YAMLText.value(profile.name))\(others.isEmpty ? "" : "   # or \(others)")")
        if let topic { lines.append("  topic: \(YAMLText.value(topic))") }
        if let key = found.key, key != id { lines.append("  key: \(YAMLText.value(key))") }
        if !labels.isEmpty {
            let texts = labels.map { "\(YAMLText.value($0.name)): \(YAMLText.value($0.value))" }
            lines.append("  labels: { \(texts.joined(separator: ", ")) }")
        }
        if let interval = found.interval { lines.append("  interval: \(NiceInterval.rounded(interval))") }
        let heard = heardQuantities
        if !heard.isEmpty, heard.count < readable.count {
            lines.append("  quantities: [\(heard.joined(separator: ", "))]")
        }
        return lines
    }

    /// The quantities that the profile reads from payloads. Every device has `online`, so nobody names it.
    private var readable: [String] {
        profile.fields.filter { $0.source.isInPayload && $0.quantity != Profile.online }.map(\.quantity.name)
    }

    private var heardQuantities: [String] {
        let heard = Set(found.profile.quantities)
        return readable.filter(heard.contains)
    }

    /// The quantities that the profile could read and that did not come.
    var unheard: [String] {
        let heard = Set(found.profile.quantities)
        return readable.filter { !heard.contains($0) }
    }
}
