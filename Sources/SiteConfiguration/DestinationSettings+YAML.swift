internal import AlarmModel
internal import Diagnostics
internal import Foundation
internal import MQTT
internal import Telemetry
internal import Uplink

extension Configuration.DestinationSettings {
    private static let kinds = ["mqtt", "webhook", "cap", "exec", "log"]

    static func read(
        _ node: YAMLNode, _ ladder: Ladder, _ context: YAMLContext, problems: inout [Diagnostic]
    ) -> Configuration.DestinationSettings? {
        var reader = YAMLReader(node, "a destination")
        defer { problems += reader.finish() }
        let name = reader.required("name")
        if let name, name.string.contains(where: { $0 == "/" || $0 == "~" || $0 == "," || $0.isWhitespace }) {
            reader.report(
                "destination-name", "a destination's name cannot contain '/', '~', ',' or spaces", at: name.location,
                hint: "it is part of the identity of each escalation")
        }
        let kind = reader.required("kind")
        let minimum = reader.value(
            "minimum_level", expected: "a level of the ladder: \(ladder)"
        ) {
            ladder.level(named: $0)
        }
        guard let name, let kind else { return nil }
        let settings: Kind?
        var isGrouping = false
        switch kind.string {
        case "mqtt": settings = mqtt(&reader, name.string, kind, context)
        case "log": settings = log(&reader, context)
        case "exec":
            settings = exec(&reader, kind, context)
            isGrouping = floods(&reader) ?? false
        case "webhook":
            settings = WebhookSettings.read(&reader, context).map { .webhook($0) }
            isGrouping = floods(&reader) ?? true
        case "cap": settings = cap(&reader, name.string, kind, ladder, context)
        default:
            reader.problems.append(
                Diagnostic(
                    id: "unknown-kind", "'\(kind.string)' is not a kind of destination", at: kind.location,
                    NearMiss.suggestion(for: kind.string, among: kinds)))
            // The keys of an unknown kind are not known either, so none of them is reported.
            for key in reader.keys { _ = reader.node(key.string) }
            settings = nil
        }
        return settings.map {
            Self(name: name.string, minimumLevel: minimum ?? .lowest, isGrouping: isGrouping, kind: $0)
        }
    }

    /// Returns true if the alarms of a flood are sent together; `nil` if the file does not say.
    private static func floods(_ reader: inout YAMLReader) -> Bool? {
        reader.value("floods", expected: "'together' or 'each'") { word in
            switch word {
            case "together": true
            case "each": false
            default: nil
            }
        }
    }

    /// The topic of a key, or the default if the file has none. `nil` after a mistake.
    private static func topic(
        _ reader: inout YAMLReader, _ key: String, default standard: String
    ) -> TopicTemplate? {
        guard let text = reader.scalar(key) else { return TopicTemplate(standard) }
        let template = TopicTemplate(text.string)
        if template == nil {
            reader.report(
                "bad-topic", "'\(text.string)' is not a topic template", at: text.location,
                hint: "write names in braces and no wildcards, as in tocsin/{site}/{level}")
        }
        return template
    }

    /// A topic that always has the current state of each alarm; `nil` if the file has none, or after a mistake.
    private static func currentTopic(_ reader: inout YAMLReader) -> TopicTemplate? {
        guard let text = reader.scalar("current_topic") else { return nil }
        let template = topic(&reader, "current_topic", default: "")
        if let template, !template.isOfKey {
            reader.report(
                "bad-topic", "'current_topic' must contain {rule} and {group}, and neither {level} nor {kind}",
                at: text.location, hint: "then each alarm keeps its own topic")
        }
        return template
    }

    private static func mqtt(
        _ reader: inout YAMLReader, _ name: String, _ kind: ScalarText, _ context: YAMLContext
    ) -> Kind? {
        let topic = topic(&reader, "topic", default: "tocsin/{site}/{hazard}/{level}/{rule}")
        let current = currentTopic(&reader)
        guard let broker = reader.node("broker") else {
            reader.reportMissing("broker", "the broker of a destination of kind mqtt", at: kind.location)
            return nil
        }
        guard let connection = upstream(broker, &reader, name, context), let topic else { return nil }
        return .mqtt(connection, topic: topic, current: current)
    }

    /// A connection to a broker upstream, with the time that the broker may take to acknowledge.
    private static func upstream(
        _ broker: YAMLNode, _ reader: inout YAMLReader, _ name: String, _ context: YAMLContext
    ) -> ConnectionSettings? {
        let timeout = reader.span("timeout", in: .seconds(1)...(.hours(1)))
        var connection = ConnectionSettings.read(
            broker, "a broker", defaultClient: "\(context.client)-\(name)", context, problems: &reader.problems)
        if let timeout { connection?.acknowledgementSeconds = Int(timeout.seconds) }
        return connection
    }

    private static func log(_ reader: inout YAMLReader, _ context: YAMLContext) -> Kind {
        var rotation = LogDestination.Rotation()
        let size = reader.value("max_size", expected: "a size such as 500KB or 10MB") {
            ByteCount.read($0).flatMap(Int.init(exactly:))
        }
        rotation.bytesMax = size ?? rotation.bytesMax
        rotation.period = reader.span("max_age")
        if let period = rotation.period, period < .minutes(1) {
            reader.report("bad-value", "'max_age' must be at least 1m")
        }
        rotation.kept = reader.int("keep", in: 0...1000) ?? rotation.kept
        return .log(path: reader.string("file").map { context.path($0) }, rotation)
    }

    private static func exec(_ reader: inout YAMLReader, _ kind: ScalarText, _ context: YAMLContext) -> Kind? {
        let command = reader.items("command").compactMap(\.scalar)
        let timeout = reader.span("timeout") ?? .seconds(10)
        func report(_ message: String, at location: SourceLocation) {
            reader.report("bad-command", message, at: location, hint: "command: [/usr/local/bin/siren, --loud]")
        }
        guard let program = command.first else {
            report("'command' is missing here: the program to run, and its arguments", at: kind.location)
            return nil
        }
        let path = context.path(program.string)
        guard FileManager.default.isExecutableFile(atPath: path) else {
            let isThere = FileManager.default.fileExists(atPath: path)
            report(
                isThere ? "this user cannot run \(path): make it executable" : "there is no program \(path)",
                at: program.location)
            return nil
        }
        return .exec(command: [path] + command.dropFirst().map(\.string), timeout: timeout)
    }

    private static func cap(
        _ reader: inout YAMLReader, _ name: String, _ kind: ScalarText, _ ladder: Ladder, _ context: YAMLContext
    ) -> Kind? {
        let settings = CAPSettings.read(&reader, ladder)
        guard let node = reader.node("to") else {
            reader.reportMissing("to", "{ folder: … }, { mqtt: … } or { webhook: … }", at: kind.location)
            return nil
        }
        let carrier = carrier(node, name, context, problems: &reader.problems)
        guard let settings, let carrier else { return nil }
        return .cap(settings, carrier)
    }

    /// The carrier of CAP messages.
    private static func carrier(
        _ node: YAMLNode, _ name: String, _ context: YAMLContext, problems: inout [Diagnostic]
    ) -> CAPCarrier? {
        var reader = YAMLReader(node, "'to'")
        defer { problems += reader.finish() }
        if let folder = reader.string("folder") { return .folder(context.path(folder)) }
        if let mqtt = reader.node("mqtt") {
            var inner = YAMLReader(mqtt, "'mqtt'")
            defer { reader.problems += inner.finish() }
            let topic = topic(&inner, "topic", default: "cap/{site}/{hazard}")
            guard let broker = inner.node("broker") else {
                inner.reportMissing("broker")
                return nil
            }
            guard let connection = upstream(broker, &inner, name, context), let topic else { return nil }
            return .mqtt(connection, topic: topic)
        }
        if let webhook = reader.node("webhook") {
            var inner = YAMLReader(webhook, "a webhook")
            defer { reader.problems += inner.finish() }
            return WebhookSettings.read(&inner, context).map { .webhook($0) }
        }
        reader.report("missing-key", "'folder', 'mqtt' or 'webhook' is missing here")
        return nil
    }
}
