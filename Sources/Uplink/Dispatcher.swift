internal import Escalation
package import Logging
internal import ServiceLifecycle
package import Store
package import Telemetry
package import Wire

/// Delivers the escalations in the outbox: each destination by itself (a ``DestinationWorker``), in the order of the
/// outbox, at least once.
package final class Dispatcher: Service {
    package let workers: [DestinationWorker]
    private let store: Store
    private let clock: any GatewayClock

    /// Creates a dispatcher.
    /// - Parameter grouping: the destinations that get one message for a flood of alarms.
    package init(
        destinations: [any Destination], grouping: Set<String> = [], flood: FloodLimit = FloodLimit(), store: Store,
        clock: any GatewayClock, logger: Logger
    ) {
        workers = destinations.map {
            DestinationWorker(
                $0, flood: grouping.contains($0.name) ? flood : nil, store: store, clock: clock, logger: logger)
        }
        self.store = store
        self.clock = clock
    }

    /// Signals that the outbox has something new. From any thread, at no cost.
    package func signal() { for worker in workers { worker.news.send() } }

    /// Delivers escalations that cannot be stored now, from memory and after the stored ones. When they are stored
    /// later they are not delivered again, unless the process has ended meanwhile.
    package func deliverUnstored(_ items: [OutboxItem]) {
        for worker in workers { worker.deliverUnstored(items.filter { $0.destination == worker.destination.name }) }
    }

    /// Tries again now, without waiting longer, and lets parked escalations be tried too.
    /// - Parameter destination: its name, or `nil` for all.
    /// - Returns: how many escalations wait there, or `nil` if there is no such destination.
    package func retry(_ destination: String?, person: String) async throws -> Int? {
        let meant = workers.filter { destination == nil || $0.destination.name == destination }
        guard !meant.isEmpty else { return nil }
        let count = try await store.unpark(destination, person: person, at: clock.now())
        for worker in meant {
            // Without waiting for the worker, which may be in the middle of an attempt.
            worker.retryNow()
            await worker.forgetRefusals()
        }
        return count
    }

    /// Delivers until the group shuts down. A current delivery is finished, or stays in the outbox.
    package func run() async throws {
        // A gateway without destinations still runs.
        guard !workers.isEmpty else { return try await gracefulShutdown() }
        await cancelWhenGracefulShutdown { [workers] in
            await withTaskGroup { group in
                for worker in workers { group.addTask { await worker.serve() } }
            }
        }
        for worker in workers { await worker.destination.close() }
    }
}
