internal import Alarms
package import Devices
package import Diagnostics
package import Escalation
internal import Foundation
package import MQTT
package import RuleLanguage
package import Store
package import Telemetry
internal import Uplink

/// Devices and rules, read, checked and compiled: everything that a reload replaces.
package struct SiteModel: Sendable {
    package var site: Site
    package var rules: CompiledRules
    package var series: SeriesRegistry
    package var policies: PolicySet

    /// Reads the files that a configuration names.
    ///
    /// - Parameters:
    ///   - maintenance: the sensors that operators have put into maintenance.
    ///   - numbering: gives every series its number; from the store, or made up for a mere check.
    /// - Throws: ``DiagnosticList`` with every mistake in any file; or what `numbering` throws.
    package static func load(
        _ configuration: Configuration, maintenance: [Maintenance] = [],
        numbering: ([SeriesName]) throws -> [SeriesName: SeriesID]
    ) throws -> SiteModel {
        var model = try read(configuration.siteFiles, maintenance: maintenance, numbering: numbering)
        model.rules.warnings += expiringMessages(configuration, model.policies) + configuration.warnings
        model.rules.warnings += escapedInTopics(configuration, model.site, model.rules)
        return model
    }

    /// Reads the files of a site, all of them also where one has mistakes.
    package static func read(
        _ files: Configuration.SiteFiles, maintenance: [Maintenance] = [],
        numbering: ([SeriesName]) throws -> [SeriesName: SeriesID]
    ) throws -> SiteModel {
        var problems: [Diagnostic] = []
        func found<T>(_ read: () throws(DiagnosticList) -> T) -> T? {
            do {
                return try read()
            } catch {
                problems += error.diagnostics
                return nil
            }
        }
        let profiles = found { () throws(DiagnosticList) in
            try SourceFolder.files(files.profiles, what: "device profiles")
        }
        let inventory = found { () throws(DiagnosticList) in try SourceFolder.file(files.inventory) }
        let ruleFiles = found { () throws(DiagnosticList) in
            try SourceFolder.files(files.rules, what: "rules", except: files.policies)
        }
        var site: Site?
        var isPartial = false
        if let profiles, let inventory {
            let parsed = found { () throws(DiagnosticList) in try Site.parse(inventory: inventory, profiles: profiles) }
            site = parsed?.site
            problems += parsed?.problems ?? []
            isPartial = parsed?.problems.isEmpty == false
        }
        if let site, !ZoneTable.isKnown(site.timeZone) {
            problems.append(
                Diagnostic(
                    id: "unknown-zone", "'\(site.timeZone)' is not in the time zone database",
                    at: site.timeZoneLocation,
                    hint: "write it as Asia/Shanghai, America/New_York or UTC"))
        }
        let zone = ZoneTable(timeZone: site?.timeZone ?? "UTC")
        let policies = found { () throws(DiagnosticList) in try Self.policies(files, zone) }
        guard var site else {
            // Without its devices only the form of a rule can be checked.
            throw DiagnosticList(problems + RuleCompiler.mistakesOfForm(ruleFiles ?? []))
        }
        if files.health.hasRules { site.watchDevices() }
        site.apply(maintenance)
        site.devices.append(.gateway(of: site.name, interval: files.health.interval))
        // What is wrong with devices is not to be kept anywhere.
        let names = SeriesRegistry.names(of: site)
        let series = SeriesRegistry(try problems.isEmpty ? numbering(names) : numberInOrder(names))
        let compiler = RuleCompiler(
            RuleContext(
                ladder: files.ladder, policies: policies?.names, allowedLateness: files.allowedLateness,
                retention: files.retention,
                zone: zone))
        var builtIn: [SourceFile] = []
        if files.health.hasRules {
            builtIn.append(HealthRules.file(ladder: files.ladder))
            if site.hasSequences { builtIn.append(HealthRules.sequenceFile(ladder: files.ladder)) }
            if site.hasTests { builtIn.append(HealthRules.plausibilityFile(ladder: files.ladder)) }
            if site.hasClocks { builtIn.append(HealthRules.clockFile(ladder: files.ladder)) }
        }
        var rules: CompiledRules?
        do {
            rules = try compiler.compile(ruleFiles ?? [], builtIn: builtIn, for: site) {
                series.id(device: $0, quantity: $1.name)
            }
        } catch {
            // What rules miss may be what is wrong with the devices.
            problems += error.diagnostics.filter { !isPartial || !Self.ofMissingDevices.contains($0.id) }
        }
        guard var rules, let policies, problems.isEmpty else { throw DiagnosticList(problems) }
        rules.warnings += idlePolicies(policies, rules)
        return SiteModel(site: site, rules: rules, series: series, policies: policies)
    }

    /// The mistakes of rules that may come of devices that could not be read.
    private static let ofMissingDevices: Set<String> = [
        "unknown-quantity", "unknown-label", "unknown-summary-name", "idle-rule", "no-sensor", "no-group",
        "label-not-shared",
        "no-quantity",
    ]

    /// Policies that no alarm ever comes to: whom they name is not told, or those are whom other policies name.
    private static func idlePolicies(_ policies: PolicySet, _ rules: CompiledRules) -> [Diagnostic] {
        let named = Set(rules.rules.compactMap(\.escalate))
        return policies.policies.filter { !named.contains($0.name) }.compactMap { policy in
            let isMet = rules.instances.contains { instance in
                let rule = rules.rules[instance.rule]
                return !instance.isBallot
                    && policy.matches(
                        hazard: rule.hazard, rule: rule.name, group: instance.group, labels: instance.labels)
            }
            if isMet { return nil }
            let matchers = policy.matchers.map { "\($0.key): \($0.pattern)" }.joined(separator: ", ")
            return Diagnostic(
                .warning, id: "idle-policy",
                policy.matchers.isEmpty
                    ? "the policy '\(policy.name)' applies to nothing: no rule names it in 'escalate', and it has no 'where'"
                    : "the policy '\(policy.name)' applies to nothing: no rule in any group has { \(matchers) }",
                at: policy.location,
                hint: "the keys of 'where' are hazard, rule, group, and the labels of devices and rules")
        }
    }

    /// A CAP message that nobody renews is over while its alarm is not.
    private static func expiringMessages(_ configuration: Configuration, _ policies: PolicySet) -> [Diagnostic] {
        configuration.destinations.compactMap { destination in
            guard case .cap(let settings, _) = destination.kind else { return nil }
            let isRenewed = policies.policies.flatMap(\.steps).contains { step in
                step.destinations.contains(destination.name) && step.stop == .cleared
                    && (step.repeatEvery.map { $0 < settings.validity } ?? false)
            }
            if isRenewed { return nil }
            let span = TimeSpanText.short(settings.validity)
            return Diagnostic(
                .warning, id: "cap-expires",
                "the CAP messages of '\(destination.name)' expire after \(span) even if the alarm is still active",
                hint: "renew them by a policy's step to it with 'repeat' shorter than that, and 'stop: cleared'")
        }
    }

    /// Names that look otherwise in upstream topics than in the files.
    private static func escapedInTopics(_ configuration: Configuration, _ site: Site, _ rules: CompiledRules)
        -> [Diagnostic]
    {
        configuration.destinations.flatMap { destination -> [Diagnostic] in
            let texts: [String?]
            switch destination.kind {
            case .mqtt(_, let topic, let current): texts = [topic, current]
            case .cap(_, .mqtt(_, let topic)): texts = [topic]
            case .cap, .webhook, .exec, .log: return []
            }
            let used = Set(texts.compactMap { $0 }.compactMap { TopicTemplate($0) }.flatMap(\.namesUsed))
            var values: Set<String> = []
            if used.contains("site") { values.insert(site.name) }
            if used.contains("rule") { values.formUnion(rules.rules.map(\.name)) }
            if used.contains("hazard") { values.formUnion(rules.rules.map(\.hazard)) }
            for device in site.sensors {
                values.formUnion(device.labels.filter { used.contains($0.key) || used.contains("group") }.values)
            }
            return values.filter { TopicTemplate.escaped($0) != $0 }.sorted().map { value in
                Diagnostic(
                    .warning, id: "escaped-in-topic",
                    "'\(value)' is written '\(TopicTemplate.escaped(value))' in the topics of the destination '\(destination.name)'",
                    hint: "'+', '#' and control characters cannot stand in a topic")
            }
        }
    }

    private static func policies(_ files: Configuration.SiteFiles, _ zone: ZoneTable) throws(DiagnosticList)
        -> PolicySet
    {
        guard let path = files.policies else { return PolicySet(zone: zone) }
        return try PolicySet.read(
            SourceFolder.file(path), ladder: files.ladder, destinations: files.destinations, zone: zone)
    }

    /// What the gateway subscribes to: the devices' topics, and the broker's own count of what it has thrown away.
    package var filters: [String] { site.filters + [GatewayQuantity.droppedTopic] }

    /// How many sensors publish where only a refused filter would bring it.
    package func sensorsUnheard(_ refused: [RefusedFilter]) -> Int {
        if refused.isEmpty { return 0 }
        let filters = refused.map { TopicFilter($0.filter) }
        return site.sensors.count { device in filters.contains { $0.covers(TopicFilter(device.topic)) } }
    }

    /// The fingerprints of the rule files, by name.
    package var ruleVersions: [String: String] {
        Dictionary(rules.rules.map { ($0.location.file, $0.version) }) { first, _ in first }
    }

    package var summary: String {
        "\(site.sensors.count) devices, \(rules.rules.count) rules, \(policies.policies.count) policies"
    }

    /// A numbering for checks that have no store.
    package static func numberInOrder(_ names: [SeriesName]) -> [SeriesName: SeriesID] {
        Dictionary(names.enumerated().map { ($1, SeriesID(index: Int32($0))) }) { first, _ in first }
    }
}

/// The numbers of a site's series.
package struct SeriesRegistry: Sendable {
    private var ids: [String: [String: SeriesID]] = [:]
    /// Device and quantity by number; empty where a number belongs to no device of this site.
    package private(set) var devices: [String] = []
    package private(set) var quantities: [String] = []

    package init(_ numbers: [SeriesName: SeriesID]) {
        let count = Int((numbers.values.max()?.index ?? -1) + 1)
        devices = Array(repeating: "", count: count)
        quantities = devices
        for (name, id) in numbers {
            ids[name.device, default: [:]][name.quantity] = id
            devices[Int(id.index)] = name.device
            quantities[Int(id.index)] = name.quantity
        }
    }

    /// - Precondition: the series is one of the site that the registry was made for.
    package func id(device: String, quantity: String) -> SeriesID {
        guard let id = ids[device]?[quantity] else { preconditionFailure("no series for \(device) \(quantity)") }
        return id
    }

    package static func names(of site: Site) -> [SeriesName] {
        site.devices.flatMap { device in
            device.fields.map {
                SeriesName(device: device.id, quantity: $0.quantity.name, unit: $0.quantity.unit.symbol)
            }
        }
    }
}

/// The files that people write, from a folder or by name.
package enum SourceFolder {
    /// Every `.yaml` and `.yml` file in a folder and below it, by name; or the one file, if it is one.
    /// - Parameter excluded: the path of a file that is something else.
    package static func files(_ path: String, what: String, except excluded: String? = nil) throws(DiagnosticList)
        -> [SourceFile]
    {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw DiagnosticList([
                Diagnostic(id: "missing-file", "there is no file or folder \(path), where the \(what) should be")
            ])
        }
        if !isFolder.boolValue { return [try file(path)] }
        // Behind a link to a folder nothing is found.
        let folder = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        var files: [SourceFile] = []
        for name in names.sorted()
        where (name.hasSuffix(".yaml") || name.hasSuffix(".yml")) && path + "/" + name != excluded {
            files.append(try file(path + "/" + name))
        }
        return files
    }

    package static func file(_ path: String) throws(DiagnosticList) -> SourceFile {
        guard let data = FileManager.default.contents(atPath: path) else {
            var isFolder: ObjCBool = false
            let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            let what =
                isFolder.boolValue
                ? "\(path) is a folder, and a file was expected" : "\(path) may not be read by this user"
            var diagnostic = Diagnostic(id: "missing-file", isThere ? what : "there is no file \(path)")
            diagnostic.path = path
            throw DiagnosticList([diagnostic])
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw DiagnosticList([Diagnostic(id: "not-utf8", "\(path) is not UTF-8")])
        }
        return SourceFile(name: shown(path), text: text)
    }

    /// Relative to where the command was started, if it lies below.
    private static func shown(_ path: String) -> String {
        let here = FileManager.default.currentDirectoryPath + "/"
        return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
    }
}
