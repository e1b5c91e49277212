import AlarmModel
import Alarms
import Gateway
import Logging
import Pipeline
import SiteConfiguration
import Store
import Telemetry
import Uplink

/// A gateway as ``Gateway`` puts it together, from the pipeline to the outbox, without threads: the simulation turns
/// it.
final class GatewayInside {
    let mailbox: Mailbox
    let rescue: StoreRescue?
    let loss: String?
    private let store: Store
    private let dispatcher: Dispatcher
    private let pipeline: Pipeline
    private let world: World
    /// When each lane's next turn is.
    private var turns: [TimeSpan]
    private let signals = Signals()
    /// When the gateway reports of itself next.
    private var nextReport: TimeSpan

    /// Set from inside the pipeline's turn.
    private final class Signals {
        var hasNews = false
    }

    init(_ plant: Plant, _ configuration: Configuration, _ world: World) throws {
        self.world = world
        let now = world.clock.now()
        (store, rescue) = try Store.openOrRescue(path: configuration.store.path, at: now)
        loss = rescue == nil ? try store.lossSinceMark() : nil
        do {
            guard
                try store.series(SeriesRegistry.names(of: plant.model.site))
                    == Plant.numbers(SeriesRegistry.names(of: plant.model.site))
            else { fatalError("the store numbers series otherwise") }
            mailbox = try Mailbox()
            var logger = Logger(label: "simulation") { _ in StoryHandler(world: world) }
            logger.logLevel = world.tellsStory ? .debug : .critical
            dispatcher = Dispatcher(
                destinations: configuration.destinations.map { SimulatedDestination(name: $0.name, world: world) },
                grouping: Set(configuration.destinations.filter(\.isGrouping).map(\.name)), flood: configuration.flood,
                store: store,
                clock: world.clock, logger: logger)
            turns = dispatcher.workers.map { _ in world.uptime }
            nextReport = world.uptime + .seconds(30)
            try store.note(AuditNote("started", at: now, text: "simulated"))
            pipeline = try Pipeline(
                plant.model, configuration, store: store, clock: world.clock, mailbox: mailbox,
                board: StatisticsBoard(), logger: logger,
                onCommit: { [signals] in signals.hasNews = true },
                link: { SimulatedLink(world, receiveMaximum: configuration.broker.receiveMaximum, handler: $0) },
                onUnstored: { [signals, dispatcher, world] escalations in
                    guard !world.isDead else { return }
                    world.provisional.formUnion(escalations.map(\.identity))
                    signals.hasNews = true
                    dispatcher.deliverUnstored(escalations)
                })
        } catch {
            try? store.close()
            throw error
        }
    }

    func turn() -> Bool {
        if world.uptime >= nextReport {
            nextReport = world.uptime + .seconds(30)
            mailbox.post(.health(HealthReport(diskFree: 0.5, isClockUnsynchronised: false, outbox: nil)))
        }
        return pipeline.turn()
    }

    /// Lets every lane have its turns that is due.
    func deliver() async {
        if signals.hasNews {
            signals.hasNews = false
            for lane in turns.indices where !isRetrying[lane, default: false] { turns[lane] = world.uptime }
        }
        for (number, lane) in dispatcher.workers.enumerated() {
            while turns[number] <= world.uptime, !world.isDead {
                switch await lane.turn() {
                case .none: isRetrying[number] = false
                case .news(let wait):
                    isRetrying[number] = false
                    turns[number] = world.uptime + TimeSpan(wait)
                case .retry(let wait):
                    isRetrying[number] = true
                    turns[number] = world.uptime + TimeSpan(wait * Double.random(in: 0.5...1, using: &world.random))
                }
            }
        }
    }

    private var isRetrying: [Int: Bool] = [:]

    /// What the gateway does once a minute.
    func enforce(_ next: inout TimeSpan) async {
        next = world.uptime + .minutes(1)
        _ = try? await store.enforce(
            RetentionLimits(readings: .days(90), alarms: .days(90), bytesMax: 1 << 30), now: world.clock.now())
        try? await store.keepMark()
    }

    func drain() { pipeline.drain() }

    /// After ``drain()``: the last words.
    func end() {
        try? store.note(AuditNote("stopped", at: world.clock.now(), text: "everything is committed"))
        try? store.close()
    }

    /// Of a process that is dead: lets go of its files, which changes nothing any more.
    func abandon() { try? store.close() }
}

extension TimeSpan {
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(nanoseconds: seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
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
