package import Diagnostics
internal import Telemetry

extension Site {
    package typealias FileLoader = (_ path: String) throws(DiagnosticList) -> SourceFile

    /// For inventories that name no other file.
    package static func noFile(_ path: String) throws(DiagnosticList) -> SourceFile {
        throw DiagnosticList([
            Diagnostic(id: "missing-file", "there is no file \(path)")
        ])
    }

    /// Reads an inventory and the profiles that it names.
    /// - Parameter load: returns a file that the inventory names, by its path as it is written there.
    /// - Throws: ``DiagnosticList`` with all mistakes in all of the files.
    package static func read(
        inventory file: SourceFile, profiles files: [SourceFile], load: FileLoader = noFile
    ) throws(DiagnosticList) -> Site {
        let (site, problems) = try parse(inventory: file, profiles: files, load: load)
        guard problems.isEmpty, let site else { throw DiagnosticList(problems) }
        return site
    }

    /// Reads as much of an inventory as possible: returns the devices without mistakes, and the mistakes of the others.
    /// - Throws: ``DiagnosticList`` if the inventory is not YAML.
    package static func parse(
        inventory file: SourceFile, profiles files: [SourceFile], load: FileLoader = noFile
    ) throws(DiagnosticList) -> (site: Site?, problems: [Diagnostic]) {
        var problems: [Diagnostic] = []
        var profiles: [String: Profile] = [:]
        for file in files {
            do {
                let profile = try Profile.read(file)
                let place = profile.location ?? file.location(line: 1, column: 1)
                if let first = profiles.updateValue(profile, forKey: profile.name) {
                    problems.append(
                        .duplicate(
                            id: "duplicate-profile", "profiles", named: profile.name, at: place, first: first.location))
                }
            } catch {
                problems += error.diagnostics
            }
        }
        var reader = YAMLReader(try YAMLNode.parse(file), InventoryKey.self)
        let name = reader.required(InventoryKey.site)
        let zone = reader.scalar(InventoryKey.timeZone)
        let common = reader.strings(InventoryKey.labels)
        let parameters = Parameters(&reader, load: load)
        var devices: [Device] = []
        var seen: [String: SourceLocation] = [:]
        var topics = SharedTopics()
        for node in reader.items(InventoryKey.devices) {
            let parsed = Device.read(
                node, profiles: profiles, common: common, site: name?.string ?? "", problems: &problems)
            guard let (device, place) = parsed else { continue }
            if let first = seen[device.id] {
                problems.append(
                    .duplicate(id: "duplicate-device", "devices", named: device.id, at: place, first: first))
            } else {
                for problem in topics.add(device, seen) { problems.append(problem) }
            }
            guard seen[device.id] == nil else { continue }
            seen[device.id] = place
            devices.append(device)
            devices[devices.count - 1].parameters = parameters.of(device, own: device.parameters)
        }
        problems += parameters.strangers(among: devices.map(\.id))
        problems += Self.parameterDisagreements(devices, at: reader.node.location)
        problems += Self.disagreements(devices, at: reader.node.location)
        problems = (reader.finish() + problems).inSourceOrder()
        guard let name else { return (nil, problems) }
        let choice = Self.filters(devices)
        var site = Site(
            name: name.string, timeZone: zone?.string ?? "UTC", devices: devices, filters: choice.filters,
            leftOutFilters: choice.leftOut)
        site.timeZoneLocation = zone?.location
        return (site, problems)
    }

    /// Reports quantities that have one name and several units. A quantity has one unit, whichever profile it comes
    /// from.
    private static func disagreements(_ devices: [Device], at place: SourceLocation) -> [Diagnostic] {
        var units: [String: Unit] = [:]
        var reported: Set<String> = []
        var problems: [Diagnostic] = []
        for field in devices.flatMap(\.fields) {
            let unit = units[field.quantity.name, default: field.quantity.unit]
            units[field.quantity.name] = unit
            if unit.dimension != field.quantity.unit.dimension, reported.insert(field.quantity.name).inserted {
                problems.append(
                    Diagnostic(
                        id: "quantity-units",
                        "'\(field.quantity.name)' is \(unit.dimension.name) in one profile and \(field.quantity.unit.dimension.name) in another",
                        at: place))
            }
        }
        return problems
    }

    /// Reports parameters that have one name and several units.
    private static func parameterDisagreements(_ devices: [Device], at place: SourceLocation) -> [Diagnostic] {
        var first: [String: (dimension: Dimension, device: String)] = [:]
        var reported: Set<String> = []
        var problems: [Diagnostic] = []
        for device in devices {
            for (name, amount) in device.parameters.sorted(by: { $0.key < $1.key }) {
                let dimension = amount.unit?.dimension ?? .one
                let known = first[name] ?? (dimension, device.id)
                first[name] = known
                if known.dimension != dimension, reported.insert(name).inserted {
                    problems.append(
                        Diagnostic(
                            id: "parameter-units",
                            "the parameter '\(name)' is \(known.dimension.name) for '\(known.device)' and \(dimension.name) for '\(device.id)'",
                            at: device.location ?? place))
                }
            }
        }
        return problems
    }

    private static func filters(_ devices: [Device]) -> FilterChoice {
        FilterChoice(
            devices.flatMap { device in
                zip(device.topics, device.profile.messages).flatMap {
                    topic, message -> [(topic: String, pattern: String?)] in
                    let pattern = message.topic.topic(device.labels) == topic ? message.topic.filter : nil
                    if message.format.isSparkplug, let topic = SparkplugTopic(topic) {
                        return topic.filters(pattern: pattern)
                    }
                    return [(topic, pattern)]
                }
            })
    }
}

/// The topics of the devices so far, to find those that two devices share without a way to tell them apart.
private struct SharedTopics {
    private var owners: [String: (device: String, layout: MessageLayout)] = [:]
    private var keys: [String: String] = [:]

    /// Adds the topics of a device.
    mutating func add(_ device: Device, _ seen: [String: SourceLocation]) -> [Diagnostic] {
        var problems: [Diagnostic] = []
        for (topic, message) in zip(device.topics, device.profile.messages) {
            let owner = owners.updateValue((device.id, message), forKey: topic)
            if let selector = message.selector {
                let name = "\(topic)\u{0}\(selector)\u{0}\(device.key)"
                if let other = keys.updateValue(device.id, forKey: name), other != device.id {
                    problems.append(
                        Diagnostic(
                            id: "shared-key",
                            """
                            '\(device.id)' and '\(other)'\(place(of: other, seen)) have the same key, \(device.key), on \
                            the topic \(topic)
                            """,
                            at: device.location, hint: "give each a 'key' of its own"))
                }
            }
            guard let owner, owner.device != device.id, owner.layout.selector == nil || message.selector == nil,
                // Parts of one device may be devices here, and go together.
                !(owner.layout.isAvailability && message.isAvailability)
            else {
                continue
            }
            problems.append(
                Diagnostic(
                    id: "shared-topic",
                    """
                    '\(device.id)' and '\(owner.device)'\(place(of: owner.device, seen)) have the same topic, \(topic)
                    """,
                    at: device.location))
            break
        }
        return problems
    }

    private func place(of device: String, _ seen: [String: SourceLocation]) -> String {
        seen[device].map { " (\($0.fileAndLine))" } ?? ""
    }
}

extension Device {
    static func read(
        _ node: YAMLNode, profiles: [String: Profile], common: [(key: ScalarText, value: ScalarText)], site: String,
        problems: inout [Diagnostic]
    ) -> (device: Device, place: SourceLocation)? {
        var reader = YAMLReader(node, DeviceKey.self)
        defer { problems += reader.finish() }
        let id = reader.required(DeviceKey.id)
        var labels = Dictionary(common.map { ($0.key.string, $0.value.string) }) { $1 }
        for key in [DeviceKey.kind, .station, .area] {
            if let value = reader.string(key) { labels[key.rawValue] = value }
        }
        for entry in reader.strings(DeviceKey.labels) { labels[entry.key.string] = entry.value.string }
        labels["site"] = site
        let position = reader.position()
        let interval = reader.span(DeviceKey.interval)
        let silence = reader.silence()
        let clock = reader.node(DeviceKey.clock) == nil ? nil : ClockTolerance.read(&reader, DeviceKey.clock)
        let topicText = reader.scalar(DeviceKey.topic)
        let key = reader.string(DeviceKey.key)
        let units = reader.strings(DeviceKey.units)
        let ranges = reader.node(DeviceKey.plausible)
        let counters = reader.node(DeviceKey.counter)
        let quantities = reader.items(DeviceKey.quantities)
        let maintenance = reader.node(DeviceKey.maintenance)
        let parameters = reader.parameters(DeviceKey.parameters)
        guard let id, let profileName = reader.required(DeviceKey.profile) else { return nil }
        guard let profile = profiles[profileName.string] else {
            reader.report(
                "unknown-profile", "there is no device profile '\(profileName.string)'", at: profileName.location,
                hint: NearMiss.hint(for: profileName.string, among: profiles.keys))
            return nil
        }
        labels["device"] = id.string
        if let topic = topicText, topic.string.contains(where: { "+#".contains($0) }) {
            reader.report(
                "bad-topic", "a device publishes on one topic, without the wildcards + and #", at: topic.location)
        }
        var fields = reader.fields(of: profile, named: quantities)
        reader.apply(units: units, to: &fields)
        reader.applyCorrections(to: &fields)
        if let ranges { reader.apply(ranges: ranges, to: &fields) }
        reader.applyCalibrations(to: &fields)
        if let counters { reader.apply(counters: counters, to: &fields) }
        reader.applyQuality(to: &fields)
        reader.apply(silences: silence.ofQuantities, to: &fields)
        if let maintenance { reader.apply(maintenance: maintenance, to: &fields) }
        reader.checkSparkplug(topicText, profile)
        guard let topics = reader.topics(of: profile, topicText, labels) else {
            reader.report(
                "no-topic",
                """
                the topic of '\(id.string)' cannot be made from \(profile.topic.text): a label is missing, or has \
                one of / + # in it
                """,
                at: id.location)
            return nil
        }
        let expected = interval ?? profile.interval
        reader.checkQuality(fields, interval: expected, at: id.location)
        let device = Device(
            id: id.string, profile: profile, topics: topics, key: key ?? id.string, labels: labels, position: position,
            interval: expected,
            silence: silence.ofDevice ?? profile.silence(at: expected),
            clock: clock ?? profile.clock, fields: fields, parameters: parameters, location: id.location)
        return (device, id.location)
    }
}

extension Profile {
    /// Returns the silence of a device of this model that has its own interval. The profile's silence applies if it is
    /// longer than the interval; otherwise the silence is three intervals. A shorter one would be reached between any
    /// two messages.
    fileprivate func silence(at interval: TimeSpan) -> TimeSpan {
        isSilenceStated && interval < silence ? silence : interval * 3
    }
}

extension YAMLReader {
    /// Returns the fields of a profile that a device has: all of them, or those that its `quantities` name.
    fileprivate mutating func fields(of profile: Profile, named quantities: [YAMLNode]) -> [Profile.Field] {
        guard !quantities.isEmpty else { return profile.fields }
        let wanted = quantities.compactMap(\.scalar)
        for name in wanted where profile.fields.first(where: { $0.quantity.name == name.string }) == nil {
            report(
                "unknown-quantity", "the profile '\(profile.name)' has no reading of '\(name.string)'",
                at: name.location,
                hint: NearMiss.hint(for: name.string, among: profile.fields.map(\.quantity.name)))
        }
        return profile.fields.filter { field in
            !field.source.isInPayload || field.quantity == Profile.online
                || wanted.contains { $0.string == field.quantity.name }
        }
    }

    /// Reports a topic of a device's own that is not one of Sparkplug's data, or not of the kind of sender that the
    /// profile is for.
    fileprivate mutating func checkSparkplug(_ own: ScalarText?, _ profile: Profile) {
        guard let own, let message = profile.messages.first(where: { $0.format.isSparkplug }),
            let kind = SparkplugTopic(message.topic.text)?.kind, SparkplugTopic(own.string)?.kind != kind
        else { return }
        report(
            "bad-topic", "this profile is for a topic such as \(message.topic.text); got '\(own.string)'",
            at: own.location)
    }

    /// Returns the topics of a device: those of its profile, or with its own in the place of the profile's topic.
    /// - Returns: `nil` if a label is missing.
    fileprivate func topics(of profile: Profile, _ own: ScalarText?, _ labels: [String: String]) -> [String]? {
        let patterns = profile.messages.map(\.topic)
        guard let own else {
            let topics = patterns.compactMap { $0.topic(labels) }
            return topics.count == patterns.count ? topics : nil
        }
        let topics = patterns.compactMap { pattern -> String? in
            // A topic that is not below the profile's own is made from the labels.
            guard pattern.text.hasPrefix(profile.baseTopic) else { return pattern.topic(labels) }
            let rest = pattern.text.dropFirst(profile.baseTopic.count)
            if rest.isEmpty { return own.string }
            let isJoined = rest.hasPrefix("/") || profile.baseTopic.hasSuffix("/") || own.string.hasSuffix("/")
            return TopicPattern(own.string + (isJoined || own.string.isEmpty ? "" : "/") + rest)?.topic(labels)
        }
        return topics.count == patterns.count ? topics : nil
    }

    /// Reads `silence: 10m`, or a time for each quantity: `silence: { door_open: 26h }`.
    fileprivate mutating func silence() -> (ofDevice: TimeSpan?, ofQuantities: [(quantity: ScalarText, span: TimeSpan)])
    {
        guard let node = node(DeviceKey.silence), case .mapping = node.content else {
            return (span(DeviceKey.silence), [])
        }
        var reader = YAMLReader(node, "the silences of a device")
        let spans = reader.keys.compactMap { key in reader.span(key.string).map { (key, $0) } }
        problems += reader.finish()
        return (nil, spans)
    }

    /// Reads `maintenance: being calibrated`, or a reason for each quantity.
    fileprivate mutating func apply(maintenance node: YAMLNode, to fields: inout [Profile.Field]) {
        if let reason = node.scalar {
            for index in fields.indices { fields[index].maintenance = reason.string }
            return
        }
        for (name, reason) in strings(DeviceKey.maintenance) {
            if let index = index(of: name, in: fields) { fields[index].maintenance = reason.string }
        }
    }

    fileprivate mutating func apply(
        silences: [(quantity: ScalarText, span: TimeSpan)], to fields: inout [Profile.Field]
    ) {
        for (name, span) in silences {
            if let index = index(of: name, in: fields) { fields[index].silence = span }
        }
    }

    fileprivate mutating func position() -> Position? {
        guard let node = node(DeviceKey.position) else { return nil }
        var reader = YAMLReader(node, PositionKey.self)
        defer { problems += reader.finish() }
        let latitude = reader.value(PositionKey.latitude, expected: "degrees from -90 to 90") {
            Double($0).flatMap { abs($0) <= 90 ? $0 : nil }
        }
        let longitude = reader.value(PositionKey.longitude, expected: "degrees from -180 to 180") {
            Double($0).flatMap { abs($0) <= 180 ? $0 : nil }
        }
        let elevation = reader.double(PositionKey.elevation)
        guard let latitude, let longitude else {
            if reader.problems.isEmpty { reader.report("bad-position", "a position has a latitude and a longitude") }
            return nil
        }
        return Position(latitude: latitude, longitude: longitude, elevation: elevation)
    }

    fileprivate mutating func apply(units: [(key: ScalarText, value: ScalarText)], to fields: inout [Profile.Field]) {
        for (name, text) in units {
            guard let index = index(of: name, in: fields) else { continue }
            guard let unit = Unit(symbol: text.string), unit.dimension == fields[index].quantity.unit.dimension else {
                let dimension = fields[index].quantity.unit.dimension.name
                report("wrong-unit", "'\(text.string)' is not a unit of \(dimension)", at: text.location)
                continue
            }
            fields[index].unit = unit
        }
    }

    fileprivate mutating func apply(ranges node: YAMLNode, to fields: inout [Profile.Field]) {
        var reader = YAMLReader(node, "the plausible ranges")
        for key in reader.keys {
            guard let index = index(of: key, in: fields) else { _ = reader.node(key.string); continue }
            let range = PlausibleRange.read(
                &reader, key: key.string, unit: fields[index].unit, quantity: fields[index].quantity)
            if let range { fields[index].plausible = range }
        }
        problems += reader.finish()
    }

    fileprivate mutating func apply(counters node: YAMLNode, to fields: inout [Profile.Field]) {
        var reader = YAMLReader(node, "the counters")
        for key in reader.keys {
            guard let index = index(of: key, in: fields) else { _ = reader.node(key.string); continue }
            fields[index].counter = CounterProperties.read(
                &reader, key: key.string, unit: fields[index].unit, quantity: fields[index].quantity)
        }
        problems += reader.finish()
    }

    mutating func index(of name: ScalarText, in fields: [Profile.Field]) -> Int? {
        if let index = fields.firstIndex(where: { $0.quantity.name == name.string }) { return index }
        report(
            "unknown-quantity", "this device has no reading of '\(name.string)'", at: name.location,
            hint: NearMiss.hint(for: name.string, among: fields.map(\.quantity.name)))
        return nil
    }
}
