internal import Devices
internal import Telemetry

/// Writes the draft of an inventory, for a person to check and to complete.
///
/// Devices that are certain or likely are written so that the gateway can read them. Anything that is not sure is a
/// comment, with what to check.
package struct InventoryStub {
    private static let columns = 118
    private static let topicsMax = 300
    private static let unheardMax = 12

    private let discovery: Discovery
    private let site: String
    private let source: String
    private var names: DeviceNames
    /// The topics of the devices so far: two devices share one only if their payloads name them.
    private var owners: [String: (id: String, isShared: Bool)] = [:]
    private var text = ""

    /// - Parameters:
    ///   - site: the site's name.
    ///   - source: where it was heard, when, and for how long: `localhost:1883, 2026-11-30T10:00:00Z, 60 s`.
    package static func text(_ discovery: Discovery, site: String, source: String) -> String {
        var stub = InventoryStub(discovery, site: site, source: source)
        stub.write()
        return stub.text
    }

    private init(_ discovery: Discovery, site: String, source: String) {
        self.discovery = discovery
        self.site = site
        self.source = source
        names = DeviceNames(taken: discovery.knownIDs)
    }

    private mutating func write() {
        comment("A draft of an inventory, written by tocsin discover: \(source).", indent: "")
        comment(
            """
            Check each device: its profile, what it measures and in which unit, and its interval. What is not sure is \
            a comment: remove the '# ' in front of its lines when you have checked it. The keys are in \
            docs/devices.md, 'The inventory'.
            """, indent: "")
        line("site: \(YAMLText.value(site))")
        line("devices:")
        let devices = discovery.devices.sorted { ($0.base, $0.key ?? "") < ($1.base, $1.key ?? "") }
        for device in devices { write(device) }
        if devices.isEmpty { comment("no device with a profile was heard", indent: "  ") }
        writeRest()
    }

    private mutating func write(_ found: FoundDevice) {
        guard let profile = discovery.profiles.first(where: { $0.name == found.profile.names[0] }) else { return }
        let device = StubDevice(found, profile, id: names.make(Self.wish(found)))
        let check = device.check ?? claim(device)
        line("")
        comment("heard on: \(found.shownTopic)", indent: "  ", isCut: true)
        if let sample = found.sample { comment("sample: \(cut(SampleText.line(sample)))", indent: "  ", isCut: true) }
        if let model = found.model { comment("model: \(model)", indent: "  ") }
        if let check {
            comment("check: \(check)", indent: "  ")
        } else {
            comment("\(found.profile.certainty.rawValue): \(found.profile.reason)", indent: "  ")
        }
        let unheard = device.unheard
        if !unheard.isEmpty {
            let more = unheard.count > Self.unheardMax ? ", …" : ""
            comment("not heard: \(unheard.prefix(Self.unheardMax).joined(separator: ", "))\(more)", indent: "  ")
        }
        if !found.profile.unread.isEmpty {
            comment("not read by the profile: \(found.profile.unread.joined(separator: ", "))", indent: "  ")
        }
        if found.interval == nil { comment("interval: not measured, the profile's is used", indent: "  ") }
        for text in device.lines() { line(check == nil ? "  \(text)" : "  # \(text)") }
    }

    /// Notes the topics of a device that can be read.
    /// - Returns: why it cannot be beside another device, if that is so.
    private mutating func claim(_ device: StubDevice) -> String? {
        for (topic, isShared) in device.topics {
            if let owner = owners[topic], !isShared || !owner.isShared {
                return "it has the topic \(topic) in common with '\(owner.id)', and one device can have it"
            }
        }
        for (topic, isShared) in device.topics { owners[topic] = (device.id, isShared) }
        return nil
    }

    /// The id that a device would have if nobody else had it.
    private static func wish(_ found: FoundDevice) -> String {
        let last = found.base.split(separator: "/").last.map(String.init) ?? "device"
        let name = found.labels["device"] ?? found.levelName ?? last
        if let key = found.key { return [found.model ?? name, key].joined(separator: "-").lowercased() }
        // A name says more than digits do.
        if let own = found.name, IdentifierText.isOpaque(name[...]),
            DeviceNames.isID(own.lowercased()) || own.count >= 3
        {
            return own.lowercased()
        }
        return name
    }

    // MARK: - What has no device

    private mutating func writeRest() {
        let rest = discovery.groups.filter {
            $0.profile.names.isEmpty && $0.known.isEmpty && $0.family.role == .readings
        }
        let known = Set(discovery.groups.flatMap(\.known)).count
        if known > 0 {
            comment("Already in the inventory: \(known) of the devices that were heard.", indent: "", gap: true)
        }
        guard !rest.isEmpty else { return }
        comment("Topics without a profile:", indent: "", gap: true)
        for group in rest.prefix(Self.topicsMax) {
            let model = group.models.first.map { ", model \($0)" } ?? ""
            comment("\(group.pattern): \(group.family.family.name)\(model), \(group.rate)", indent: "")
            comment("  \(group.profile.reason)", indent: "")
        }
        if rest.count > Self.topicsMax { comment("and \(rest.count - Self.topicsMax) more", indent: "") }
    }

    // MARK: - Lines

    private mutating func line(_ text: String) { self.text += text + "\n" }

    /// Writes a comment, broken at spaces. Nothing in it ends its line.
    private mutating func comment(_ text: String, indent: String, isCut: Bool = false, gap: Bool = false) {
        if gap { line("") }
        let lead = text.prefix { $0 == " " }
        let width = Self.columns - indent.count - 2
        var current = String(lead)
        for word in SampleText.escaped(text).split(separator: " ") {
            if current.count > lead.count, current.count + 1 + word.count > width, !isCut {
                line("\(indent)# \(current)")
                current = String(lead)
            }
            current += (current.count == lead.count ? "" : " ") + word
        }
        line("\(indent)# \(current)")
    }

    private func cut(_ text: String) -> String {
        let width = Self.columns - 14
        return text.count > width ? text.prefix(width - 1) + "…" : text
    }
}
