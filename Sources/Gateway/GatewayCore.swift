internal import Devices
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

/// What a gateway is given from outside. The live gateway, the simulation, the demonstration and replay differ in
/// nothing else.
package struct Surroundings: Sendable {
    package var clock: any GatewayClock
    /// Makes the link to the broker. It gets the filters to subscribe to, and those that the broker's session may hold
    /// from earlier runs and that are to be left.
    package var link: @Sendable (LinkRequest) -> any BrokerLink
    /// Makes the destinations of a configuration, in its order.
    package var destinations: @Sendable (Configuration) throws -> [any Destination]
    /// Reads devices, rules and policies, and numbers their series as the store does.
    package var siteModel: @Sendable (Configuration, Store) throws -> SiteModel

    package init(
        clock: any GatewayClock,
        link: @escaping @Sendable (LinkRequest) -> any BrokerLink,
        destinations: @escaping @Sendable (Configuration) throws -> [any Destination],
        siteModel: @escaping @Sendable (Configuration, Store) throws -> SiteModel = Self.readSiteModel
    ) {
        self.clock = clock
        self.link = link
        self.destinations = destinations
        self.siteModel = siteModel
    }

    @Sendable package static func readSiteModel(_ configuration: Configuration, _ store: Store) throws -> SiteModel {
        try SiteModel.load(configuration, maintenance: try store.maintenance()) { try store.series($0) }
    }
}

/// What a link to the broker is made for.
package struct LinkRequest: Sendable {
    package var configuration: Configuration
    /// What to subscribe to.
    package var filters: [String]
    /// Filters that the broker's session may still hold, and that are wanted no longer.
    package var filtersToLeave: Set<String>
    package var logger: Logger
}

/// A gateway put together from the store to the destinations, without threads: its owner turns the pipeline and lets
/// the destinations' workers have their turns.
///
/// ``Gateway`` runs it on a thread of its own, with the services beside it. The simulation turns it step by step.
package final class GatewayCore: Sendable {
    package let configuration: Configuration
    package let store: Store
    package let siteModel: SiteModel
    package let mailbox: Mailbox
    package let dispatcher: Dispatcher
    package let statistics: StatisticsBoard
    package let clock: any GatewayClock
    /// What was wrong with the store when it was opened, in a sentence; `nil` if nothing was.
    package let damage: String?
    private let surroundings: Surroundings
    private let logger: Logger
    /// Held as long as the gateway lives.
    private let lock: StoreLock
    /// Set once the pipeline is made: from then on a stop is a clean one.
    private let hasStarted = Atomic<Bool>(false)

    /// Opens the store, reads devices and rules, and prepares the destinations; connects to nothing yet.
    ///
    /// - Throws: ``DiagnosticList`` for mistakes in the files, ``StoreError``, or what a destination needs and does not
    ///   get. The store is closed then.
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
            siteModel = try surroundings.siteModel(self.configuration, store)
            // A store that was moved away has its mark with it.
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

    /// Notes the start in the audit chain, and makes the pipeline: it takes up what the store holds.
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

    /// Keeps the store within its limits, and notes beside it how far it has come. To be called once a minute.
    package func tendStore() async throws {
        let report = try await store.enforce(configuration.store.retention, now: clock.now())
        if report != RetentionReport() {
            logger.info(
                "retention",
                metadata: [
                    "readings": "\(report.readings)", "readings_for_size": "\(report.readingsForSize)",
                    "alarms": "\(report.alarms)", "escalations": "\(report.escalations)",
                ])
        }
        try await store.keepMark()
        for text in store.takeUnreadable() {
            logger.error("\(text)")
            try store.note(AuditNote("unreadable", at: clock.now(), text: text))
        }
    }

    /// Notes the stop in the audit chain and closes the store. To be called once the pipeline has drained.
    ///
    /// If the pipeline could not be made, no stop is noted: the next start then checks every page of the store.
    package func finish() async throws {
        do {
            if hasStarted.load(ordering: .relaxed) {
                try store.note(AuditNote("stopped", at: clock.now(), text: "everything is committed"))
                try await store.keepMark()
            }
        } catch {
            // Closed all the same: the error that is thrown says what could not be noted.
            try? store.close()
            throw error
        }
        try store.close()
    }

    /// The filters that the broker's session may hold from earlier runs.
    private func knownSubscriptions() -> Set<String> {
        // A store from before filters were noted: an earlier version may have subscribed to those that are left out
        // now.
        let leftOut = Set(siteModel.site.leftOutFilters)
        do {
            return try store.noteSubscriptions(siteModel.filters) ?? leftOut
        } catch {
            // A full disk is no reason not to run. The next start finds them.
            logger.error(
                "the subscriptions cannot be noted, and those of an earlier run may bring messages twice: \(error)")
            return leftOut
        }
    }
}

// MARK: - After a process that did not come to its end

extension GatewayCore {
    /// libmosquitto before 2.0.16 ends the process at a packet of MQTT 5 with a property that it does not know. After
    /// so many crashes in a row the older protocol is spoken, which has no properties; the next clean start tries the
    /// newer one again.
    private static let crashesMax = 3

    private static func withOlderProtocolIfNeeded(
        _ configuration: Configuration, _ end: PayloadUnderWay.End, _ store: Store, at now: Instant, _ logger: Logger
    ) throws -> Configuration {
        // A process that ended in the middle of a payload did not end because of a packet.
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

    /// Keeps a payload that has ended the gateway again and again, and raises an alarm that names it.
    private static func quarantine(
        _ quarantined: PayloadUnderWay.QuarantinedPayload, _ model: SiteModel, _ configuration: Configuration,
        _ store: Store, at now: Instant, _ logger: Logger
    ) {
        let topic = String(decoding: quarantined.topic, as: UTF8.self)
        let reason =
            "a payload of \(quarantined.payload.count) bytes on '\(topic)' was being evaluated when the gateway ended, "
            + "\(PayloadUnderWay.endsMax) times in a row: it is quarantined, and will not be evaluated again"
        logger.critical("\(reason)")
        let device = model.site.sensors.first { $0.topic == topic }?.id ?? ""
        let payload = RefusedPayload(
            device: device, topic: topic, payload: Array(quarantined.payload.prefix(65_536)), reason: reason,
            arrived: now)
        do {
            try store.recordLatchedAlarm(
                "payload-set-aside", summary: reason, payload: payload, model, configuration, at: now)
        } catch {
            // The messages behind it are worth more than the record of it.
            logger.critical("the quarantined payload cannot be kept: \(error)")
        }
        PayloadUnderWay.accept(store: configuration.store.path, payloadBytesMax: configuration.payloadBytesMax)
    }
}
