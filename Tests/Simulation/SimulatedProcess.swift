import AlarmModel
import Gateway
import Logging
import Pipeline
import SiteConfiguration
import Store
import Telemetry
import TestSupport
import Uplink

/// A process of the gateway in the simulated world: the ``GatewayCore`` of the live gateway, which the simulation turns.
final class SimulatedProcess {
    private let core: GatewayCore
    private let pipeline: Pipeline
    private let world: World
    /// The time of each worker's next turn.
    private var turns: [TimeSpan]
    private let signals = Signals()
    /// The time of the gateway's next report about itself.
    private var nextReport: TimeSpan

    /// Set from inside the pipeline's turn.
    private final class Signals {
        var hasNews = false
    }

    var mailbox: Mailbox { core.mailbox }
    /// The damage to the store at the start.
    var damage: String? { core.damage }

    init(_ plant: Plant, _ configuration: Configuration, _ world: World) throws {
        self.world = world
        var logger = Logger(label: "simulation") { _ in StoryHandler(world: world) }
        logger.logLevel = world.tellsStory ? .debug : .critical
        core = try GatewayCore(
            configuration,
            in: Surroundings(
                clock: world.clock,
                link: { SimulatedLink(world, receiveMaximum: $0.configuration.broker.receiveMaximum) },
                destinations: { $0.destinations.map { SimulatedDestination(name: $0.name, world: world) } },
                siteModel: { _, _, store in
                    // Reading the files takes longer than the rest of a start, and they never change here.
                    let names = SeriesRegistry.names(of: plant.model.site)
                    guard try store.series(names) == Plant.numbers(names) else {
                        throw TestFailure("the store numbers series otherwise")
                    }
                    return plant.model
                }),
            statistics: StatisticsBoard(), logger: logger)
        turns = core.dispatcher.workers.map { _ in world.uptime }
        nextReport = world.uptime + .seconds(30)
        do {
            pipeline = try core.startPipeline(
                onCommit: { [signals] in signals.hasNews = true },
                onUnstored: { [signals, world, dispatcher = core.dispatcher] escalations in
                    guard !world.isDead else { return }
                    world.provisional.formUnion(escalations.map(\.identity))
                    signals.hasNews = true
                    dispatcher.deliverUnstored(escalations)
                })
        } catch {
            try? core.store.close()
            throw error
        }
    }

    func turn() -> Bool {
        if world.uptime >= nextReport {
            nextReport = world.uptime + .seconds(30)
            mailbox.post(.health(HealthReport(diskFree: 0.5, isClockUnsynchronised: false, outbox: nil)))
            pipeline.checkInvariants()
        }
        return pipeline.turn()
    }

    /// Runs the due turns of every worker.
    func deliver() async {
        if signals.hasNews {
            signals.hasNews = false
            for lane in turns.indices where !isRetrying[lane, default: false] { turns[lane] = world.uptime }
        }
        for (number, worker) in core.dispatcher.workers.enumerated() {
            while turns[number] <= world.uptime, !world.isDead {
                switch await worker.turn() {
                case .none: isRetrying[number] = false
                case .news(let wait):
                    isRetrying[number] = false
                    turns[number] = world.uptime + wait
                case .retry(let wait):
                    isRetrying[number] = true
                    turns[number] = world.uptime + DestinationWorker.spread(wait, using: &world.random)
                }
            }
        }
    }

    private var isRetrying: [Int: Bool] = [:]

    /// Performs the gateway's work of every minute.
    func maintainStore(_ next: inout TimeSpan) async {
        next = world.uptime + .minutes(1)
        // A failing disk is part of the story; the next minute tries again.
        try? await core.maintainStore()
    }

    func drain() { pipeline.drain() }

    /// After ``drain()``: notes the stop and closes the store.
    func end() async {
        // The process ends even if the disk does not take the note.
        try? await core.finish()
        abandon()
    }

    /// Closes the files of a dead process, which changes nothing on the disk.
    func abandon() { try? core.store.close() }
}

/// The gateway's log, as part of the story.
private struct StoryHandler: LogHandler {
    let world: World
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    init(world: World) { self.world = world }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if !world.isDead { world.tell("log: \(event.message)") }
    }
}
