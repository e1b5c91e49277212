internal import AlarmModel
import ArgumentParser
import Foundation
import Gateway
import Logging
import ServiceLifecycle
internal import SiteConfiguration
import UnixSignals

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the gateway.",
        discussion: """
            The gateway subscribes to the devices of the inventory, evaluates the rules, keeps everything in the store \
            and sends escalations to the destinations. It starts even if the broker cannot be reached.

            SIGTERM and SIGINT: the gateway commits and acknowledges everything that it has read, and ends.
            SIGHUP: it reads the devices and the rules again; if they have mistakes, it keeps the old ones.
            """)

    @OptionGroup var config: ConfigOption

    func run() async throws {
        // SIGHUP asks for a reload. At the start and at the end nothing listens for it, and it would end the process.
        signal(SIGHUP, SIG_IGN)
        let configuration = try config.read()
        var logger = Logger(label: "tocsin") { PlainLogHandler(StreamLogHandler(label: $0, stream: LogStream())) }
        logger.logLevel = configuration.logLevel
        let gateway: Gateway
        do {
            gateway = try Gateway(configuration, logger: logger)
        } catch {
            throw Failure.report(error)
        }
        let group = ServiceGroup(
            services: [gateway], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await group.run()
    }
}
