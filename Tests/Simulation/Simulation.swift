import Alarms
import CFaultyDisk
import Foundation
import Gateway
import Logging
import SiteConfiguration
import Store
import Synchronization
import Telemetry
import TestSupport
import Uplink

/// One run of a whole gateway, real from the link to the outbox, in a world that a seed decides.
///
/// Time passes only in it, and everything happens in one order: the same seed gives the same run. The process may die
/// between any two of its steps (a packet read, an acknowledgement, a write or sync of the store, a delivery), with
/// or without a power cut. It then restarts from the state of the disk.
package final class Simulation {
    /// The result of a run.
    package struct Report: Sendable {
        package var seed: UInt64
        /// The broken promises; empty if all is well.
        package var faults: [String] = []
        package var readings = 0
        package var acknowledged = 0
        package var transitions = 0
        package var escalations = 0
        package var deliveries = 0
        package var crashes = 0
        package var powerCuts = 0
        package var lostSectors = 0
        package var virtual = TimeSpan.zero
        /// The events of the run, if requested.
        package var story: [String] = []

        package init(seed: UInt64) { self.seed = seed }
    }

    let plant: Plant
    private let seed: UInt64
    let weather: Weather
    let world: World
    let folder: TemporaryFolder
    private let configuration: Configuration
    private var process: SimulatedProcess?
    private var bootAt: TimeSpan? = .zero
    private var pending: (cutsPower: Bool, pause: TimeSpan)?
    private var stopPause: TimeSpan?
    var report: Report
    /// The times in which a gateway ran, and its promises to people.
    private(set) var lives: [(from: TimeSpan, to: TimeSpan)] = []
    let promises = Promises()
    private var retention = TimeSpan.zero

    /// The operator commands that were confirmed.
    final class Promises: Sendable {
        let orders = Mutex<[(alarm: String, kind: String)]>([])
    }

    init(_ plant: Plant, seed: UInt64, _ kind: Weather.Kind, tellsStory: Bool) throws {
        self.plant = plant
        self.seed = seed
        report = Report(seed: seed)
        weather = Weather(seed: seed, kind: kind)
        world = World(seed: seed, tellsStory: tellsStory)
        folder = try TemporaryFolder()
        var configuration = plant.configuration
        configuration.store.path = folder.file("t.db")
        self.configuration = configuration
        guard faulty_disk_register() == 0 else { throw TestFailure("SQLite takes no file system") }
        faulty_disk_watch(folder.path)
        world.broker.choice = weather.identifiers
        world.plan(weather.happenings)
        world.onHappening = { [unowned self] in happen($0) }
    }

    /// Runs a seed to its end, and checks the promises.
    package static func run(_ plant: Plant, seed: UInt64, tellsStory: Bool = false) async throws -> Report {
        try await run(plant, seed: seed, .storm, tellsStory: tellsStory)
    }

    /// Runs a day without anyone upstream. Checks that everything has come in its order when somebody is there again.
    package static func runAbsence(_ plant: Plant, seed: UInt64) async throws -> Report {
        try await run(plant, seed: seed, .absence, tellsStory: false)
    }

    private static func run(_ plant: Plant, seed: UInt64, _ kind: Weather.Kind, tellsStory: Bool) async throws -> Report
    {
        let simulation = try Simulation(plant, seed: seed, kind, tellsStory: tellsStory)
        await simulation.run()
        simulation.check()
        simulation.world.onHappening = { _ in }
        simulation.process = nil
        if tellsStory, let keep = ProcessInfo.processInfo.environment["TOCSIN_SIMULATE_KEEP"] {
            try? FileManager.default.copyItem(atPath: simulation.configuration.store.path, toPath: keep)
        }
        simulation.report.story = simulation.world.story
        simulation.report.virtual = simulation.world.uptime
        return simulation.report
    }

    private func run() async {
        let limit = weather.end + .minutes(40)
        while world.uptime < limit {
            if process == nil {
                boot()
            } else {
                await turn()
            }
            if world.uptime > weather.end, isAtRest { break }
        }
        if world.uptime >= limit { fault("it does not come to rest: \(restlessness)") }
        await stop()
    }

    private func fault(_ text: String) { report.faults.append(text) }

    // MARK: The life of a process

    private func boot() {
        guard let bootAt, world.uptime >= bootAt else {
            return world.pass(min((bootAt ?? .zero) - world.uptime, .milliseconds(500)))
        }
        do {
            let process = try SimulatedProcess(plant, configuration, world)
            if let damage = process.damage { fault(damage) }
            self.process = process
            lives.append((world.uptime, world.uptime))
            world.tell("the gateway runs")
        } catch {
            world.tell("it does not start: \(error)")
            if world.isDead { return bury() }
            // As systemd does.
            self.bootAt = world.uptime + .seconds(2)
        }
    }

    private func turn() async {
        guard let process else { return }
        let goesOn = process.turn()
        lives[lives.count - 1].to = world.uptime
        if world.isDead { return bury() }
        await process.deliver()
        if !world.isDead, world.uptime >= retention { await process.maintainStore(&retention) }
        if world.isDead { return bury() }
        if !goesOn {
            process.drain()
            if world.isDead { return bury() }
            await process.end()
            world.tell("the gateway has stopped")
            self.process = nil
            bootAt = world.uptime + (stopPause ?? .zero)
            stopPause = nil
        }
    }

    /// Clears away the dead process; then the disk is in the state in which the power cut left it.
    private func bury() {
        report.crashes += 1
        process?.abandon()
        process = nil
        world.broker.endLink()
        if pending?.cutsPower ?? false {
            report.powerCuts += 1
            let lost = faulty_disk_cut_power(world.random.next())
            report.lostSectors += lost
            try? FileManager.default.removeItem(atPath: configuration.store.path + "-shm")
            world.tell("the power is cut, \(lost) sectors lost")
        } else {
            world.tell("the process is dead")
        }
        faulty_disk_revive()
        bootAt = world.uptime + (pending?.pause ?? .seconds(1))
        pending = nil
    }

    private func happen(_ kind: Happening.Kind) {
        switch kind {
        case .crash(let steps, let cutsPower, let pause):
            guard pending == nil else { return }
            pending = (cutsPower, pause)
            faulty_disk_die_after(steps)
        case .stop(let pause):
            guard let process else { return }
            stopPause = pause
            process.mailbox.post(.stop)
        case .reload: process?.mailbox.post(.reload(plant.model))
        case .order(let order, let station): give(order, station)
        default: break
        }
    }

    private func give(_ kind: Happening.CommandKind, _ station: Int) {
        guard let process else { return }
        let action: OperatorCommand.Action =
            switch kind {
            case .acknowledge: .acknowledge
            case .shelve: .shelve(.seconds(90))
            case .unshelve: .unshelve
            }
        let order = OperatorCommand(action, alarm: "flood/s\(station)", person: "ada", note: "seen")
        process.mailbox.post(
            .command(order) { [promises, world] answer in
                guard !world.isDead, case .success(let outcome) = answer, outcome.transition != nil else { return }
                world.tell("answered: \(outcome.done.rawValue) \(outcome.name)")
                promises.orders.withLock { $0.append((outcome.name, outcome.done.rawValue)) }
            })
    }

    private var isAtRest: Bool {
        guard process != nil, world.nextHappening == nil, world.broker.isAtRest else { return false }
        // Long enough for everything that time alone causes, and for conditions that must last while the gateway
        // listens.
        return world.uptime > weather.end + Plant.patience + Plant.heat + .seconds(30)
            && world.uptime > lives[lives.count - 1].from + Plant.heat + .seconds(10)
            && (try? StoreReader(path: configuration.store.path).outbox().isEmpty) == true
    }

    private var restlessness: String {
        "broker at rest: \(world.broker.isAtRest), outbox: \((try? StoreReader(path: configuration.store.path).outbox().count) ?? -1)"
    }

    private func stop() async {
        guard let process else { return }
        process.mailbox.post(.stop)
        while process.turn() {}
        process.drain()
        await process.end()
        self.process = nil
    }
}
