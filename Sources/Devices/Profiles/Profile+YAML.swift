package import Diagnostics
internal import Telemetry

extension Profile {
    /// Reads a profile file.
    /// - Throws: ``DiagnosticList`` with all mistakes in the file.
    package static func read(_ file: SourceFile) throws(DiagnosticList) -> Profile {
        var reader = YAMLReader(try YAMLNode.parse(file), ProfileKey.self)
        let name = reader.required(ProfileKey.profile)
        let summary = reader.string(ProfileKey.summary) ?? ""
        let sources = reader.items(ProfileKey.source).compactMap { $0.scalar?.string }
        let interval = reader.span(ProfileKey.interval) ?? .minutes(1)
        let silence = reader.span(ProfileKey.silence)
        let clock = ClockTolerance.read(&reader, ProfileKey.clock)
        let ignoresRepeats =
            reader.value(ProfileKey.repeats, expected: "kept or ignored") { ["kept": false, "ignored": true][$0] }
            ?? false
        let parts = MessageLayout.readAll(&reader)
        if ignoresRepeats, parts.contains(where: { !$0.layout.hasTime }),
            let repeats = reader.scalar(ProfileKey.repeats)
        {
            reader.report(
                "repeats-without-time",
                "without a time of the device's own, a repeated measurement cannot be told from a new one of the same value",
                at: repeats.location, hint: "name its 'time', or leave 'repeats' out")
        }
        var fields = Field.merged(parts.map(\.fields), problems: &reader.problems)
        if fields.isEmpty, reader.problems.isEmpty {
            reader.report("no-readings", "a profile names at least one reading")
        }
        let isSparkplug = parts.contains { $0.layout.format.isSparkplug }
        if isSparkplug, !fields.contains(where: { $0.quantity == online }) {
            // Births and deaths say it.
            fields.append(Field(quantity: online, source: .record(""), unit: online.unit, silence: .days(30)))
        }
        if parts.filter({ $0.layout.format.isSparkplug }).count > 1, let name {
            reader.report(
                "two-sparkplug",
                "a profile has one message of Sparkplug: put all metrics of the sender into it",
                at: name.location)
        }
        if isSparkplug || parts.contains(where: { $0.layout.sequence != nil }) {
            fields.append(Field(quantity: missingMessages, source: .gap, unit: missingMessages.unit))
        }
        if parts.filter({ $0.layout.sequence?.pointer != nil }).count > 1, let name {
            reader.report(
                "two-sequences", "only one message of a device may have a 'sequence': its numbers are one row",
                at: name.location)
        }
        let parameters = reader.parameters(ProfileKey.parameters)
        let vectors = ProfileVector.readAll(&reader, fields)
        _ = reader.scalar(MessageKey.topic)
        let problems = reader.finish()
        guard problems.isEmpty, let name else { throw DiagnosticList(problems) }
        var profile = Profile(
            name: name.string, summary: summary,
            baseTopic: reader.scalar(MessageKey.topic)?.string ?? TopicPattern.commonLevels(parts.map(\.layout.topic)),
            messages: parts.map(\.layout), interval: interval,
            silence: silence ?? interval * 3, isSilenceStated: silence != nil, clock: clock,
            ignoresRepeats: ignoresRepeats, fields: fields, location: name.location)
        profile.sources = sources
        profile.vectors = vectors
        profile.parameters = parameters
        return profile
    }
}

extension Profile.Field {
    /// Joins the quantities of several messages: one that several have is one field with several places.
    fileprivate static func merged(
        _ messages: [[(field: Profile.Field, location: SourceLocation)]], problems: inout [Diagnostic]
    ) -> [Profile.Field] {
        var fields: [Profile.Field] = []
        for (message, found) in messages.enumerated() {
            var sources: Set<String> = []
            for (field, location) in found {
                if !sources.insert("\(field.quantity.name) \(field.source)").inserted {
                    problems.append(
                        Diagnostic(
                            id: "duplicate-reading",
                            "this message has a reading of '\(field.quantity.name)' from the same place already",
                            at: location))
                }
                var places = field.places
                for index in places.indices { places[index].message = message }
                guard let known = fields.firstIndex(where: { $0.quantity.name == field.quantity.name }) else {
                    fields.append(field)
                    fields[fields.count - 1].places = places
                    continue
                }
                if fields[known].quantity.unit.dimension != field.quantity.unit.dimension {
                    problems.append(
                        Diagnostic(
                            id: "quantity-units",
                            "'\(field.quantity.name)' is \(fields[known].quantity.unit.dimension.name) above, and \(field.quantity.unit.dimension.name) here",
                            at: location))
                }
                fields[known].places += places
                fields[known].plausible = fields[known].plausible ?? field.plausible
                fields[known].counter = fields[known].counter ?? field.counter
                fields[known].statedKind = fields[known].statedKind ?? field.statedKind
                fields[known].silence = fields[known].silence ?? field.silence
            }
        }
        return fields
    }
}
