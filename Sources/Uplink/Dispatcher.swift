package import Escalation
package import Logging
internal import ServiceLifecycle
package import Store
package import Telemetry

/// Delivers what waits in the outbox: each destination by itself (a ``DeliveryLane``), in the order of the outbox, at
/// least once.
package final class Dispatcher: Service {
    package let lanes: [DeliveryLane]
    private let store: Store
    private let clock: any GatewayClock

    /// - Parameter grouping: the destinations that are told of a flood of alarms together.
    package init(
        destinations: [any Destination], grouping: Set<String> = [], flood: FloodLimit = FloodLimit(), store: Store,
        clock: any GatewayClock, logger: Logger
    ) {
        lanes = destinations.map {
            DeliveryLane(
                $0, flood: grouping.contains($0.name) ? flood : nil, store: store, clock: clock, logger: logger)
        }
        self.store = store
        self.clock = clock
    }

    /// Says that the outbox has something new. From any thread, at no cost.
    package func ring() { for lane in lanes { lane.news.ring() } }

    /// Delivers escalations that cannot be stored now, from memory and after what is stored. When they are stored later
    /// they are not delivered again, unless the process has ended meanwhile.
    package func deliverUnstored(_ escalations: [Escalation]) {
        for lane in lanes { lane.deliverUnstored(escalations.filter { $0.destination == lane.destination.name }) }
    }

    /// Tries again now, without waiting longer, and lets parked escalations be tried too.
    /// - Parameter destination: its name, or `nil` for all.
    /// - Returns: how many escalations wait there, or `nil` if there is no such destination.
    package func retry(_ destination: String?, person: String) async throws -> Int? {
        let meant = lanes.filter { destination == nil || $0.destination.name == destination }
        guard !meant.isEmpty else { return nil }
        let count = try await store.unpark(destination, person: person, at: clock.now())
        for lane in meant {
            // Without waiting for the lane, which may be in the middle of an attempt.
            lane.retryNow()
            await lane.forgetRefusals()
        }
        return count
    }

    /// Delivers until the group shuts down; what is then under way is finished or stays in the outbox.
    package func run() async throws {
        // A gateway without destinations still runs.
        guard !lanes.isEmpty else { return try await gracefulShutdown() }
        await cancelWhenGracefulShutdown { [lanes] in
            await withTaskGroup { group in
                for lane in lanes { group.addTask { await lane.serve() } }
            }
        }
        for lane in lanes { await lane.destination.close() }
    }
}
