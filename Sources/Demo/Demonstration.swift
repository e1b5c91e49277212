internal import Foundation
internal import Gateway
internal import Logging
internal import MQTT
package import Pipeline
internal import Replay
internal import ServiceLifecycle
internal import SiteConfiguration
internal import Store
package import Telemetry

/// Runs `tocsin demo`: a whole gateway and a private broker, on the clock of a scenario.
package final class Demonstration: Sendable {
    /// The state of the demonstration while it plays.
    package struct Snapshot: Sendable {
        package var act: Int
        package var acts: Int
        package var title: String
        package var share: Double
        package var time: Instant
        package var sensors: Int
        package var statistics: Statistics
        package var arrivals: [Observer.Arrival]
    }

    package let folder: String
    private let acts: [Act]
    private let clock: ScenarioClock
    private let observer = Observer()
    private let broker: LocalBroker
    private let gateway: Gateway
    private let player: Player
    private let publisher: Publisher
    private let sensors: Int
    private let databasePath: String

    /// - Parameters:
    ///   - files: the folder with `Demo`, `Devices/profiles` and `Rules`.
    ///   - folder: the folder of the broker, the database and the logs. They are not deleted.
    ///   - seconds: how long the scenario takes.
    package init(files: String, folder: String, seconds: Double) throws {
        self.folder = folder
        acts = try Playbook.acts(recordings: files + "/Demo/recordings", seconds: seconds)
        clock = ScenarioClock(acts.first?.messages.first?.sent ?? .distantPast)
        broker = try LocalBroker(folder: folder)
        let configuration = try Self.configure(files: files, folder: folder, port: broker.port)
        databasePath = configuration.store.path
        let log = try LogFile(folder + "/gateway.log")
        var logger = Logger(label: "tocsin") { StreamLogHandler.init(label: $0, stream: log) }
        logger.logLevel = .info
        gateway = try Gateway(
            configuration, clock: clock, logger: logger, statistics: StatisticsBoard(showsAlarms: true))
        sensors = Set(acts.flatMap(\.messages).map(\.device)).count
        publisher = try Publisher(broker.settings("demo-sensors"), logger: logger)
        player = Player(acts, publisher: publisher, clock: clock, observer: observer) { [board = gateway.statistics] in
            board.current.messages
        }
    }

    package var snapshot: Snapshot {
        let progress = player.progress
        return Snapshot(
            act: progress.act, acts: acts.count, title: progress.title, share: progress.share, time: clock.now(),
            sensors: sensors,
            statistics: gateway.statistics.current, arrivals: observer.arrivals)
    }

    /// Plays the scenario to its end and returns its result.
    /// - Throws: ``DemoError`` if the gateway or the broker hangs; or the gateway's error.
    package func run() async throws -> DemonstrationResult {
        let quiet = Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(services: [gateway], logger: quiet)
        let upstream = try Subscriber(broker.settings("demo-upstream"), filters: ["upstream/#"], logger: quiet) {
            [observer] _, payload in
            observer.received(payload)
        }
        publisher.start()
        let running = Task { try await group.run() }
        let started = ProcessUptime.now()
        do {
            try await wait("the gateway and the sensors connect", orUntil: running) {
                gateway.statistics.current.isConnected && publisher.isConnected
            }
            try await Task.sleep(for: .milliseconds(300))
            try await player.play()
            let sent = player.progress.messages
            try await wait("the gateway has taken every message", orUntil: running) {
                gateway.statistics.current.messages >= sent
            }
            try await wait("all escalations have arrived", orUntil: running) {
                try await self.waitingEscalations() == 0
            }
        } catch {
            await group.triggerGracefulShutdown()
            _ = await running.result
            await upstream.stop()
            throw error
        }
        let seconds = (ProcessUptime.now() - started).seconds
        await group.triggerGracefulShutdown()
        try await running.value
        await upstream.stop()
        let reader = try StoreReader(path: databasePath)
        return DemonstrationResult(
            acts: acts, progress: player.progress, statistics: gateway.statistics.current, arrivals: observer.arrivals,
            repeats: observer.repeats, due: try reader.escalationCount(to: "upstream"),
            stored: try reader.readingCount(without: "gateway"),
            sensors: sensors, seconds: seconds)
    }

    private func waitingEscalations() async throws -> Int {
        let reader = try StoreReader(path: databasePath)
        let uncommitted = try gateway.statistics.current.transitions - reader.count(.transition)
        return try uncommitted + reader.escalationCount(to: "upstream") - observer.arrivals.count
    }

    private func wait(_ what: String, orUntil running: Task<Void, any Error>, _ condition: () async throws -> Bool)
        async throws
    {
        for _ in 0..<3000 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw DemoError("the demo has waited 30 s in vain until \(what): see \(folder)/gateway.log")
    }

    private static func configure(files: String, folder: String, port: Int) throws -> Configuration {
        let text = """
            # Written by `tocsin demo`.
            site: \(files)/Demo/site.yaml
            profiles: \(files)/Devices/profiles
            rules: \(files)/Rules
            broker: { host: 127.0.0.1, port: \(port), client_id: tocsin-demo }
            store:
              path: tocsin.db
              commit_delay: 50ms
              retention: { readings: 3650d }
            # The demo counts the readings of its sensors, so the gateway must add none of its own.
            health: { every: 1d, rules: none }
            destinations:
              - name: upstream
                kind: mqtt
                topic: upstream/{site}/{hazard}/{level}/{rule}
                broker: { host: 127.0.0.1, port: \(port) }
              - { name: duty-log, kind: log, file: escalations.jsonl }

            """
        let path = folder + "/tocsin.yaml"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return try Configuration.read(try SourceFolder.file(path))
    }
}
