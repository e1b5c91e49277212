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
        abstract: "Runs the gateway.",
        discussion: """
            Subscribes to the devices of the inventory, evaluates the rules, keeps everything in the store and sends \
            escalations to the destinations. It starts whether or not the broker is there.

            SIGTERM and SIGINT: everything that was read is committed and acknowledged before it ends.
            SIGHUP: devices and rules are read again; with a mistake in them the running ones stay.
            """)

    @OptionGroup var config: ConfigOption

    func run() async throws {
        // Until it is listened to, and again while the gateway ends, the signal that asks for a reload would end the
        // process.
        signal(SIGHUP, SIG_IGN)
        let configuration = try config.read()
        var logger = Logger(label: "tocsin") { PlainLogHandler(StreamLogHandler(label: $0, stream: LogStream())) }
        logger.logLevel = Logger.Level(rawValue: configuration.logLevel) ?? .info
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
