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
    /// Relative paths in it count from the folder that it stands in. Secrets are read from the files or the
    /// environment variables that it names.
    /// - Throws: ``DiagnosticList`` with everything that is wrong in it.
    package static func read(
        _ file: SourceFile, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(DiagnosticList) -> Configuration {
        let result = try parse(file, environment: environment)
        guard let configuration = result.configuration else { throw DiagnosticList(result.problems) }
        return configuration
    }

    /// Reads as much of a configuration file as can be.
    /// - Returns: as much of it as there is.
    /// - Throws: ``DiagnosticList`` where it is not YAML.
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
        if broker == nil, !reader.problems.hasErrors { reader.report("missing-key", "'broker' is missing here") }
        if let broker { context.client = broker.clientID }
        let store = StoreSettings.read(reader.node("store"), context, &reader)
        let ladder = ladder(&reader)
        let allowedLateness = reader.span("allowed_lateness", formerly: "lateness") ?? .minutes(10)
        let payload = reader.int("payload_bytes_max", in: 64...16_777_216) ?? 262_144
        let level = reader.value(
            "log_level", expected: "one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))"
        ) { Logger.Level(rawValue: $0) }
        var destinations: [DestinationSettings] = []
        var places: [String: SourceLocation] = [:]
        var files: [String: String] = [:]
        for path in store.map({ Store.files(at: $0.path) }) ?? [] { files[path] = "the store" }
        for node in reader.items("destinations") {
            guard let destination = DestinationSettings.read(node, ladder, context, problems: &reader.problems) else {
                continue
            }
            if let first = places.updateValue(node.location, forKey: destination.name) {
                reader.report(
                    "duplicate-destination",
                    "there are two destinations '\(destination.name)': the first is at \(first.fileAndLine)",
                    at: node.location)
            }
            destinations.append(destination)
            if case .log(let path?, _) = destination.kind { claim(path, "the log", at: node.location, &files, &reader) }
        }
        let policies = reader.scalar("policies").map { (path: context.path($0.string), place: $0) }
        if let policies, !FileManager.default.isReadableFile(atPath: policies.path) {
            reader.report(
                "missing-file", "the policies file \(policies.path) cannot be read", at: policies.place.location)
        }
        let chattering = chattering(&reader)
        let flood = flood(&reader)
        let forward = reader.node("forward").flatMap { ForwardSettings.read($0, context, problems: &reader.problems) }
        let health = health(&reader)
        let control = reader.scalar("control_socket").map { (path: context.path($0.string), place: $0) }
        if let control { claim(control.path, "the control socket", at: control.place.location, &files, &reader) }
        let problems = reader.finish().inSourceOrder()
        let place = store.map {
            StorePlace(store: $0.path, control: control?.path ?? $0.path + ".control", ladder: ladder)
        }
        guard let inventory, let profiles, let rules else { return Parsed(place: place, problems: problems) }
        let policiesFile = policies?.path ?? standardPolicies(rules)
        guard !problems.hasErrors, let broker, let store else {
            // What is wrong with one destination must not make the policies that name it wrong.
            let named = reader.items("destinations").compactMap { node -> String? in
                var destination = YAMLReader(node, "a destination")
                return destination.string("name")
            }
            let files = SiteFiles(
                inventory: inventory, profiles: profiles, rules: rules, policies: policiesFile, ladder: ladder,
                destinations: named,
                allowedLateness: allowedLateness, retention: store?.retention.readings, health: health)
            return Parsed(files: files, place: place, problems: problems)
        }
        let configuration = Configuration(
            inventory: inventory, profiles: profiles, rules: rules, broker: broker, store: store, ladder: ladder,
            allowedLateness: allowedLateness, payloadBytesMax: payload, destinations: destinations,
            policies: policiesFile, chattering: chattering, flood: flood, forward: forward,
            health: health, logLevel: (level ?? .info).rawValue,
            controlSocket: control?.path ?? store.path + ".control",
            warnings: problems)
        return Parsed(configuration: configuration, files: configuration.siteFiles, place: place, problems: problems)
    }

    /// A file that two would write to would be lost to both, and the store's most of all.
    private static func claim(
        _ path: String, _ user: String, at location: SourceLocation, _ files: inout [String: String],
        _ reader: inout YAMLReader
    ) {
        let path = Store.realPath(of: path)
        if let other = files.updateValue(user, forKey: path) {
            reader.report("shared-file", "\(path) belongs to \(other): name another file here", at: location)
        }
    }

    private static func ladder(_ reader: inout YAMLReader) -> Ladder {
        guard let node = reader.node("ladder") else { return .standard }
        let names = reader.items("ladder").compactMap(\.scalar?.string)
        if names.isEmpty || names.count > Int(Level.maximumRank) || Set(names).count != names.count
            || names.contains(Ladder.normalName)
        {
            reader.report(
                "bad-ladder", "a ladder is one to eight different levels, lowest first, without 'normal'",
                at: node.location)
            return .standard
        }
        return Ladder(names)
    }

    /// `policies.yaml` in the folder of the rules, if it is there.
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
        if let interval = values.span("every") {
            settings.interval = interval
            if interval < .seconds(1) || interval > .days(1) { values.report("bad-value", "'every' is from 1s to 1d") }
        }
        if let rules = values.value("rules", expected: "built-in or none", { ["built-in": true, "none": false][$0] }) {
            settings.hasRules = rules
        }
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

/// Where relative paths and secrets come from.
struct YAMLContext {
    /// The gateway's own client identifier, which those of its other connections begin with.
    var client = "tocsin"
    let folder: URL
    let environment: [String: String]

    func path(_ text: String) -> String {
        text.hasPrefix("/") ? text : folder.appendingPathComponent(text).standardizedFileURL.path
    }
}

extension ConnectionSettings {
    static func read(
        _ node: YAMLNode, _ what: String, defaultClient: String?, _ context: YAMLContext,
        problems: inout [Diagnostic]
    ) -> ConnectionSettings? {
        var reader = YAMLReader(node, what)
        defer { problems += reader.finish() }
        let tls = reader.node("tls").map { TLSSettings.read($0, context, problems: &reader.problems) }
        let host = reader.required("host")
        let port = reader.int("port", in: 1...65_535) ?? (tls == nil ? 1883 : 8883)
        let client = reader.string("client_id") ?? defaultClient
        if client == nil {
            reader.report(
                "missing-key",
                "'client_id' is missing here: the broker keeps the session under it, so it must stay the same")
        }
        guard let host, let client else { return nil }
        var settings = ConnectionSettings(host: host.string, port: port, clientID: client)
        settings.tls = tls
        settings.protocolVersion =
            reader.value("protocol", expected: "auto, 5 or 3.1.1") { ProtocolVersion(rawValue: $0) } ?? .auto
        if let keepalive = reader.span("keepalive") {
            // Two bytes in CONNECT (MQTT v5, 3.1.2.10).
            if keepalive < .seconds(5) || keepalive > .seconds(65_535) {
                reader.report("bad-value", "'keepalive' is from 5s to 65535s")
            }
            settings.keepaliveSeconds = Int(min(max(keepalive, .seconds(5)), .seconds(65_535)).seconds)
        }
        settings.username = reader.string("username")
        settings.password = Secret.read(&reader, "password", context)
        settings.receiveMaximum = reader.int("receive_maximum", in: 20...65_535) ?? settings.receiveMaximum
        if let expiry = reader.span("session_expiry") {
            settings.sessionExpirySeconds = UInt32(clamping: Int64(expiry.seconds))
        }
        return settings
    }
}

extension TLSSettings {
    static func read(_ node: YAMLNode, _ context: YAMLContext, problems: inout [Diagnostic]) -> TLSSettings {
        if node.scalar?.string == "true" { return TLSSettings() }
        var reader = YAMLReader(node, "TLS")
        defer { problems += reader.finish() }
        func file(_ key: String) -> String? {
            guard let text = reader.scalar(key) else { return nil }
            let path = context.path(text.string)
            if !FileManager.default.isReadableFile(atPath: path) {
                reader.report("unreadable-file", "'\(key)' names \(path), which cannot be read", at: text.location)
            }
            if key == "key" { Secret.warnIfOpen(path, &reader, at: text.location) }
            return path
        }
        let settings = TLSSettings(authorities: file("ca"), certificate: file("certificate"), key: file("key"))
        if (settings.certificate == nil) != (settings.key == nil) {
            reader.report("half-certificate", "a client certificate needs both 'certificate' and 'key'")
        }
        return settings
    }
}

extension Secret {
    fileprivate static func warnIfOpen(_ path: String, _ reader: inout YAMLReader, at location: SourceLocation) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o007 != 0 else { return }
        reader.warn(
            "open-secret", "every user of this machine can reach the secret in \(path)", at: location,
            hint: "chmod o= \(path)")
    }

    /// `<name>_file` or `<name>_env`; the secret itself has no place in a configuration.
    static func read(_ reader: inout YAMLReader, _ name: String, _ context: YAMLContext) -> Secret? {
        let file = reader.scalar("\(name)_file")
        let variable = reader.scalar("\(name)_env")
        if let file {
            let path = context.path(file.string)
            guard let secret = Secret(file: path) else {
                reader.report(
                    "unreadable-file", "'\(name)_file' names \(path), which cannot be read", at: file.location)
                return nil
            }
            warnIfOpen(path, &reader, at: file.location)
            return secret
        }
        if let variable {
            guard let text = context.environment[variable.string] else {
                reader.report(
                    "missing-secret", "the environment has no variable '\(variable.string)'", at: variable.location)
                return nil
            }
            return Secret(text)
        }
        return nil
    }
}

extension Configuration.StoreSettings {
    static func read(_ node: YAMLNode?, _ context: YAMLContext, _ parent: inout YAMLReader) -> Configuration
        .StoreSettings?
    {
        guard let node else {
            parent.report("missing-key", "'store' is missing here: where readings and alarms are kept")
            return nil
        }
        var reader = YAMLReader(node, "the store")
        defer { parent.problems += reader.finish() }
        let path = reader.required("path").map { Store.realPath(of: context.path($0.string)) }
        let delay = reader.span("commit_delay") ?? .milliseconds(250)
        let readings = reader.int("commit_readings", in: 1...1_000_000) ?? 5000
        let refused = reader.int("refused_payloads", in: 0...1_000_000) ?? 1000
        var limits = RetentionLimits(readings: .days(90), alarms: .days(3650), bytesMax: 4 << 30)
        if let node = reader.node("retention") {
            var retention = YAMLReader(node, "retention")
            limits.readings = retention.span("readings") ?? limits.readings
            limits.alarms = retention.span("alarms") ?? limits.alarms
            limits.bytesMax =
                retention.value("size", expected: "a size such as 500MB or 4GB", ByteCount.read) ?? limits.bytesMax
            reader.problems += retention.finish()
        }
        guard let path else { return nil }
        return Configuration.StoreSettings(
            path: path, commitDelay: delay, commitReadings: readings, refusedMax: refused, retention: limits)
    }
}

/// Sizes as people write them.
enum ByteCount {
    static func read(_ text: String) -> Int64? {
        for (suffix, scale) in [("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)] where text.hasSuffix(suffix) {
            let number = Double(text.dropLast(2).filter { $0 != " " })
            return number.flatMap { $0 > 0 && $0 < 1e6 ? Int64($0 * Double(scale)) : nil }
        }
        return nil
    }
}
