internal import Diagnostics
internal import Telemetry

extension Profile.Field {
    static func read(_ node: YAMLNode, _ layout: MessageLayout, problems: inout [Diagnostic]) -> Profile.Field? {
        var reader = YAMLReader(node, ReadingKey.self)
        defer { problems += reader.finish() }
        let name = reader.required(ReadingKey.quantity)
        let unitText = reader.scalar(ReadingKey.unit)
        let unit = unitText.flatMap { text -> Unit? in
            if let unit = Unit(symbol: text.string) { return unit }
            reader.report(
                "unknown-unit", "'\(text.string)' is not a unit", at: text.location,
                hint: NearMiss.hint(for: text.string, among: Unit.symbols))
            return nil
        }
        let unitPointer = reader.node(ReadingKey.unitAt) == nil ? nil : reader.pointer(ReadingKey.unitAt)
        let source = Profile.Source.read(&reader, layout)
        let rule =
            layout.format.isSenML ? ValueRule() : ValueRule.read(&reader, textByDefault: layout.format.isText)
        guard let name, let source else { return nil }
        let known = Quantity.known[name.string]
        guard let written = unit ?? (unitText == nil ? known?.unit : nil) else {
            if unitText == nil {
                reader.report(
                    "missing-unit", "'\(name.string)' needs a unit here: it is not a quantity with a canonical one",
                    at: name.location, hint: NearMiss.hint(for: name.string, among: Quantity.known.keys))
            }
            return nil
        }
        let quantity = known ?? Quantity(name: name.string, unit: written)
        guard written.dimension == quantity.unit.dimension else {
            reader.report(
                "wrong-unit",
                "'\(written.symbol)' is a unit of \(written.dimension.name), and \(name.string) is \(quantity.unit.dimension.name)",
                at: unitText?.location ?? name.location, hint: "a unit such as \(quantity.unit.symbol)")
            return nil
        }
        let plausible = PlausibleRange.read(
            &reader, key: ReadingKey.plausible.rawValue, unit: written, quantity: quantity)
        let (kind, counter) = reader.kind(unit: written, quantity: quantity)
        var field = Profile.Field(
            quantity: quantity, source: source, unit: written, plausible: plausible, counter: counter,
            silence: reader.span(ReadingKey.silence))
        field.places[0].rule = rule
        field.places[0].unitPointer = unitPointer
        field.statedKind = kind
        field.accuracy = reader.amount(ReadingKey.accuracy, .size, field)
        reader.quality(&field)
        return field
    }
}

extension Profile.Source {
    /// Reads the place of a value: a `pointer`, `samples`, a SenML `record`, a `metric` of Sparkplug, or a measure of
    /// the radio `link`.
    fileprivate static func read(_ reader: inout YAMLReader, _ layout: MessageLayout) -> Profile.Source? {
        if layout.format.isSenML {
            return reader.required(ReadingKey.record).map { record in
                if record.string.isEmpty {
                    reader.report(
                        "empty-record", "'record' is the name of a SenML record, or its end", at: record.location)
                }
                return .record(record.string)
            }
        }
        if layout.format.isSparkplug { return reader.required(ReadingKey.metric).map { .record($0.string) } }
        let link = reader.value(ReadingKey.link, expected: "rssi or snr") { Profile.LinkMeasure(rawValue: $0) }
        if let link {
            if layout.envelope == nil {
                reader.report(
                    "link-without-envelope", "only a network server tells of the radio link",
                    at: reader.node(ReadingKey.link)?.location, hint: "add 'envelope: lorawan' to the profile")
            }
            return .link(link)
        }
        if let samples = reader.node(ReadingKey.samples) {
            _ = reader.node(ReadingKey.pointer).map {
                reader.report("two-sources", "a reading has a pointer or samples, not both", at: $0.location)
            }
            return Profile.SampleArray.read(samples, problems: &reader.problems).map { .samples($0) }
        }
        // A text is one value, which needs no pointer.
        if case .text = layout.format, reader.node(ReadingKey.pointer) == nil { return .value(.root) }
        return reader.pointer(ReadingKey.pointer).map { .value($0) }
    }
}

extension Profile.SampleArray {
    fileprivate static func read(_ node: YAMLNode, problems: inout [Diagnostic]) -> Profile.SampleArray? {
        var reader = YAMLReader(node, SamplesKey.self)
        defer { problems += reader.finish() }
        let pointer = reader.pointer(SamplesKey.pointer)
        let anchor = reader.value(SamplesKey.time, expected: "first or last") { Anchor(rawValue: $0) }
        let isNewestFirst =
            reader.value(SamplesKey.order, expected: "oldest_first or newest_first") {
                ["oldest_first": false, "newest_first": true][$0]
            } ?? false
        let every = reader.span(SamplesKey.every)
        if let every, every <= .zero {
            reader.report("bad-value", "'every' must be longer than 0", at: reader.node(SamplesKey.every)?.location)
            return nil
        }
        guard let rate = every.map({ Rate.fixed(hertz: 1 / $0.seconds) }) ?? readRate(&reader) else { return nil }
        // The message's time is usually that of its newest sample.
        return pointer.map {
            Profile.SampleArray(
                pointer: $0, rate: rate, anchor: anchor ?? (isNewestFirst ? .first : .last),
                isNewestFirst: isNewestFirst)
        }
    }

    private static func readRate(_ reader: inout YAMLReader) -> Rate? {
        guard let rate = reader.required(SamplesKey.rate) else { return nil }
        let hertz = rate.string.hasSuffix("Hz") ? Double(rate.string.dropLast(2).filter { $0 != " " }) : nil
        if let hertz, hertz > 0, hertz.isFinite { return .fixed(hertz: hertz) }
        if let field = JSONPointer(rate.string), rate.string.hasPrefix("/") { return .field(field) }
        reader.report("bad-rate", "'rate' is a number of Hz, or a pointer to one: 31.25 Hz, /sr", at: rate.location)
        return nil
    }
}
