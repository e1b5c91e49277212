internal import AlarmModel
internal import Alarms
internal import Devices
internal import Diagnostics
internal import Foundation
package import Logging
internal import MQTT
internal import POSIX
package import Pipeline
internal import RuleLanguage
internal import ServiceLifecycle
package import SiteConfiguration
internal import Store
internal import Synchronization
package import Telemetry
internal import UnixSignals
internal import Uplink

/// A whole gateway as one service: it starts, runs until its group shuts down, drains and stops.
package final class Gateway: Service {
    package let statistics: StatisticsBoard
    let configuration: Configuration
    let clock: any GatewayClock
    private let logger: Logger
    /// Held as long as the gateway lives.
    private let lock: StoreLock
    let store: Store
    /// One person at a time changes what is in maintenance.
    let maintaining = Mutex(())
    private let model: SiteModel
    let mailbox: Mailbox
    private let dispatcher: Dispatcher
    private let publishers: [Publisher]
    private let forwarder: Forwarder?
    private let others: [WatchedService]

    /// Opens the store, reads devices and rules, and prepares the destinations; connects to nothing yet.
    /// - Parameter others: what else runs as long as the gateway does.
    /// - Throws: ``DiagnosticList``, ``StoreError``, or what a destination needs and does not get.
    package init(
        _ configuration: Configuration, clock: any GatewayClock = SystemClock(), logger: Logger,
        others: [WatchedService] = [],
        statistics: StatisticsBoard = StatisticsBoard()
    ) throws {
        self.statistics = statistics
        self.others = others
        var configuration = configuration
        self.clock = clock
        self.logger = logger
        let folder = URL(fileURLWithPath: configuration.store.path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        lock = try StoreLock(of: configuration.store.path)
        let (store, rescue) = try Store.openOrRescue(path: configuration.store.path, at: clock.now())
        self.store = store
        let end = PayloadUnderWay.findEnd(
            store: configuration.store.path, payloadBytesMax: configuration.payloadBytesMax)
        // An end in the middle of a payload is none that a packet of MQTT has caused.
        if !end.wasUnderWay, try store.uncleanStarts(since: clock.now() - .minutes(2)) >= Self.crashesMax,
            configuration.speakOlderProtocol()
        {
            logger.critical(
                "\(Self.crashesMax) starts within 2 minutes did not come to their end: going on with MQTT 3.1.1, as a broker's packet of MQTT 5 may be why"
            )
        }
        self.configuration = configuration
        model = try SiteModel.load(configuration, maintenance: try store.maintenance()) { try store.series($0) }
        // A store that was set aside has its mark with it.
        if let damage = try rescue?.description
            ?? store.lossSinceMark().map({ "the store has lost its newest part: \($0)" })
        {
            logger.critical("\(damage)")
            try store.recordLatchedAlarm(
                "store-damaged", summary: damage, model, configuration, at: clock.now())
        }
        if let setAside = end.setAside {
            do {
                try Self.tell(of: setAside, model, configuration, store, clock.now(), logger)
            } catch {
                // What waits behind it is worth more than the record of it.
                logger.critical("the payload that is set aside cannot be kept: \(error)")
            }
            PayloadUnderWay.accept(store: configuration.store.path, payloadBytesMax: configuration.payloadBytesMax)
        }
        for warning in model.rules.warnings { logger.warning("\(DiagnosticText.plain(warning))") }
        mailbox = try Mailbox()
        var destinations: [any Destination] = []
        var publishers: [Publisher] = []
        for settings in configuration.destinations {
            let name = settings.name
            func publisher(_ connection: ConnectionSettings) throws -> Publisher {
                let publisher = try Publisher(connection, logger: logger)
                publishers.append(publisher)
                return publisher
            }
            switch settings.kind {
            case .log(nil, _) where JournalDestination.isAvailable():
                destinations.append(JournalDestination(name: name, levels: configuration.ladder.count))
            case .log(let path, let rotation):
                destinations.append(try LogDestination(name: name, path: path, rotation: rotation, clock: clock))
            case .exec(let command, let timeout):
                destinations.append(SubprocessDestination(name: name, command: command, timeout: timeout))
            case .mqtt(let connection, let topic, let current):
                destinations.append(
                    MQTTDestination(
                        name: name, publisher: try publisher(connection), topic: try Self.template(topic),
                        current: try current.map(Self.template), timeout: Self.timeout(connection)))
            case .webhook(let webhook): destinations.append(try WebhookDestination(name: name, webhook, clock: clock))
            case .cap(let cap, let carrier):
                let target: CAPDestination.Carrier =
                    switch carrier {
                    case .folder(let path): .folder(path)
                    case .mqtt(let connection, let topic):
                        .mqtt(try publisher(connection), try Self.template(topic), timeout: Self.timeout(connection))
                    case .webhook(let webhook): .webhook(webhook)
                    }
                destinations.append(try CAPDestination(name: name, cap, carrier: target, clock: clock))
            }
        }
        let site = model.site.name
        forwarder = try configuration.forward.map { settings in
            let publisher = try Publisher(settings.broker, logger: logger)
            publishers.append(publisher)
            return Forwarder(settings, site: site, publisher: publisher, store: store, clock: clock, logger: logger)
        }
        self.publishers = publishers
        dispatcher = Dispatcher(
            destinations: destinations, grouping: Set(configuration.destinations.filter(\.isGrouping).map(\.name)),
            flood: configuration.flood, store: store, clock: clock, logger: logger)
    }

    /// libmosquitto before 2.0.16 ends the process at a packet of MQTT 5 with a property that it does not know. After
    /// so many crashes in a row the older protocol is spoken, which has no properties; the next clean start tries the
    /// newer one again.
    private static let crashesMax = 3

    /// Keeps what has ended the gateway again and again, and raises an alarm that names it.
    private static func tell(
        of setAside: PayloadUnderWay.Suppressed, _ model: SiteModel, _ configuration: Configuration, _ store: Store,
        _ now: Instant,
        _ logger: Logger
    ) throws {
        let topic = String(decoding: setAside.topic, as: UTF8.self)
        let reason =
            "a payload of \(setAside.payload.count) bytes on '\(topic)' was being evaluated when the gateway ended, "
            + "\(PayloadUnderWay.endsMax) times in a row: it is set aside, and not taken again"
        logger.critical("\(reason)")
        let device = model.site.sensors.first { $0.topic == topic }?.id ?? ""
        let payload = RefusedPayload(
            device: device, topic: topic, payload: Array(setAside.payload.prefix(65_536)), reason: reason, arrived: now)
        try store.recordLatchedAlarm(
            "payload-set-aside", summary: reason, payload: payload, model, configuration, at: now)
    }

    /// After the link has been ended because of a message without an acknowledgement, it need not be waited for longer.
    private static func timeout(_ connection: ConnectionSettings) -> TimeSpan {
        .seconds(Int64(connection.acknowledgementSeconds) + 5)
    }

    private static func template(_ text: String) throws(GatewayError) -> TopicTemplate {
        guard let template = TopicTemplate(text) else { throw GatewayError("'\(text)' is no topic template") }
        return template
    }

    /// Runs until its group shuts down.
    /// - Throws: ``ServiceFailure`` if a part of it ended before that: then everything is drained and stopped all the
    ///   same.
    package func run() async throws {
        for publisher in publishers { publisher.start() }
        let control = ControlServer(path: configuration.controlSocket, mailbox: mailbox, logger: logger) {
            [dispatcher] in
            try await dispatcher.retry($0, person: $1)
        } maintain: { [self] request, person throws(OperatorError) in
            try maintain(request, person)
        }
        control.start()
        defer { control.stop() }
        let systemd = SystemdNotifier()
        let watch = ServiceWatch { [logger, mailbox] failure in
            logger.critical(
                "\(failure). The gateway commits what it has read, and stops; its service manager starts it again")
            mailbox.post(.stop)
        }
        try await withThrowingTaskGroup { group in
            for service in services { group.addTask { await watch.run(service) } }
            try store.note(AuditNote("started", at: clock.now(), text: model.summary, facts: model.ruleVersions))
            let pipeline = try startPipeline()
            try store.limitWaits()
            logger.notice(
                "gateway started",
                metadata: [
                    "devices": "\(model.site.sensors.count)", "rules": "\(model.rules.rules.count)",
                    "store": "\(configuration.store.path)",
                ])
            systemd.tell("READY=1", waits: true)
            // The pipeline decides when all is over: it is told to stop, and stops when it has drained.
            await withTaskCancellationOrGracefulShutdownHandler {
                await pipeline.value
            } onCancelOrGracefulShutdown: { [mailbox] in
                systemd.tell("STOPPING=1")
                mailbox.post(.stop)
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        try store.note(AuditNote("stopped", at: clock.now(), text: "everything is committed"))
        try await store.keepMark()
        logger.notice("gateway stopped, everything is committed")
        try store.close()
        try watch.check()
    }

    /// What runs beside the pipeline.
    private var services: [WatchedService] {
        let probe = HealthProbe(
            interval: configuration.health.interval, store: store, clock: clock, mailbox: mailbox, logger: logger)
        var services = [
            WatchedService("the delivery of escalations") { [dispatcher] in try await dispatcher.run() },
            WatchedService("the care of the store") { [self] in try await tendStore() },
            WatchedService("the reload on SIGHUP") { [self] in await reloadOnHangup() },
            WatchedService("the gateway's health report") { try await probe.run() },
        ]
        if let forwarder { services.append(WatchedService("the forwarding of readings") { try await forwarder.run() }) }
        return services + others
    }

    /// Reads devices and rules again; with a mistake in them, the running ones stay.
    package func reload() {
        do {
            let model = try SiteModel.load(configuration, maintenance: try store.maintenance()) { try store.series($0) }
            for warning in model.rules.warnings { logger.warning("\(DiagnosticText.plain(warning))") }
            if !mailbox.post(.reload(model)) { logger.error("too much at once: not reloaded") }
        } catch {
            logger.error("not reloaded, the running devices and rules stay:\n\(error)")
            mailbox.post(.reloadFailed)
        }
    }

    /// The filters that the broker's session may hold from earlier runs.
    private func knownSubscriptions() -> Set<String> {
        // A store from before filters were noted: an earlier version may have subscribed to those that are left out
        // now.
        let leftOut = Set(model.site.leftOutFilters)
        do {
            return try store.noteSubscriptions(model.filters) ?? leftOut
        } catch {
            // A full disk is no reason not to run. The next start finds them.
            logger.error(
                "the subscriptions cannot be noted, and those of an earlier run may bring messages twice: \(error)")
            return leftOut
        }
    }

    /// The pipeline on a thread of its own; the task ends when the thread does.
    private func startPipeline() throws -> Task<Void, Never> {
        let (ended, continuation) = AsyncStream<Void>.makeStream()
        let known = knownSubscriptions()
        let pipeline = try Pipeline(
            model, configuration, store: store, clock: clock, mailbox: mailbox, board: statistics, logger: logger,
            underWay: PayloadUnderWay(store: configuration.store.path, payloadBytesMax: configuration.payloadBytesMax),
            onCommit: { [dispatcher] in dispatcher.signal() },
            link: { [configuration, model, logger] in
                BrokerConnection(configuration.broker, filters: model.filters, left: known, logger: logger, handler: $0)
            }, onUnstored: { [dispatcher] in dispatcher.deliverUnstored($0) })
        let thread = Thread { [box = ThreadBox(pipeline)] in
            box.pipeline.run()
            continuation.finish()
        }
        thread.name = "tocsin-pipeline"
        thread.stackSize = 4 << 20
        thread.start()
        return Task { for await _ in ended {} }
    }

    /// However often it is asked while it reads the files: it reads them once more.
    private func reloadOnHangup() async {
        let (asked, asking) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sighup) { asking.yield() }
                asking.finish()
            }
            for await _ in asked where !Task.isCancelled {
                logger.notice("asked to reload")
                reload()
            }
        }
    }

    /// Keeps the store within its limits, and notes beside it how far it has come, once a minute.
    private func tendStore() async throws {
        while !Task.isCancelled {
            do {
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
            } catch is CancellationError {
                return
            } catch {
                logger.error(
                    "the store could not be kept within its limits, which is tried again in a minute: \(error)")
            }
            try await Task.sleep(for: .seconds(60))
        }
    }
}

/// Carries the pipeline to its thread: it is made on one and from then on touched by the other alone.
private struct ThreadBox: @unchecked Sendable {
    let pipeline: Pipeline
    init(_ pipeline: Pipeline) { self.pipeline = pipeline }
}
