package import AlarmModel
package import Diagnostics
package import Telemetry

extension PolicySet {
    /// Reads a policies file.
    ///
    /// - Parameters:
    ///   - ladder: the names of the levels, lowest first.
    ///   - destinations: the names of the existing destinations.
    ///   - zone: the time zone of the site and its calendars.
    /// - Throws: ``DiagnosticList`` with all mistakes in the file.
    package static func read(
        _ file: SourceFile, ladder: Ladder, destinations: [String], zone: ZoneTable
    ) throws(DiagnosticList) -> PolicySet {
        var reader = YAMLReader(try YAMLNode.parse(file), "a policies file")
        let context = PolicyYAML(ladder: ladder, destinations: destinations, calendars: calendars(&reader))
        var policies: [Policy] = []
        for node in reader.items("policies") {
            guard let policy = context.policy(node, &reader.problems) else { continue }
            if let first = policies.first(where: { $0.name == policy.name }) {
                reader.problems.append(
                    .duplicate(
                        id: "duplicate-policy", "policies", named: policy.name, at: policy.location,
                        first: first.location))
            }
            policies.append(policy)
        }
        if policies.isEmpty, reader.problems.isEmpty {
            reader.report("no-policies", "a policies file has a list 'policies' with at least one policy")
        }
        let problems = reader.finish()
        if problems.hasErrors { throw DiagnosticList(problems.inSourceOrder()) }
        return PolicySet(policies, zone: zone)
    }

    private static func calendars(_ reader: inout YAMLReader) -> [String: Calendar] {
        guard let node = reader.node("calendars") else { return [:] }
        var names = YAMLReader(node, "the calendars")
        var calendars: [String: Calendar] = [:]
        for name in names.keys {
            guard let node = names.node(name.string) else { continue }
            calendars[name.string] = Calendar.read(node, &names.problems)
        }
        reader.problems += names.finish()
        return calendars
    }
}

/// The names and settings that policies may refer to.
private struct PolicyYAML {
    let ladder: Ladder
    let destinations: [String]
    let calendars: [String: Calendar]

    func policy(_ node: YAMLNode, _ problems: inout [Diagnostic]) -> Policy? {
        var reader = YAMLReader(node, "a policy")
        defer { problems += reader.finish() }
        let name = reader.required("name")
        let matchers = reader.strings("where").map { (key: $0.key.string, pattern: $0.value.string) }
        let lowest = level("minimum_level", &reader) ?? Level(rank: 1)
        let steps = reader.items("steps").compactMap { step($0, lowest, &reader.problems) }
        if steps.isEmpty, !reader.problems.hasErrors {
            reader.report("no-steps", "a policy has a list 'steps' with at least one step")
        }
        return name.map { Policy(name: $0.string, matchers: matchers, steps: steps, location: $0.location) }
    }

    private func step(_ node: YAMLNode, _ lowest: Level, _ problems: inout [Diagnostic]) -> Policy.Step? {
        var reader = YAMLReader(node, "a step")
        defer { problems += reader.finish() }
        let names = reader.items("to").compactMap(\.scalar)
        if names.isEmpty { reader.report("missing-key", "'to' is missing here: the destinations of this step") }
        for name in names where !destinations.contains(name.string) {
            reader.report(
                "unknown-destination", "there is no destination '\(name.string)'", at: name.location,
                hint: NearMiss.hint(for: name.string, among: destinations)
                    ?? "known: \(destinations.joined(separator: ", "))",
                fix: NearMiss.best(for: name.string, among: destinations))
        }
        let minimum = level("minimum_level", &reader) ?? lowest
        let delay =
            reader.value("after", expected: "'immediately', '5m unacknowledged' or '15m active'", Self.delay)
            ?? .immediately
        let pause = reader.span("repeat")
        if let pause, pause < .seconds(10) {
            reader.report("bad-value", "'repeat' is at least 10s, so that nobody is flooded")
        }
        let times = reader.int("times", in: 1...10_000)
        if times != nil, pause == nil {
            reader.report("times-alone", "'times' says how often 'repeat' is done, and there is no 'repeat'")
        }
        let stop = reader.value("stop", expected: "acknowledged or cleared") { Policy.Stop(rawValue: $0) }
        let (during, outside) = (reader.scalar("during"), reader.scalar("outside"))
        if during != nil, let outside {
            reader.report("two-calendars", "a step has 'during' or 'outside', not both", at: outside.location)
        }
        var hours: Policy.Hours?
        if let name = during ?? outside {
            if let calendar = calendars[name.string] {
                hours = Policy.Hours(calendar: calendar, isInside: during != nil)
            } else {
                reader.report(
                    "unknown-calendar", "there is no calendar '\(name.string)'", at: name.location,
                    hint: NearMiss.hint(for: name.string, among: calendars.keys),
                    fix: NearMiss.best(for: name.string, among: calendars.keys))
            }
        }
        let events = reader.items("on").compactMap(\.scalar).compactMap { name -> Policy.Event? in
            if let event = Policy.Event(word: name.string) { return event }
            let known = Policy.Event.allCases.map(\.rawValue)
            reader.report(
                "unknown-event", "'\(name.string)' is not an event of an alarm", at: name.location,
                hint: NearMiss.hint(for: name.string, among: known) ?? "known: \(known.joined(separator: ", "))",
                fix: NearMiss.best(for: name.string, among: known))
            return nil
        }
        let onlyNew = reader.scalar("only_new")
        let isForNewOnly = reader.bool("only_new") ?? false
        if isForNewOnly, hours == nil, let onlyNew {
            reader.report(
                "new-without-hours", "'only_new' is about the hours of a step, and this one has none",
                at: onlyNew.location,
                hint: "add 'during' or 'outside'")
        }
        let standard: Policy.Stop
        if case .active = delay { standard = .cleared } else { standard = .acknowledged }
        return Policy.Step(
            destinations: names.map(\.string), minimumLevel: minimum, delay: delay, repeatEvery: pause,
            times: times ?? .max, hours: hours,
            stop: stop ?? standard, events: events.isEmpty ? nil : Set(events), isForNewOnly: isForNewOnly)
    }

    private func level(_ key: String, _ reader: inout YAMLReader) -> Level? {
        reader.value(key, expected: "a level of the ladder: \(ladder)") { name in
            ladder.level(named: name)
        }
    }

    private static func delay(_ text: String) -> Policy.Delay? {
        if text == "immediately" { return .immediately }
        guard let space = text.lastIndex(of: " "), let span = TimeSpan(text: text[..<space]), span <= .longestWritten
        else { return nil }
        switch text[text.index(after: space)...] {
        case "unacknowledged": return .unacknowledged(span)
        case "active": return .active(span)
        default: return nil
        }
    }
}
