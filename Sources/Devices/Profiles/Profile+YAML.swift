package import Diagnostics
internal import Telemetry

extension Profile {
    /// Reads a profile file.
    /// - Throws: ``DiagnosticList`` with all mistakes in the file.
    package static func read(_ file: SourceFile) throws(DiagnosticList) -> Profile {
        var reader = YAMLReader(try YAMLNode.parse(file), "a device profile")
        let name = reader.required("profile")
        let summary = reader.string("summary") ?? ""
        let topic = reader.required("topic").flatMap { text -> TopicPattern? in
            if let pattern = TopicPattern(text.string) { return pattern }
            reader.report(
                "bad-topic",
                "a topic pattern is a topic with labels in braces and no wildcards: sensors/{device}/level",
                at: text.location)
            return nil
        }
        let format = reader.value("format", expected: "json or senml") { Format(rawValue: $0) } ?? .json
        let interval = reader.span("interval") ?? .minutes(1)
        let silence = reader.span("silence")
        let clock = ClockTolerance.read(&reader)
        var time: TimeField?
        if let node = reader.node("time") {
            var field = YAMLReader(node, "the time field")
            let pointer = field.pointer("pointer")
            let format = field.value(
                "format", expected: "one of \(TimeField.Format.allCases.map(\.rawValue).joined(separator: ", "))"
            ) { TimeField.Format(rawValue: $0) }
            time = pointer.map { TimeField(pointer: $0, format: format ?? .rfc3339) }
            reader.problems += field.finish()
        }
        let sequence = SequenceField.read(&reader)
        let repeats = reader.scalar("repeats")
        let ignoresRepeats =
            reader.value("repeats", expected: "kept or ignored") { ["kept": false, "ignored": true][$0] } ?? false
        if ignoresRepeats, format == .json, time == nil, let repeats {
            reader.report(
                "repeats-without-time",
                "without a time of the device's own, a repeated measurement cannot be told from a new one of the same value",
                at: repeats.location, hint: "name its 'time', or leave 'repeats' out")
        }
        var fields = reader.items("readings").compactMap { Field.read($0, format: format, problems: &reader.problems) }
        if fields.isEmpty, reader.problems.isEmpty {
            reader.report("no-readings", "a profile names at least one reading")
        }
        if sequence != nil, format == .json {
            fields.append(Field(quantity: missingMessages, source: .gap, unit: missingMessages.unit))
        } else if sequence != nil {
            reader.report("sequence-format", "a SenML pack has no place for a sequence")
        }
        let problems = reader.finish()
        guard problems.isEmpty, let name, let topic else { throw DiagnosticList(problems) }
        return Profile(
            name: name.string, summary: summary, topic: topic, format: format, time: time, sequence: sequence,
            interval: interval,
            silence: silence ?? interval * 3, isSilenceStated: silence != nil, clock: clock,
            ignoresRepeats: ignoresRepeats, fields: fields,
            location: name.location)
    }
}

extension Profile.SequenceField {
    /// Reads a pointer, or a pointer and the width of the counter.
    static func read(_ reader: inout YAMLReader) -> Profile.SequenceField? {
        guard let node = reader.node("sequence") else { return nil }
        if node.scalar != nil {
            return reader.pointer("sequence").map { Profile.SequenceField(pointer: $0, wraps: nil) }
        }
        var field = YAMLReader(node, "the message number")
        let pointer = field.pointer("pointer")
        let wraps = field.value("wraps", expected: "the number at which it begins at 0 again, such as 65536") { text in
            Int64(text).flatMap { $0 >= 16 ? $0 : nil }
        }
        reader.problems += field.finish()
        return pointer.map { Profile.SequenceField(pointer: $0, wraps: wraps) }
    }
}

extension ClockTolerance {
    static func read(_ reader: inout YAMLReader) -> ClockTolerance {
        var tolerance = ClockTolerance()
        guard let node = reader.node("clock") else { return tolerance }
        var clock = YAMLReader(node, "the clock's tolerance")
        if let ahead = clock.span("ahead") { tolerance.ahead = ahead }
        tolerance.behind = clock.span("behind")
        reader.problems += clock.finish()
        return tolerance
    }
}

extension Profile.Field {
    static func read(_ node: YAMLNode, format: Profile.Format, problems: inout [Diagnostic]) -> Profile.Field? {
        var reader = YAMLReader(node, "a reading")
        defer { problems += reader.finish() }
        let name = reader.required("quantity")
        let unitText = reader.scalar("unit")
        let unit = unitText.flatMap { text -> Unit? in
            if let unit = Unit(symbol: text.string) { return unit }
            reader.report(
                "unknown-unit", "'\(text.string)' is not a unit", at: text.location,
                hint: NearMiss.hint(for: text.string, among: Unit.symbols))
            return nil
        }
        var source: Profile.Source?
        switch format {
        case .senml:
            source = reader.required("record").map { record in
                if record.string.isEmpty {
                    reader.report(
                        "empty-record", "'record' is the name of a SenML record, or its end", at: record.location)
                }
                return .record(record.string)
            }
        case .json:
            if let samples = reader.node("samples") {
                source = Profile.Source.read(samples, problems: &reader.problems)
                _ = reader.node("pointer").map {
                    reader.report("two-sources", "a reading has a pointer or samples, not both", at: $0.location)
                }
            } else {
                source = reader.pointer("pointer").map { .value($0) }
            }
        }
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
        let plausible = PlausibleRange.read(&reader, key: "plausible", unit: written, quantity: quantity)
        let counter = CounterProperties.read(&reader, key: "counter", unit: written, quantity: quantity)
        return Profile.Field(
            quantity: quantity, source: source, unit: written, plausible: plausible, counter: counter,
            silence: reader.span("silence"))
    }
}

extension Profile.Source {
    fileprivate static func read(_ node: YAMLNode, problems: inout [Diagnostic]) -> Profile.Source? {
        var reader = YAMLReader(node, "an array of samples")
        defer { problems += reader.finish() }
        let pointer = reader.pointer("pointer")
        let anchor = reader.value("time", expected: "first or last") { Profile.SampleAnchor(rawValue: $0) } ?? .last
        guard let rate = reader.required("rate") else { return nil }
        let hertz = rate.string.hasSuffix("Hz") ? Double(rate.string.dropLast(2).filter { $0 != " " }) : nil
        if let hertz, hertz > 0, hertz.isFinite {
            return pointer.map { .samples($0, rate: .fixed(hertz: hertz), time: anchor) }
        }
        if let field = JSONPointer(rate.string), rate.string.hasPrefix("/") {
            return pointer.map { .samples($0, rate: .field(field), time: anchor) }
        }
        reader.report("bad-rate", "'rate' is a number of Hz, or a pointer to one: 31.25 Hz, /sr", at: rate.location)
        return nil
    }
}

/// A range as people write it, with the unit of the payload or its own: `0 .. 12`, `0 m .. 12 m`.
enum PlausibleRange {
    static func read(_ reader: inout YAMLReader, key: String, unit: Unit, quantity: Quantity) -> ClosedRange<Double>? {
        guard let text = reader.scalar(key) else { return nil }
        let ends = text.string.split(separator: "..", maxSplits: 1).map { end -> Double? in
            let words = end.split(separator: " ")
            guard let number = words.first.flatMap({ Double($0) }), words.count <= 2 else { return nil }
            let own = words.count == 2 ? Unit(symbol: words[1]) : unit
            guard let own, own.dimension == quantity.unit.dimension else { return nil }
            let (factor, summand) = own.conversion(to: quantity.unit)
            return number * factor + summand
        }
        if ends.count == 2, let low = ends[0], let high = ends[1], low <= high { return low...high }
        reader.report(
            "bad-range", "'\(key)' is a range from low to high, such as 0 .. 12 or -40 degC .. 85 degC",
            at: text.location)
        return nil
    }
}

extension YAMLReader {
    mutating func pointer(_ key: String) -> JSONPointer? {
        guard let text = required(key) else { return nil }
        if let pointer = JSONPointer(text.string) { return pointer }
        report("bad-pointer", "a JSON Pointer begins with a slash: /sensor/level", at: text.location)
        return nil
    }
}
