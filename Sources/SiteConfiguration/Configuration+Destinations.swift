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
                "destination-name", "a destination's name has no '/', '~', ',' and no spaces: it is part of identities",
                at: name.location)
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
            reader.report(
                "unknown-kind", "a destination is of kind \(kinds.joined(separator: ", "))", at: kind.location,
                hint: NearMiss.hint(for: kind.string, among: kinds), fix: NearMiss.best(for: kind.string, among: kinds))
            // What its keys would be cannot be told.
            for key in reader.keys { _ = reader.node(key.string) }
            settings = nil
        }
        return settings.map {
            Self(name: name.string, minimumLevel: minimum ?? .lowest, isGrouping: isGrouping, kind: $0)
        }
    }

    /// Whether a flood of alarms is told together; `nil` if nothing is said.
    private static func floods(_ reader: inout YAMLReader) -> Bool? {
        reader.value("floods", expected: "'together' or 'each'") { ["together": true, "each": false][$0] }
    }

    private static func template(_ reader: inout YAMLReader, _ key: String) -> String? {
        guard let text = reader.scalar(key) else { return nil }
        if TopicTemplate(text.string) == nil {
            reader.report(
                "bad-topic", "a topic template has names in braces and no wildcards: tocsin/{site}/{level}",
                at: text.location)
        }
        return text.string
    }

    private static func mqtt(_ reader: inout YAMLReader, _ name: String, _ kind: ScalarText, _ context: YAMLContext)
        -> Kind?
    {
        let topic = template(&reader, "topic") ?? "tocsin/{site}/{hazard}/{level}/{rule}"
        let currentPlace = reader.scalar("current_topic")
        let current = template(&reader, "current_topic")
        if let current, let template = TopicTemplate(current), !template.isOfKey {
            reader.report(
                "bad-topic",
                "'current_topic' has {rule} and {group}, and neither {level} nor {kind}: each alarm keeps its place there",
                at: currentPlace?.location)
        }
        guard let broker = reader.node("broker") else {
            reader.report("missing-key", "a destination of kind mqtt has a 'broker'", at: kind.location)
            return nil
        }
        return upstream(broker, &reader, name, context).map { .mqtt($0, topic: topic, current: current) }
    }

    /// A connection to a broker upstream, and beside it how long that may take to acknowledge.
    private static func upstream(
        _ broker: YAMLNode, _ reader: inout YAMLReader, _ name: String, _ context: YAMLContext
    ) -> ConnectionSettings? {
        let timeout = reader.span("timeout")
        if let timeout, timeout < .seconds(1) || timeout > .hours(1) {
            reader.report("bad-value", "'timeout' is from 1s to 1h")
        }
        var connection = ConnectionSettings.read(
            broker, "a broker", defaultClient: "\(context.client)-\(name)", context, problems: &reader.problems)
        if let timeout { connection?.acknowledgementSeconds = Int(min(max(timeout, .seconds(1)), .hours(1)).seconds) }
        return connection
    }

    private static func log(_ reader: inout YAMLReader, _ context: YAMLContext) -> Kind {
        var rotation = LogDestination.Rotation()
        rotation.bytesMax =
            reader.value(
                "max_size", expected: "a size such as 500KB or 10MB", { ByteCount.read($0).flatMap(Int.init(exactly:)) }
            )
            ?? rotation.bytesMax
        rotation.period = reader.span("max_age")
        if let period = rotation.period, period < .minutes(1) { reader.report("bad-value", "'max_age' is at least 1m") }
        rotation.kept = reader.int("keep", in: 0...1000) ?? rotation.kept
        return .log(path: reader.string("file").map { context.path($0) }, rotation)
    }

    private static func exec(_ reader: inout YAMLReader, _ kind: ScalarText, _ context: YAMLContext) -> Kind? {
        let command = reader.items("command").compactMap(\.scalar)
        let timeout = reader.span("timeout") ?? .seconds(10)
        guard let program = command.first, case let path = context.path(program.string),
            FileManager.default.isExecutableFile(atPath: path)
        else {
            let what = command.first.map { program in
                let path = context.path(program.string)
                return FileManager.default.fileExists(atPath: path)
                    ? "\(path) cannot be run by this user: is it executable?" : "there is no program \(path)"
            }
            reader.report(
                "bad-command", what ?? "'command' is missing here: the program to be run, and its arguments",
                at: command.first?.location ?? kind.location, hint: "command: [/usr/local/bin/siren, --loud]")
            return nil
        }
        return .exec(command: [path] + command.dropFirst().map(\.string), timeout: timeout)
    }

    private static func cap(
        _ reader: inout YAMLReader, _ name: String, _ kind: ScalarText, _ ladder: Ladder, _ context: YAMLContext
    ) -> Kind? {
        let settings = CAPSettings.read(&reader, ladder)
        guard let node = reader.node("to") else {
            reader.report(
                "missing-key", "a destination of kind cap has 'to': { folder: … }, { mqtt: … } or { webhook: … }",
                at: kind.location)
            return nil
        }
        var to = YAMLReader(node, "where CAP messages go")
        defer { reader.problems += to.finish() }
        guard let settings else { return nil }
        if let folder = to.string("folder") { return .cap(settings, .folder(context.path(folder))) }
        if let mqtt = to.node("mqtt") {
            var inner = YAMLReader(mqtt, "where CAP messages go")
            defer { to.problems += inner.finish() }
            let topic = template(&inner, "topic") ?? "cap/{site}/{hazard}"
            guard let broker = inner.node("broker") else {
                inner.report("missing-key", "'broker' is missing here")
                return nil
            }
            return upstream(broker, &inner, name, context).map { .cap(settings, .mqtt($0, topic: topic)) }
        }
        if let webhook = to.node("webhook") {
            var inner = YAMLReader(webhook, "a webhook")
            defer { to.problems += inner.finish() }
            return WebhookSettings.read(&inner, context).map { .cap(settings, .webhook($0)) }
        }
        to.report("missing-key", "'folder', 'mqtt' or 'webhook' is missing here")
        return nil
    }
}

extension WebhookSettings {
    static func read(_ reader: inout YAMLReader, _ context: YAMLContext) -> WebhookSettings? {
        let url = reader.required("url")
        var settings = WebhookSettings(url: url?.string ?? "")
        settings.timeout = reader.span("timeout") ?? settings.timeout
        settings.secret = Secret.read(&reader, "secret", context)
        settings.authorization = Secret.read(&reader, "authorization", context)
        if let node = reader.node("tls") {
            let tls = TLSSettings.read(node, context, problems: &reader.problems)
            (settings.authorities, settings.certificate, settings.key) = (tls.authorities, tls.certificate, tls.key)
        }
        if let authorization = settings.authorization,
            !authorization.value.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
        {
            reader.report(
                "bad-secret",
                "the webhook's 'authorization' has a line break or another character that no HTTP header has")
        }
        if let secret = settings.secret, secret.value.utf8.count < 16 {
            reader.report(
                "weak-secret",
                "the webhook's secret has \(secret.value.utf8.count) bytes; a signature needs at least 16")
        }
        if let url, !WebhookSettings.isAllowed(url.string) {
            reader.report(
                "bad-url", "this is no https:// address (http:// only to this machine itself), or it holds a password",
                at: url.location)
        }
        return url == nil ? nil : settings
    }
}

extension CAPSettings {
    static func read(_ reader: inout YAMLReader, _ ladder: Ladder) -> CAPSettings? {
        let sender = reader.required("sender")
        if let sender, !CAPSettings.isName(sender.string) {
            reader.report(
                "bad-sender", "a CAP sender has no spaces, no commas and neither '<' nor '&': tocsin@flood.example.org",
                at: sender.location
            )
        }
        func word<T: RawRepresentable & CaseIterable>(_ key: String, _ type: T.Type) -> T? where T.RawValue == String {
            reader.value(key, expected: "one of \(T.allCases.map(\.rawValue).joined(separator: ", "))") {
                T(rawValue: $0)
            }
        }
        // What the public takes for real is said, not assumed.
        let status = word("status", Status.self)
        if status == nil, reader.node("status") == nil {
            reader.report("missing-key", "'status' is missing here: Actual, Exercise or Test")
        }
        var settings = CAPSettings(sender: sender?.string ?? "", status: status ?? .test, ladder: ladder)
        settings.scope = word("scope", Scope.self) ?? .isPublic
        settings.senderName = reader.string("sender_name")
        settings.restriction = reader.string("restriction")
        settings.addresses = reader.items("addresses").compactMap(\.scalar?.string)
        settings.note = reader.string("note")
        settings.contact = reader.string("contact")
        settings.language = reader.string("language") ?? settings.language
        settings.validity = reader.span("valid_for") ?? settings.validity
        let radius = reader.value("radius_km", expected: "kilometres from 0 to 1000") {
            Double($0).flatMap { 0...1000 ~= $0 ? $0 : nil }
        }
        settings.radius = radius ?? settings.radius
        for (hazard, category) in reader.strings("categories") {
            if !CAPSettings.categoryNames.contains(category.string) {
                reader.report(
                    "bad-category", "'\(category.string)' is no category of CAP", at: category.location,
                    hint: "one of \(CAPSettings.categoryNames.joined(separator: ", "))")
            }
            settings.categories[hazard.string] = category.string
        }
        for (hazard, event) in reader.strings("events") { settings.events[hazard.string] = event.string }
        // CAP 1.2, 3.2.1
        if settings.scope == .restricted, settings.restriction == nil {
            reader.report("missing-key", "scope Restricted needs 'restriction': who may have it")
        }
        if settings.scope == .isPrivate, settings.addresses.isEmpty {
            reader.report("missing-key", "scope Private needs 'addresses': whom it is for")
        }
        if settings.status == .exercise, settings.note == nil {
            reader.report("missing-key", "status Exercise needs 'note': which exercise it is")
        }
        return sender == nil ? nil : settings
    }
}

extension ForwardSettings {
    static func read(_ node: YAMLNode, _ context: YAMLContext, problems: inout [Diagnostic]) -> ForwardSettings? {
        var reader = YAMLReader(node, "the forward of readings")
        defer { problems += reader.finish() }
        let topic = reader.string("topic") ?? "tocsin/{site}/readings/{device}"
        let form = reader.value("send", expected: "readings or summaries") { Form(rawValue: $0) } ?? .summaries
        let rate = reader.int("per_second", in: 1...100_000) ?? 200
        guard let broker = reader.node("broker") else {
            reader.report("missing-key", "'broker' is missing here: where readings are forwarded to")
            return nil
        }
        return ConnectionSettings.read(
            broker, "a broker", defaultClient: "\(context.client)-forward", context, problems: &reader.problems
        )
        .map { ForwardSettings(broker: $0, topic: topic, form: form, perSecond: rate) }
    }
}
