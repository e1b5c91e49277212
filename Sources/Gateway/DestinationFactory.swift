internal import AlarmModel
internal import Logging
internal import MQTT
internal import POSIX
internal import SiteConfiguration
internal import Synchronization
internal import Telemetry
internal import Uplink

/// Makes the destinations of a configuration, and the connections to brokers that they need.
final class DestinationFactory: Sendable {
    private let made = Mutex<[Publisher]>([])
    private let clock: any GatewayClock
    private let logger: Logger

    init(clock: any GatewayClock, logger: Logger) { (self.clock, self.logger) = (clock, logger) }

    /// One connection for each destination over MQTT, to be started when the gateway runs.
    var publishers: [Publisher] { made.withLock { $0 } }

    /// Returns the destinations in the order of the configuration.
    /// - Throws: the error of a destination that lacks something it needs, such as its log file.
    func destinations(_ configuration: Configuration) throws -> [any Destination] {
        try configuration.destinations.map { try destination($0, configuration) }
    }

    /// Returns a connection for messages other than escalations.
    func publisher(_ connection: ConnectionSettings) throws -> Publisher {
        let publisher = try Publisher(connection, logger: logger)
        made.withLock { $0.append(publisher) }
        return publisher
    }

    private func destination(
        _ settings: Configuration.DestinationSettings, _ configuration: Configuration
    ) throws -> any Destination {
        let name = settings.name
        switch settings.kind {
        case .log(nil, _) where JournalDestination.isAvailable():
            return JournalDestination(name: name, levels: configuration.ladder.count)
        case .log(let path, let rotation):
            return try LogDestination(name: name, path: path, rotation: rotation, clock: clock)
        case .exec(let command, let timeout):
            return SubprocessDestination(name: name, command: command, timeout: timeout)
        case .mqtt(let connection, let topic, let current):
            return MQTTDestination(
                name: name, publisher: try publisher(connection), topic: topic, current: current,
                timeout: timeout(connection))
        case .webhook(let webhook): return try WebhookDestination(name: name, webhook, clock: clock)
        case .cap(let cap, let carrier):
            return try CAPDestination(name: name, cap, carrier: try self.carrier(carrier), clock: clock)
        }
    }

    private func carrier(
        _ carrier: Configuration.DestinationSettings.CAPCarrier
    ) throws -> CAPDestination.Carrier {
        switch carrier {
        case .folder(let path): .folder(path)
        case .mqtt(let connection, let topic):
            .mqtt(try publisher(connection), topic, timeout: timeout(connection))
        case .webhook(let webhook): .webhook(webhook)
        }
    }

    /// The time to wait for a delivery. By then a missing acknowledgement has ended the link, so a longer wait is
    /// pointless.
    private func timeout(_ connection: ConnectionSettings) -> TimeSpan {
        .seconds(Int64(connection.acknowledgementSeconds) + 5)
    }
}
