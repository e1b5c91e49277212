internal import Alarms
package import Devices
internal import Diagnostics
package import Escalation
internal import Foundation
package import MQTT
package import RuleLanguage
package import Store
package import Telemetry
internal import Uplink

/// The devices, rules and policies of a site, checked and compiled: everything that a reload replaces.
package struct SiteModel: Sendable {
    package var site: Site
    package var rules: CompiledRules
    package var series: SeriesRegistry
    package var policies: PolicySet

    /// Reads the files that a configuration names.
    ///
    /// - Parameters:
    ///   - maintenance: the sensors that operators have put into maintenance.
    ///   - numbering: returns the number of every series: from the store, or ``numberInOrder(_:)`` if there is none.
    /// - Throws: ``DiagnosticList`` with every mistake in any file, or the error of `numbering`.
    package static func load(
        _ configuration: Configuration, maintenance: [Maintenance] = [],
        numbering: ([SeriesName]) throws -> [SeriesName: SeriesID]
    ) throws -> SiteModel {
        var model = try read(configuration.siteFiles, maintenance: maintenance, numbering: numbering)
        model.rules.warnings += expiringMessages(configuration, model.policies) + configuration.warnings
        model.rules.warnings += escapedInTopics(configuration, model.site, model.rules)
        return model
    }

    /// Reads the files of a site. A mistake in one of them does not hide the mistakes in the others.
    ///
    /// - Parameters: as for ``load(_:maintenance:numbering:)``.
    /// - Throws: ``DiagnosticList`` with every mistake in any file, or the error of `numbering`.
    package static func read(
        _ files: Configuration.SiteFiles, maintenance: [Maintenance] = [],
        numbering: ([SeriesName]) throws -> [SeriesName: SeriesID]
    ) throws -> SiteModel {
        var problems: [Diagnostic] = []
        let (parsedSite, isPartial) = site(files, &problems)
        let ruleFiles = found(&problems) { () throws(DiagnosticList) in
            try SourceFolder.files(files.rules, what: "rules", except: files.policies)
        }
        let zone = ZoneTable(timeZone: parsedSite?.timeZone ?? "UTC")
        let policies = found(&problems) { () throws(DiagnosticList) in try Self.policies(files, zone) }
        guard var site = parsedSite else {
            // Without the devices, only the form of the rules can be checked.
            throw DiagnosticList(problems + RuleCompiler.mistakesOfForm(ruleFiles ?? []))
        }
        if files.health.hasRules { site.watchDevices() }
        site.apply(maintenance)
        site.devices.append(.gateway(of: site.name, interval: files.health.interval))
        // The store must not number the series of devices with mistakes.
        let names = SeriesRegistry.names(of: site)
        let series = try SeriesRegistry(names, problems.isEmpty ? numbering(names) : numberInOrder(names))
        let compiler = RuleCompiler(
            RuleContext(
                ladder: files.ladder, policies: policies?.names, allowedLateness: files.allowedLateness,
                retention: files.retention, zone: zone))
        var rules: CompiledRules?
        do {
            rules = try compiler.compile(ruleFiles ?? [], builtIn: builtInRules(files, site), for: site) {
                series.id(device: $0, quantity: $1.name)
            }
        } catch {
            // If devices could not be read, a rule may only lack those devices.
            problems += error.diagnostics.filter { !isPartial || !Self.ofMissingDevices.contains($0.id) }
        }
        guard var rules, let policies, problems.isEmpty else { throw DiagnosticList(problems) }
        rules.warnings += idlePolicies(policies, rules)
        return SiteModel(site: site, rules: rules, series: series, policies: policies)
    }

    /// The result of `read`, or `nil` after mistakes, which are added to the problems.
    private static func found<T>(_ problems: inout [Diagnostic], _ read: () throws(DiagnosticList) -> T) -> T? {
        do {
            return try read()
        } catch {
            problems += error.diagnostics
            return nil
        }
    }

    /// Reads the inventory and the profiles.
    /// - Returns: the devices without mistakes, if the inventory could be read; and whether any device had a mistake.
    private static func site(
        _ files: Configuration.SiteFiles, _ problems: inout [Diagnostic]
    ) -> (site: Site?, isPartial: Bool) {
        let profiles = found(&problems) { () throws(DiagnosticList) in
            try SourceFolder.files(files.profiles, what: "device profiles")
        }
        let inventory = found(&problems) { () throws(DiagnosticList) in try SourceFolder.file(files.inventory) }
        guard let profiles, let inventory else { return (nil, false) }
        let parsed = found(&problems) { () throws(DiagnosticList) in
            try Site.parse(inventory: inventory, profiles: profiles) { path throws(DiagnosticList) in
                let folder = URL(fileURLWithPath: files.inventory).deletingLastPathComponent()
                return try SourceFolder.file(URL(fileURLWithPath: path, relativeTo: folder).path)
            }
        }
        problems += parsed?.problems ?? []
        if let site = parsed?.site, !ZoneTable.isKnown(site.timeZone) {
            problems.append(
                Diagnostic(
                    id: "unknown-zone", "'\(site.timeZone)' is not in the time zone database",
                    at: site.timeZoneLocation, hint: "write it as Asia/Shanghai, America/New_York or UTC"))
        }
        return (parsed?.site, parsed?.problems.isEmpty == false)
    }

    /// The rules that watch the gateway and its devices.
    private static func builtInRules(_ files: Configuration.SiteFiles, _ site: Site) -> [SourceFile] {
        guard files.health.hasRules else { return [] }
        return [HealthRules.file(ladder: files.ladder)] + HealthRules.deviceFiles(ladder: files.ladder, for: site)
    }

    /// The ids of mistakes in rules that may only be due to devices that could not be read.
    private static let ofMissingDevices: Set<String> = [
        "unknown-quantity", "unknown-label", "unknown-summary-name", "idle-rule", "no-sensor", "no-group",
        "label-not-shared",
        "no-quantity",
    ]

    private static func policies(_ files: Configuration.SiteFiles, _ zone: ZoneTable) throws(DiagnosticList)
        -> PolicySet
    {
        guard let path = files.policies else { return PolicySet(zone: zone) }
        return try PolicySet.read(
            SourceFolder.file(path), ladder: files.ladder, destinations: files.destinations, zone: zone)
    }

    /// The topic filters that the gateway subscribes to: the devices' topics, and the broker's own count of messages
    /// that it dropped.
    package var filters: [String] { site.filters + [GatewayQuantity.droppedTopic] }

    /// The number of sensors that publish on a topic of a refused filter.
    package func sensorsUnheard(_ refused: [RefusedFilter]) -> Int {
        if refused.isEmpty { return 0 }
        let filters = refused.map { TopicFilter($0.filter) }
        return site.sensors.count { device in
            device.topics.contains { topic in filters.contains { $0.covers(TopicFilter(topic)) } }
        }
    }

    /// The fingerprints of the rule files, by name.
    package var ruleVersions: [String: String] {
        Dictionary(rules.rules.map { ($0.location.file, $0.version) }) { first, _ in first }
    }

    /// The size of the site, for the log: `12 devices, 30 rules, 2 policies`.
    package var summary: String {
        "\(site.sensors.count) devices, \(rules.rules.count) rules, \(policies.policies.count) policies"
    }

    /// A numbering for checks that have no store.
    package static func numberInOrder(_ names: [SeriesName]) -> [SeriesName: SeriesID] {
        Dictionary(names.enumerated().map { ($1, SeriesID(index: Int32($0))) }) { first, _ in first }
    }
}
