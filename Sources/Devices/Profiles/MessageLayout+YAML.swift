internal import Diagnostics
internal import Telemetry

extension MessageLayout {
    typealias Part = (layout: MessageLayout, fields: [(field: Profile.Field, location: SourceLocation)])

    /// Reads the messages of a profile: a list under `messages`, or the one whose keys stand in the profile itself.
    static func readAll(_ reader: inout YAMLReader) -> [Part] {
        let base = reader.scalar(MessageKey.topic)?.string
        let availability = readAvailability(&reader, base: base)
        guard reader.node(ProfileKey.messages) != nil else {
            return [read(&reader, base: nil), availability].compactMap { $0 }
        }
        let messages = reader.items(ProfileKey.messages).compactMap { node -> Part? in
            var message = YAMLReader(node, MessageKey.self)
            defer { reader.problems += message.finish() }
            return read(&message, base: base)
        }
        return messages + (availability.map { [$0] } ?? [])
    }

    /// Reads `availability: { topic: ~/status, online: online, offline: offline, pointer: /state }`: where the device,
    /// or the broker in its last will, says whether it can be reached.
    private static func readAvailability(_ reader: inout YAMLReader, base: String?) -> Part? {
        guard let node = reader.node(ProfileKey.availability) else { return nil }
        var message = YAMLReader(node, AvailabilityKey.self)
        defer { reader.problems += message.finish() }
        guard let topic = readTopic(&message, AvailabilityKey.topic, base: base, isOwn: true) else { return nil }
        let pointer = message.node(AvailabilityKey.pointer) == nil ? nil : message.pointer(AvailabilityKey.pointer)
        var layout = MessageLayout(topic: topic, format: pointer == nil ? .text : .json)
        layout.isAvailability = true
        var rule = ValueRule()
        for (key, number) in [(AvailabilityKey.online, 1.0), (.offline, 0.0)] {
            let words = message.items(key).compactMap { $0.scalar?.string }
            rule.words += (words.isEmpty ? [key.rawValue] : words).map { (ValueRule.Word($0), number) }
        }
        let quantity = Profile.online
        // It comes only when it changes.
        var field = Profile.Field(
            quantity: quantity, source: .value(pointer ?? .root), unit: quantity.unit, silence: .days(30))
        field.places[0].rule = rule
        return (layout, [(field, node.location)])
    }

    /// - Parameter base: the profile's topic. It stands for `~` at the beginning of the message's topic, and for the
    ///   topic if the message has none.
    private static func read(_ reader: inout YAMLReader, base: String?) -> Part? {
        let topicText = reader.scalar(MessageKey.topic)
        let topic = readTopic(&reader, MessageKey.topic, base: base)
        let format = Format.read(&reader)
        var layout = MessageLayout(topic: topic ?? anyTopic, format: format ?? .json)
        layout.envelope = Envelope.read(&reader)
        layout.ports = reader.ports(layout.envelope)
        layout.items = reader.node(MessageKey.items) == nil ? nil : reader.pointer(MessageKey.items)
        layout.time = TimeField.read(&reader)
        layout.sequence = Sequence.read(&reader, layout)
        layout.selector = Selector.read(&reader)
        let fields = reader.items(MessageKey.readings).compactMap { node in
            Profile.Field.read(node, layout, problems: &reader.problems).map { (field: $0, location: node.location) }
        }
        if fields.isEmpty, reader.problems.isEmpty {
            reader.report("no-readings", "a message has at least one reading in 'readings'")
        }
        if case .text = format {
            for key in [MessageKey.time, .sequence, .device, .items] {
                _ = reader.node(key).map {
                    reader.report(
                        "key-without-use", "'\(key.rawValue)' has no place in a text of one value", at: $0.location)
                }
            }
        }
        layout.checkNames(fields, &reader)
        if format?.isSparkplug == true { layout.checkSparkplug(&reader, at: topicText?.location) }
        if layout.selector != nil, layout.envelope != nil || format?.isOfRecords == true {
            reader.report("device-in-payload", "'device' has no place in a SenML pack or behind an envelope")
        }
        return topic == nil || format == nil ? nil : (layout, fields)
    }

    /// Reports a topic that is not one of Sparkplug's data, and keys that Sparkplug answers itself.
    private func checkSparkplug(_ reader: inout YAMLReader, at location: SourceLocation?) {
        let kind = SparkplugTopic(topic.text)?.kind
        if kind != .deviceData, kind != .nodeData {
            reader.report(
                "bad-topic",
                """
                the topic of Sparkplug is that of the data: spBv1.0/{group}/DDATA/{node}/{device}, or \
                spBv1.0/{group}/NDATA/{node}
                """,
                at: location)
        }
        for key in [MessageKey.time, .sequence, .envelope, .items] {
            if let node = reader.node(key) {
                reader.report(
                    "key-without-use", "Sparkplug needs no '\(key.rawValue)': it has its own", at: node.location)
            }
        }
    }

    private static let anyTopic = TopicPattern("t")!  // a pattern without braces

    private static func readTopic(
        _ reader: inout YAMLReader, _ key: some RawRepresentable<String>, base: String?, isOwn: Bool = false
    ) -> TopicPattern? {
        let own = base == nil || isOwn ? reader.required(key) : reader.scalar(key)
        guard let text = own?.string ?? base else { return nil }
        if text.hasPrefix("~"), base == nil {
            reader.report("no-base-topic", "'~' stands for the profile's 'topic', which is missing", at: own?.location)
            return nil
        }
        let whole = text.hasPrefix("~") ? (base ?? "~") + text.dropFirst() : text
        if let pattern = TopicPattern(whole) { return pattern }
        reader.report(
            "bad-topic",
            "a topic pattern is a topic with labels in braces and no wildcards: sensors/{device}/level",
            at: own?.location)
        return nil
    }
}

extension MessageLayout.Format {
    static let names = ["json", "senml", "senml_cbor", "text", "key_value", "csv", "binary", "sparkplug"]

    /// Reads the format, and the keys that belong to it.
    fileprivate static func read(_ reader: inout YAMLReader) -> MessageLayout.Format? {
        let name =
            reader.value(MessageKey.format, expected: "one of \(names.joined(separator: ", "))") {
                names.contains($0) ? $0 : nil
            } ?? (reader.node(MessageKey.format) == nil ? "json" : nil)
        switch name {
        case "json": return .json
        case "senml": return .senml
        case "senml_cbor": return .senmlCBOR
        case "text": return .text
        case "key_value": return .keyValue
        case "sparkplug": return .sparkplug
        case "csv": return CSVLayout.read(&reader).map { .csv($0) }
        case "binary": return BinaryLayout.read(&reader).map { .binary($0) }
        default: return nil
        }
    }
}

extension CSVLayout {
    fileprivate static func read(_ reader: inout YAMLReader) -> CSVLayout? {
        let columns = reader.items(CSVKey.columns).compactMap { node -> [UInt8]? in
            if let name = node.scalar { return Array(name.string.utf8) }
            reader.report(
                "bad-column", "a column is a name, or \"\" for one that nobody needs", at: node.location)
            return nil
        }
        let separator =
            reader.value(CSVKey.separator, expected: "one character such as ',' or ';', or tab") { text -> UInt8? in
                if text == "tab" || text == "\\t" { return UInt8(ascii: "\t") }
                return text.utf8.count == 1 ? text.utf8.first : nil
            } ?? UInt8(ascii: ",")
        guard !columns.isEmpty else {
            reader.report("no-columns", "a CSV line needs 'columns': the names of its columns, in their order")
            return nil
        }
        return CSVLayout(columns: columns, separator: separator)
    }
}

extension TimeField {
    fileprivate static func read(_ reader: inout YAMLReader) -> TimeField? {
        guard let node = reader.node(MessageKey.time) else { return nil }
        var field = YAMLReader(node, TimeKey.self)
        let pointer = field.pointer(TimeKey.pointer)
        let format = Format.read(&field, TimeKey.format)
        let calculation = field.expression(TimeKey.value)
        if calculation != nil, format != .unix, format != .age {
            field.report(
                "bad-time", "a 'value' gives seconds: its 'format' is unix or age",
                at: field.node(TimeKey.value)?.location)
        }
        reader.problems += field.finish()
        return pointer.map { TimeField(pointer: $0, format: format, calculation: calculation) }
    }
}

extension TimeField.Format {
    static let names = ["rfc3339", "unix", "unix_ms", "unix_us", "unix_ns", "age", "uptime", "uptime_ms", "local"]

    static let words: [String: TimeField.Format] = [
        "rfc3339": .rfc3339, "unix": .unix, "unix_ms": .unix_ms, "unix_us": .unix_us, "unix_ns": .unix_ns,
        "age": .age,
    ]

    /// Reads the name of a format, or a pattern such as `dd.MM.yyyy HH:mm:ss`, with the `zone` of its times.
    static func read(_ reader: inout YAMLReader, _ key: some RawRepresentable<String>) -> TimeField.Format {
        let zone =
            reader.value(TimeFormatKey.zone, expected: "site, UTC, or an offset such as +01:00") {
                text -> TimeField.Zone? in
                if text == "site" { return .site }
                if text == "UTC" || text == "Z" { return .offset(.zero) }
                // The offset of any day tells it.
                return Instant(rfc3339: Array("2000-01-01T00:00:00\(text)".utf8)).map {
                    .offset(Instant(nanoseconds: 946_684_800_000_000_000) - $0)
                }
            }
        let wraps = reader.value(
            TimeFormatKey.wraps, expected: "the value at which the counter begins at 0 again, such as 4294967296"
        ) { text in
            Double(text).flatMap { (60...1e16).contains($0) ? $0 : nil }
        }
        let format =
            reader.value(
                key,
                expected: "\(names.joined(separator: ", ")), or a pattern such as dd.MM.yyyy HH:mm:ss"
            ) { text -> TimeField.Format? in
                for (name, unit) in [("uptime", TimeSpan.seconds(1)), ("uptime_ms", .milliseconds(1))]
                where text == name {
                    return .uptime(unit: unit, wrap: wraps.flatMap { TimeSpan(seconds: $0 * unit.seconds) })
                }
                if text == "local" { return .local(.iso, zone ?? .site) }
                return words[text] ?? TimePattern(text).map { .local($0, zone ?? .site) }
            } ?? .rfc3339
        if wraps != nil {
            if case .uptime = format { return format }
            reader.report(
                "wraps-without-use", "'wraps' is for 'format: uptime' and 'uptime_ms'",
                at: reader.node(TimeFormatKey.wraps)?.location)
        }
        if zone != nil {
            if case .local = format { return format }
            reader.report(
                "zone-without-use", "'zone' is for times that do not name one: 'format: local', or a pattern",
                at: reader.node(TimeFormatKey.zone)?.location)
        }
        return format
    }
}

extension MessageLayout.Sequence {
    /// Reads a pointer, or a pointer and the width of the counter. A network server numbers messages without a word.
    fileprivate static func read(_ reader: inout YAMLReader, _ layout: MessageLayout) -> MessageLayout.Sequence? {
        guard let node = reader.node(MessageKey.sequence) else {
            return layout.envelope?.hasCounter == true ? MessageLayout.Sequence(pointer: nil, wraps: nil) : nil
        }
        if layout.format.isSenML {
            reader.report("sequence-format", "a SenML pack has no place for a sequence", at: node.location)
        }
        if node.scalar != nil {
            return reader.pointer(MessageKey.sequence).map { MessageLayout.Sequence(pointer: $0, wraps: nil) }
        }
        var field = YAMLReader(node, SequenceKey.self)
        let pointer = field.pointer(SequenceKey.pointer)
        let wraps = field.value(SequenceKey.wraps, expected: "the number at which it begins at 0 again, such as 65536")
        { text in
            Int64(text).flatMap { $0 >= 16 ? $0 : nil }
        }
        reader.problems += field.finish()
        return pointer.map { MessageLayout.Sequence(pointer: $0, wraps: wraps) }
    }
}

extension MessageLayout.Selector {
    /// Reads `device: /id`, or `device: { member_of: /sensors }`.
    fileprivate static func read(_ reader: inout YAMLReader) -> MessageLayout.Selector? {
        guard let node = reader.node(MessageKey.device) else { return nil }
        if node.scalar != nil { return reader.pointer(MessageKey.device).map { .value($0) } }
        var field = YAMLReader(node, SelectorKey.self)
        let pointer = field.pointer(SelectorKey.memberOf)
        reader.problems += field.finish()
        return pointer.map { .member(of: $0) }
    }
}

extension YAMLReader {
    fileprivate mutating func ports(_ envelope: Envelope?) -> [Int] {
        let nodes = items(MessageKey.port)
        let ports = nodes.compactMap {
            $0.scalar.flatMap { Int($0.string) }.flatMap { (0...255).contains($0) ? $0 : nil }
        }
        if ports.count < nodes.count {
            report("bad-value", "'port' must be a number from 0 to 255, or a list of them", at: nodes[0].location)
        } else if envelope == nil, let first = nodes.first {
            report(
                "port-without-envelope", "only a network server names a port", at: first.location,
                hint: "add 'envelope: lorawan'")
        }
        return ports
    }

    /// The JSON Pointer of a key that must be present.
    mutating func pointer(_ key: some RawRepresentable<String>) -> JSONPointer? {
        guard let text = required(key) else { return nil }
        if let pointer = JSONPointer(text.string) { return pointer }
        report(
            "bad-pointer",
            text.string.hasPrefix("/")
                ? "a choice in a pointer is [name=value], without a slash: /values/[kind=P1]/value"
                : "a JSON Pointer begins with a slash: /sensor/level", at: text.location)
        return nil
    }
}
