internal import Diagnostics
internal import Telemetry

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
        let position = reader.position(profile)
        if let topic = topicText, topic.string.contains(where: { "+#".contains($0) }) {
            reader.report(
                "bad-topic", "a device publishes on one topic, without the wildcards + and #", at: topic.location)
        }
        var fields = reader.fields(of: profile, named: quantities)
        reader.apply(units: units, to: &fields)
        reader.applyCorrections(to: &fields)
        if let ranges { reader.apply(ranges: ranges, to: &fields) }
        reader.applyAccuracies(to: &fields)
        reader.applyCalibrations(to: &fields)
        if let counters { reader.apply(counters: counters, to: &fields) }
        reader.applyQuality(to: &fields)
        reader.apply(silences: silence.ofQuantities, to: &fields)
        let schedules = maintenance.map { reader.apply(maintenance: $0, to: &fields) } ?? []
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
            id: id.string, profile: profile, topics: topics, key: key ?? id.string, labels: labels,
            position: position?.position, interval: expected,
            silence: silence.ofDevice ?? profile.silence(at: expected),
            clock: clock ?? profile.clock, fields: fields, parameters: parameters, location: id.location,
            metresFromPosition: position?.within, schedules: schedules)
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
                || field.quantity == Profile.maintenance
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

    /// Reads `maintenance: being calibrated`, or a reason for each quantity, or a list of times.
    fileprivate mutating func apply(maintenance node: YAMLNode, to fields: inout [Profile.Field])
        -> [MaintenanceSchedule]
    {
        if case .sequence(let entries) = node.content {
            return entries.compactMap { MaintenanceSchedule.read($0, fields, problems: &problems) }
        }
        if let reason = node.scalar {
            for index in fields.indices { fields[index].maintenance = reason.string }
            return []
        }
        for (name, reason) in strings(DeviceKey.maintenance) {
            if let index = index(of: name, in: fields) { fields[index].maintenance = reason.string }
        }
        return []
    }

    fileprivate mutating func apply(
        silences: [(quantity: ScalarText, span: TimeSpan)], to fields: inout [Profile.Field]
    ) {
        for (name, span) in silences {
            if let index = index(of: name, in: fields) { fields[index].silence = span }
        }
    }

    fileprivate mutating func position(_ profile: Profile) -> (position: Position, within: Double?)? {
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
        let within = reader.value(PositionKey.within, expected: "a length above 0 with its unit, such as 200 m") {
            text -> Double? in
            guard let amount = Amount(text), amount.number > 0, let unit = amount.unit, unit.dimension == .length,
                let metre = Unit(symbol: "m")
            else { return nil }
            return amount.value(in: metre, own: metre)
        }
        let knows = [Profile.latitude, Profile.longitude].allSatisfy { name in
            profile.fields.contains { $0.quantity.name == name }
        }
        if within != nil, !knows {
            reader.report(
                "no-location", "'within' needs a profile that reads the quantities 'latitude' and 'longitude'",
                at: reader.node(PositionKey.within)?.location)
        }
        guard let latitude, let longitude else {
            if reader.problems.isEmpty { reader.report("bad-position", "a position has a latitude and a longitude") }
            return nil
        }
        return (Position(latitude: latitude, longitude: longitude, elevation: elevation), within)
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

    fileprivate mutating func applyAccuracies(to fields: inout [Profile.Field]) {
        for (name, text) in strings(DeviceKey.accuracy) {
            guard let index = index(of: name, in: fields) else { continue }
            let field = fields[index]
            guard let amount = Amount(text.string), amount.number > 0, amount.mayBe(of: field.quantity.unit.dimension)
            else {
                report(
                    "bad-value",
                    "an accuracy is a number above 0, such as 0.02 \(field.unit.symbol); got '\(text.string)'",
                    at: text.location)
                continue
            }
            fields[index].accuracy = amount.size(in: field.quantity.unit, own: field.unit)
        }
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
