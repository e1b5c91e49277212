package import Devices
internal import Diagnostics
internal import Foundation
package import Logging
package import MQTT
package import Pipeline
internal import RuleLanguage
package import SiteConfiguration
package import Store
internal import Synchronization
package import Telemetry
package import Uplink
package import Wire

/// The environment of a gateway. The live gateway, the simulation, the demonstration and replay differ only in this.
package struct Surroundings: Sendable {
    package var clock: any GatewayClock
    /// Makes the link to the broker, from the filters to subscribe to and the filters to leave. The broker's session
    /// may hold the latter from earlier runs.
    package var link: @Sendable (LinkRequest) -> any BrokerLink
    /// Makes the destinations of a configuration, in its order.
    package var destinations: @Sendable (Configuration) throws -> [any Destination]
    /// Reads devices, rules and policies for the sensors in maintenance, and numbers their series as the store does.
    package var siteModel: @Sendable (Configuration, [Maintenance], Store) throws -> SiteModel

    package init(
        clock: any GatewayClock,
        link: @escaping @Sendable (LinkRequest) -> any BrokerLink,
        destinations: @escaping @Sendable (Configuration) throws -> [any Destination],
        siteModel: @escaping @Sendable (Configuration, [Maintenance], Store) throws -> SiteModel = {
            configuration, maintenance, store in
            try SiteModel.load(configuration, maintenance: maintenance) { try store.series($0) }
        }
    ) {
        self.clock = clock
        self.link = link
        self.destinations = destinations
        self.siteModel = siteModel
    }
}

/// A request for a link to the broker.
package struct LinkRequest: Sendable {
    package var configuration: Configuration
    /// The filters to subscribe to.
    package var filters: [String]
    /// Filters that the broker's session may still hold, and that are no longer wanted.
    package var filtersToLeave: Set<String>
    package var logger: Logger
}

/// A complete gateway, from the store to the destinations, without threads. Its owner runs the turns of the pipeline
/// and of the destinations' workers.
///
/// ``Gateway`` runs it on its own thread, with the services beside it. The simulation runs it step by step.
package final class GatewayCore: Sendable {
    package let configuration: Configuration
    package let store: Store
    package let siteModel: SiteModel
    package let mailbox: Mailbox
    package let dispatcher: Dispatcher
    package let statistics: StatisticsBoard
    package let clock: any GatewayClock
    /// The fault of the store when it was opened, in a sentence; `nil` if it had none.
    package let damage: String?
    private let surroundings: Surroundings
    let logger: Logger
    /// Held as long as the gateway lives.
    private let lock: StoreLock
    /// Set once the pipeline is made. From then on a stop is clean.
    private let hasStarted = Atomic<Bool>(false)
    /// The next look for a day whose quality is to be recorded.
    let qualityLookDue = Mutex(Instant.distantPast)

    /// Opens the store, reads devices and rules, and prepares the destinations. It connects to nothing yet.
    ///
    /// - Throws: ``DiagnosticList`` for mistakes in the files, ``StoreError``, or the error of a destination that lacks
    ///   something it needs. The store is closed then.
    package init(
        _ configuration: Configuration, in surroundings: Surroundings, statistics: StatisticsBoard, logger: Logger
    ) throws {
        self.surroundings = surroundings
        self.statistics = statistics
        self.logger = logger
        clock = surroundings.clock
        let path = configuration.store.path
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        lock = try StoreLock(of: path)
        let now = clock.now()
        let (store, rescue) = try Store.openOrRescue(path: path, at: now)
        self.store = store
        do {
            let end = PayloadUnderWay.findEnd(store: path, payloadBytesMax: configuration.payloadBytesMax)
            self.configuration = try Self.withOlderProtocolIfNeeded(configuration, end, store, at: now, logger)
            siteModel = try surroundings.siteModel(self.configuration, store.maintenance(), store)
            // A store that was moved away takes its mark with it.
            damage =
                try rescue?.description
                ?? store.lossSinceMark().map { "the store has lost its newest part: \($0)" }
            if let damage {
                logger.critical("\(damage)")
                try store.recordLatchedAlarm(
                    "store-damaged", summary: damage, siteModel, self.configuration, at: now)
            }
            if let payload = end.quarantined {
                Self.quarantine(payload, siteModel, self.configuration, store, at: now, logger)
            }
            for warning in siteModel.rules.warnings { logger.warning("\(DiagnosticText.plain(warning))") }
            mailbox = try Mailbox()
            dispatcher = Dispatcher(
                destinations: try surroundings.destinations(self.configuration),
                grouping: Set(configuration.destinations.filter(\.isGrouping).map(\.name)),
                flood: configuration.flood, store: store, clock: clock, logger: logger)
        } catch {
            // Nothing has been written that a close could lose.
            try? store.close()
            throw error
        }
    }

    /// Notes the start in the audit chain, and makes the pipeline, which continues from the store.
    ///
    /// - Parameters:
    ///   - onCommit: called after each commit that holds new escalations.
    ///   - onUnstored: called with escalations that cannot be stored now.
    package func startPipeline(
        onCommit: @escaping () -> Void, onUnstored: @escaping ([OutboxItem]) -> Void
    ) throws -> Pipeline {
        try store.note(AuditNote("started", at: clock.now(), text: siteModel.summary, facts: siteModel.ruleVersions))
        let request = LinkRequest(
            configuration: configuration, filters: siteModel.filters, filtersToLeave: knownSubscriptions(),
            logger: logger)
        let pipeline = try Pipeline(
            siteModel, configuration, store: store, clock: clock, mailbox: mailbox, board: statistics, logger: logger,
            underWay: PayloadUnderWay(store: configuration.store.path, payloadBytesMax: configuration.payloadBytesMax),
            onCommit: onCommit, link: surroundings.link(request), onUnstored: onUnstored)
        try store.limitWaits()
        hasStarted.store(true, ordering: .relaxed)
        return pipeline
    }

    /// Reads devices and rules again, as at the start.
    /// - Parameter maintenance: the sensors in maintenance; by default those of the store.
    /// - Throws: ``DiagnosticList`` for mistakes in the files, and ``StoreError``.
    func readSiteModel(maintenance: [Maintenance]? = nil) throws -> SiteModel {
        try surroundings.siteModel(configuration, try maintenance ?? store.maintenance(), store)
    }

    /// Keeps the store within its limits, and notes its progress in a file beside it. Call it once a minute.
    package func maintainStore() async throws {
        let report = try await store.enforce(configuration.store.retention, now: clock.now())
        if report != RetentionReport() {
            logger.info(
                "retention",
                metadata: [
                    "readings": "\(report.readings)", "readings_for_size": "\(report.readingsForSize)",
                    "alarms": "\(report.alarms)", "escalations": "\(report.escalations)",
                ])
        }
        try await recordQuality()
        try await recordFlaggedSpans()
        try await store.keepMark()
        for text in store.takeUnreadable() {
            logger.error("\(text)")
            try store.note(AuditNote("unreadable", at: clock.now(), text: text))
        }
    }

    /// Notes the stop in the audit chain and closes the store. Call it once the pipeline has drained.
    ///
    /// If the pipeline could not be made, no stop is noted. The next start then checks every page of the store.
    package func finish() async throws {
        do {
            if hasStarted.load(ordering: .relaxed) {
                try store.note(AuditNote("stopped", at: clock.now(), text: "everything is committed"))
                try await store.keepMark()
            }
        } catch {
            // The store is closed anyway: the thrown error says what could not be noted.
            try? store.close()
            throw error
        }
        try store.close()
    }

    /// The filters that the broker's session may hold from earlier runs.
    private func knownSubscriptions() -> Set<String> {
        // This store is older than the record of filters. An earlier version may have subscribed to filters that are
        // now left out.
        let leftOut = Set(siteModel.site.leftOutFilters)
        do {
            return try store.noteSubscriptions(siteModel.filters) ?? leftOut
        } catch {
            // A full disk must not prevent running. The next start finds the filters.
            logger.error(
                "the subscriptions cannot be noted, and those of an earlier run may bring messages twice: \(error)")
            return leftOut
        }
    }
}

// MARK: - After a process that did not come to its end

extension GatewayCore {
    /// The number of crashes in a row after which the gateway speaks the older protocol. libmosquitto before 2.0.16
    /// ends the process at a packet of MQTT 5 with an unknown property, and the older protocol has no properties. The
    /// next clean start tries the newer one again.
    private static let crashesMax = 3

    private static func withOlderProtocolIfNeeded(
        _ configuration: Configuration, _ end: PayloadUnderWay.End, _ store: Store, at now: Instant, _ logger: Logger
    ) throws -> Configuration {
        // A process that ended during the evaluation of a payload did not end because of a packet.
        guard !end.wasUnderWay, try store.uncleanStarts(since: now - .minutes(2)) >= crashesMax else {
            return configuration
        }
        var configuration = configuration
        if configuration.speakOlderProtocol() {
            logger.critical(
                "\(crashesMax) starts within 2 minutes did not come to their end: going on with MQTT 3.1.1, as a broker's packet of MQTT 5 may be why"
            )
        }
        return configuration
    }

    /// Keeps a payload that has ended the gateway repeatedly, and raises an alarm that names it.
    private static func quarantine(
        _ quarantined: PayloadUnderWay.QuarantinedPayload, _ model: SiteModel, _ configuration: Configuration,
        _ store: Store, at now: Instant, _ logger: Logger
    ) {
        let topic = String(decoding: quarantined.topic, as: UTF8.self)
        let reason =
            "a payload of \(quarantined.payload.count) bytes on '\(topic)' was being evaluated when the gateway ended, "
            + "\(PayloadUnderWay.endsMax) times in a row: it is quarantined, and will not be evaluated again"
        logger.critical("\(reason)")
        let device = model.site.sensors.first { $0.topics.contains(topic) }?.id ?? ""
        let payload = RefusedPayload(
            device: device, topic: topic, payload: Array(quarantined.payload.prefix(65_536)), reason: reason,
            arrived: now)
        do {
            try store.recordLatchedAlarm(
                "payload-set-aside", summary: reason, payload: payload, model, configuration, at: now)
        } catch {
            // The messages behind the payload are more important than the record of it.
            logger.critical("the quarantined payload cannot be kept: \(error)")
        }
        PayloadUnderWay.accept(store: configuration.store.path, payloadBytesMax: configuration.payloadBytesMax)
    }
}
