internal import AlarmModel
internal import Alarms
package import Diagnostics
internal import Foundation
internal import Logging
internal import MQTT
internal import Store
internal import Telemetry
internal import Uplink

extension Configuration {
    /// Reads a configuration file.
    ///
    /// Relative paths in it start at the folder of the file. Secrets are read from the files or the environment
    /// variables that it names.
    /// - Throws: ``DiagnosticList`` with all mistakes in it.
    package static func read(
        _ file: SourceFile, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(DiagnosticList) -> Configuration {
        let result = try parse(file, environment: environment)
        guard let configuration = result.configuration else { throw DiagnosticList(result.problems) }
        return configuration
    }

    /// Reads a configuration file, even if it has mistakes.
    /// - Returns: the parts that could be read.
    /// - Throws: ``DiagnosticList`` if it is not YAML.
    package static func parse(
        _ file: SourceFile, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(DiagnosticList) -> Parsed {
        let folder = URL(fileURLWithPath: file.name).deletingLastPathComponent()
        var context = YAMLContext(folder: folder, environment: environment)
        var reader = YAMLReader(try YAMLNode.parse(file), "a configuration")
        let inventory = reader.required("site").map { context.path($0.string) }
        let profiles = reader.required("profiles").map { context.path($0.string) }
        let rules = reader.required("rules").map { context.path($0.string) }
        let broker = reader.node("broker").flatMap { node -> ConnectionSettings? in
            ConnectionSettings.read(node, "the broker", defaultClient: nil, context, problems: &reader.problems)
        }
        if broker == nil, !reader.problems.hasErrors { reader.reportMissing("broker", "the broker of the sensors") }
        if let broker { context.client = broker.clientID }
        let store = StoreSettings.read(reader.node("store"), context, &reader)
        var files = FileClaims()
        for path in store.map({ Store.files(at: $0.path) }) ?? [] { files.claim(path, for: "the store") }
        let ladder = ladder(&reader)
        let allowedLateness = reader.span("allowed_lateness", formerly: "lateness") ?? .minutes(10)
        let payload = reader.int("payload_bytes_max", in: 64...16_777_216) ?? 262_144
        let logLevel = logLevel(&reader) ?? .info
        let destinations = destinations(ladder, context, &files, &reader)
        let policies = policies(context, &reader) ?? rules.flatMap(standardPolicies)
        let chattering = chattering(&reader)
        let flood = flood(&reader)
        let forward = reader.node("forward").flatMap { ForwardSettings.read($0, context, problems: &reader.problems) }
        let health = health(&reader)
        let control = controlSocket(context, &files, &reader) ?? store.map { $0.path + ".control" }
        let problems = reader.finish().inSourceOrder()
        var parsed = Parsed(problems: problems)
        if let store, let control { parsed.place = StorePlace(store: store.path, control: control, ladder: ladder) }
        guard let inventory, let profiles, let rules else { return parsed }
        parsed.files = SiteFiles(
            inventory: inventory, profiles: profiles, rules: rules, policies: policies, ladder: ladder,
            destinations: destinationNames(&reader), allowedLateness: allowedLateness,
            retention: store?.retention.readings, health: health)
        guard !problems.hasErrors, let broker, let store, let control else { return parsed }
        let configuration = Configuration(
            inventory: inventory, profiles: profiles, rules: rules, broker: broker, store: store, ladder: ladder,
            allowedLateness: allowedLateness, payloadBytesMax: payload, destinations: destinations,
            policies: policies, chattering: chattering, flood: flood, forward: forward, health: health,
            logLevel: logLevel, controlSocket: control, warnings: problems)
        parsed.configuration = configuration
        parsed.files = configuration.siteFiles
        return parsed
    }

    /// Returns the names of all destinations, including those with a mistake. Otherwise a mistake in a destination
    /// would make the policies that name it wrong.
    private static func destinationNames(_ reader: inout YAMLReader) -> [String] {
        reader.items("destinations").compactMap { node in
            var destination = YAMLReader(node, "a destination")
            return destination.string("name")
        }
    }

    private static func destinations(
        _ ladder: Ladder, _ context: YAMLContext, _ files: inout FileClaims, _ reader: inout YAMLReader
    ) -> [DestinationSettings] {
        var destinations: [DestinationSettings] = []
        var locations: [String: SourceLocation] = [:]
        for node in reader.items("destinations") {
            guard let destination = DestinationSettings.read(node, ladder, context, problems: &reader.problems) else {
                continue
            }
            if let first = locations.updateValue(node.location, forKey: destination.name) {
                reader.problems.append(
                    .duplicate(
                        id: "duplicate-destination", "destinations", named: destination.name, at: node.location,
                        first: first))
            }
            destinations.append(destination)
            if case .log(let path?, _) = destination.kind {
                files.claim(path, for: "the log", at: node.location, &reader)
            }
        }
        return destinations
    }

    /// The policies file that the configuration names.
    private static func policies(_ context: YAMLContext, _ reader: inout YAMLReader) -> String? {
        guard let text = reader.scalar("policies") else { return nil }
        let path = context.path(text.string)
        if !FileManager.default.isReadableFile(atPath: path) {
            reader.report("missing-file", "the policies file \(path) cannot be read", at: text.location)
        }
        return path
    }

    private static func controlSocket(
        _ context: YAMLContext, _ files: inout FileClaims, _ reader: inout YAMLReader
    ) -> String? {
        guard let text = reader.scalar("control_socket") else { return nil }
        let path = context.path(text.string)
        files.claim(path, for: "the control socket", at: text.location, &reader)
        return path
    }

    private static func logLevel(_ reader: inout YAMLReader) -> Logger.Level? {
        let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
        return reader.value("log_level", expected: "one of \(levels)") { Logger.Level(rawValue: $0) }
    }

    private static func ladder(_ reader: inout YAMLReader) -> Ladder {
        guard let node = reader.node("ladder") else { return .standard }
        let names = reader.items("ladder").compactMap(\.scalar?.string)
        if names.isEmpty || names.count > Int(Level.maximumRank) || Set(names).count != names.count
            || names.contains(Ladder.normalName)
        {
            reader.report(
                "bad-ladder",
                "a ladder needs from 1 to \(Level.maximumRank) different levels, lowest first, without 'normal'",
                at: node.location)
            return .standard
        }
        return Ladder(names)
    }

    /// `policies.yaml` in the folder of the rules, if it exists.
    private static func standardPolicies(_ rules: String) -> String? {
        let path = rules + "/policies.yaml"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    private static func chattering(_ reader: inout YAMLReader) -> ChatteringLimit {
        var limit = ChatteringLimit()
        guard let node = reader.node("chattering", formerly: "flapping") else { return limit }
        var values = YAMLReader(node, "chattering")
        limit.changes = values.int("changes", in: 3...1000) ?? limit.changes
        limit.within = values.span("within") ?? limit.within
        reader.problems += values.finish()
        return limit
    }

    private static func health(_ reader: inout YAMLReader) -> HealthSettings {
        var settings = HealthSettings(interval: .seconds(30), hasRules: true)
        guard let node = reader.node("health") else { return settings }
        var values = YAMLReader(node, "health")
        settings.interval = values.span("every", in: .seconds(1)...(.days(1))) ?? settings.interval
        let hasRules: Bool? = values.value("rules", expected: "built-in or none") { word in
            switch word {
            case "built-in": true
            case "none": false
            default: nil
            }
        }
        settings.hasRules = hasRules ?? settings.hasRules
        reader.problems += values.finish()
        return settings
    }

    private static func flood(_ reader: inout YAMLReader) -> FloodLimit {
        var limit = FloodLimit()
        guard let node = reader.node("flood") else { return limit }
        var values = YAMLReader(node, "flood")
        limit.alarms = values.int("alarms", in: 1...100_000) ?? limit.alarms
        limit.within = values.span("within") ?? limit.within
        limit.pause = values.span("pause") ?? limit.pause
        reader.problems += values.finish()
        return limit
    }
}

/// The files that a gateway writes to. If two parts wrote to the same file, both would lose data.
private struct FileClaims {
    /// The user of each file, by its real path.
    private var users: [String: String] = [:]

    mutating func claim(_ path: String, for user: String) { users[path] = user }

    /// Claims a file, and reports a file that already has a user.
    mutating func claim(
        _ path: String, for user: String, at location: SourceLocation, _ reader: inout YAMLReader
    ) {
        let path = Store.realPath(of: path)
        if let other = users.updateValue(user, forKey: path) {
            reader.report("shared-file", "\(path) belongs to \(other): name another file here", at: location)
        }
    }
}
