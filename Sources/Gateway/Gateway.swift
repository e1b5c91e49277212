internal import AlarmModel
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
package import Telemetry
internal import UnixSignals
internal import Uplink

/// A whole gateway as one service: it starts, runs until its group shuts down, drains and stops.
///
/// It is a list of services in a group of its own. They stop in reverse order: the pipeline first, so that everything
/// that was read is committed while escalations are still delivered.
package final class Gateway: Service {
    let core: GatewayCore
    private let publishers: [Publisher]
    private let forwarder: Forwarder?
    private let others: [NamedService]
    private let maintenance: SensorMaintenance
    private let flagging: SpanFlagging
    private let logger: Logger

    package var statistics: StatisticsBoard { core.statistics }
    var configuration: Configuration { core.configuration }
    var clock: any GatewayClock { core.clock }
    var store: Store { core.store }
    var mailbox: Mailbox { core.mailbox }

    /// Opens the store, reads devices and rules, and prepares the destinations. It connects to nothing yet.
    /// - Parameter others: further services that run as long as the gateway.
    /// - Throws: ``DiagnosticList``, ``StoreError``, or the error of a destination that lacks something it needs.
    package init(
        _ configuration: Configuration, clock: any GatewayClock = SystemClock(), logger: Logger,
        others: [NamedService] = [], statistics: StatisticsBoard = StatisticsBoard()
    ) throws {
        self.others = others
        self.logger = logger
        let factory = DestinationFactory(clock: clock, logger: logger)
        let core = try GatewayCore(
            configuration,
            in: Surroundings(
                clock: clock,
                link: {
                    BrokerConnection(
                        $0.configuration.broker, filters: $0.filters, left: $0.filtersToLeave, logger: $0.logger)
                }, destinations: { try factory.destinations($0) }),
            statistics: statistics, logger: logger)
        self.core = core
        forwarder = try core.configuration.forward.map {
            Forwarder(
                $0, site: core.siteModel.site.name, publisher: try factory.publisher($0.broker), store: core.store,
                clock: clock, logger: logger)
        }
        publishers = factory.publishers
        maintenance = SensorMaintenance(core)
        flagging = SpanFlagging(core)
    }

    /// Runs until the gateway's group shuts down, or one of its services fails.
    /// - Throws: ``ServiceFailure`` if a service ended early. Everything is still drained and stopped.
    package func run() async throws {
        for publisher in publishers { publisher.start() }
        var quiet = logger
        quiet.logLevel = .critical
        let group = ServiceGroup(
            configuration: .init(
                services: services.map {
                    .init(
                        service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                }, logger: quiet))
        var failure: (any Error)?
        do {
            try await group.run()
        } catch {
            failure = error
        }
        do {
            try await core.finish()
        } catch {
            logger.error("the stop cannot be noted in the store: \(error)")
            failure = failure ?? error
        }
        if let failure { throw failure }
        logger.notice("gateway stopped, everything is committed")
    }

    /// Executes the commands of operators while the gateway runs.
    package var operators: Operators {
        Operators(
            mailbox: mailbox, dispatcher: core.dispatcher, maintenance: maintenance, flagging: flagging, logger: logger
        ) { [self] in reload() }
    }

    /// The services of the gateway. They stop in reverse order.
    private var services: [any Service] {
        let control = ControlServer(path: configuration.controlSocket, operators: operators, logger: logger)
        let probe = HealthProbe(
            interval: configuration.health.interval, store: store, clock: clock, mailbox: mailbox, logger: logger)
        var services = [
            NamedService("the delivery of escalations") { [core] in try await core.dispatcher.run() },
            NamedService("the care of the store") { [self] in try await maintainStore() },
            NamedService("the control socket") { await control.run() },
            NamedService("the reload on SIGHUP") { [self] in await reloadOnHangup() },
            NamedService("the gateway's health report") { try await probe.run() },
        ]
        if let forwarder { services.append(NamedService("the forwarding of readings") { try await forwarder.run() }) }
        let named = (services + others).map { [logger] service in
            NamedService(service, onFailure: { Self.report($0, logger) })
        }
        return named + [PipelineService(core: core, logger: logger)]
    }

    /// Logs at once which service has failed, before the others stop.
    static func report(_ failure: ServiceFailure, _ logger: Logger) {
        logger.critical(
            "\(failure). The gateway commits what it has read, and stops; its service manager starts it again")
    }

    /// Reads devices and rules again. If they have a mistake, the running ones stay.
    package func reload() {
        do {
            let model = try core.readSiteModel()
            for warning in model.rules.warnings { logger.warning("\(DiagnosticText.plain(warning))") }
            if !mailbox.post(.reload(model)) { logger.error("too many requests wait: not reloaded") }
        } catch {
            logger.error("not reloaded, the running devices and rules stay:\n\(error)")
            mailbox.post(.reloadFailed)
        }
    }

    /// Reloads on the signal. All signals that arrive during a reload cause one more reload.
    private func reloadOnHangup() async {
        let (asked, asking) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sighup) { asking.yield() }
                asking.finish()
            }
            for await _ in asked where !Task.isCancelled {
                operators.reload()
            }
        }
    }

    /// Keeps the store within its limits once a minute.
    private func maintainStore() async throws {
        while !Task.isCancelled {
            do {
                try await core.maintainStore()
            } catch is CancellationError {
                return
            } catch {
                logger.error(
                    "the store could not be kept within its limits, which is tried again in a minute: \(error)")
            }
            try await clock.sleep(for: .minutes(1))
        }
    }
}
