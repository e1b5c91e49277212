package import Alarms
internal import Foundation
package import Logging
internal import ServiceLifecycle
package import Store
internal import Synchronization
package import Telemetry

/// What makes an alarm flood: ISA-18.2 draws the line at more than 10 alarms in 10 minutes for one operator.
package struct FloodLimit: Sendable, Hashable {
    package var alarms: Int
    package var within: TimeSpan
    /// How long more of them are collected before they are told together.
    package var pause: TimeSpan

    package init(alarms: Int = 10, within: TimeSpan = .minutes(10), pause: TimeSpan = .seconds(60)) {
        self.alarms = alarms
        self.within = within
        self.pause = pause
    }
}

/// Delivers what waits in the outbox: each destination by itself, in the order of the outbox, at least once.
///
/// A destination that fails is tried again after a growing, jittered wait; what comes behind it for the same
/// destination waits, so that nothing within an alarm overtakes. What a destination refuses for good is parked, and
/// holds up nothing. Other destinations go on.
package final class Dispatcher: Service {
    private let lanes: [Lane]
    private let store: Store
    private let clock: any GatewayClock
    private let flood: FloodLimit
    private let logger: Logger

    /// One destination, and how it is woken.
    private struct Lane: Sendable {
        var destination: any Destination
        var isGrouping: Bool
        /// Rung when the outbox has something new, and when a person wants another try now.
        var news = Bell()
        var nudge = Bell()
        var unstored = Unstored()
    }

    /// What could not be stored at one destination: what is to be told from memory, and what has been told although the
    /// store does not know it.
    private final class Unstored: Sendable {
        /// More than this at once is left to the store.
        static let max = 10_000
        let waiting = Mutex<[Escalation]>([])
        let told = Mutex<Set<String>>([])
    }

    /// What is known of a flood at one destination; a restart forgets it, and may say one thing twice.
    private struct FloodState {
        /// The highest level that was told in it.
        var top: UInt8 = 0
        var toldAt: Instant?
    }

    /// - Parameter grouping: the destinations that are told of a flood of alarms together.
    package init(
        destinations: [any Destination], grouping: Set<String> = [], flood: FloodLimit = FloodLimit(), store: Store,
        clock: any GatewayClock, logger: Logger
    ) {
        lanes = destinations.map { Lane(destination: $0, isGrouping: grouping.contains($0.name)) }
        self.store = store
        self.clock = clock
        self.flood = flood
        self.logger = logger
    }

    /// Says that the outbox has something new. From any thread, at no cost.
    package func ring() { for lane in lanes { lane.news.ring() } }

    /// Delivers escalations that cannot be stored now, from memory and after what is stored. When they are stored later
    /// they are not delivered again, unless the process has ended meanwhile.
    package func deliverUnstored(_ escalations: [Escalation]) {
        for lane in lanes {
            let own = escalations.filter { $0.destination == lane.destination.name }
            guard !own.isEmpty else { continue }
            lane.unstored.waiting.withLock { $0 = Array(($0 + own).prefix(Unstored.max)) }
            lane.news.ring()
        }
    }

    /// Tries again now, without waiting longer, and lets parked escalations be tried too.
    /// - Parameter destination: its name, or `nil` for all.
    /// - Returns: how many escalations wait there, or `nil` if there is no such destination.
    package func retry(_ destination: String?, person: String) async throws -> Int? {
        let meant = lanes.filter { destination == nil || $0.destination.name == destination }
        guard !meant.isEmpty else { return nil }
        let count = try await store.unpark(destination, person: person, at: clock.now())
        for lane in meant {
            lane.news.ring()
            lane.nudge.ring()
        }
        return count
    }

    /// Delivers until the group shuts down; what is then under way is finished or stays in the outbox.
    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup { group in
                for lane in lanes { group.addTask { await self.serve(lane) } }
            }
        }
        for lane in lanes { await lane.destination.close() }
    }

    private func serve(_ lane: Lane) async {
        var failures = 0
        var state = FloodState()
        while !Task.isCancelled {
            do {
                let wait = lane.isGrouping ? try await deliverGrouped(lane, &state) : try await deliverNext(lane)
                try await deliverFromMemory(lane)
                if failures > 0 {
                    logger.notice("delivers again", metadata: ["destination": "\(lane.destination.name)"])
                    failures = 0
                }
                if let wait { await lane.news.wait(upTo: wait) }
            } catch is CancellationError {
                return
            } catch {
                failures += 1
                if failures == 1 {
                    logger.warning(
                        "cannot deliver, trying again until it works: \(error)", metadata: ["destination": "\(lane.destination.name)"])
                }
                let ceiling = min(60.0, 0.5 * pow(2, Double(min(failures, 10))))
                let pause = Double.random(in: ceiling / 2...ceiling)
                let wanted = min((error as? DeliveryError)?.retryAfter ?? 0, 600)
                await lane.nudge.wait(upTo: .seconds(max(pause, wanted)))
            }
        }
    }

    /// Delivers some of what waits; returns how long to wait for more, where there was nothing.
    private func deliverNext(_ lane: Lane) async throws -> Duration? {
        let waiting = try await store.waiting(for: lane.destination.name, limit: 64)
        if waiting.isEmpty { return .seconds(5) }
        return try await deliver(waiting, to: lane) ? nil : .seconds(1)
    }

    /// Delivers what the store could not take.
    private func deliverFromMemory(_ lane: Lane) async throws {
        while let escalation = lane.unstored.waiting.withLock({ $0.first }) {
            do {
                let earlier = lane.destination.needsHistory ? try await store.earlier(than: escalation, id: nil) : []
                try await lane.destination.deliver(escalation, after: earlier)
                lane.unstored.told.withLock { _ = $0.insert(escalation.identity) }
            } catch let error as DeliveryError where error.isPermanent {
                // The store will have it, and it is parked then.
            }
            lane.unstored.waiting.withLock { $0.removeAll { $0.identity == escalation.identity } }
        }
    }

    /// In a flood, delivers what waits as one message, and then collects for a while; but what is of a higher level than
    /// all that was told in the flood goes by itself, at once, after what was before it.
    private func deliverGrouped(_ lane: Lane, _ state: inout FloodState) async throws -> Duration? {
        let destination = lane.destination
        let now = clock.now()
        guard try await store.raises(for: destination.name, since: now - flood.within) > flood.alarms else {
            state = FloodState()
            return try await deliverNext(lane)
        }
        var waiting = try await store.waiting(for: destination.name, limit: 1000)
        let known = lane.unstored.told.withLock { told in waiting.filter { told.contains($0.escalation.identity) } }
        if !known.isEmpty {
            guard await mark(known, lane) else { return .seconds(1) }
            waiting.removeAll { item in known.contains { $0.id == item.id } }
        }
        let higher = waiting.firstIndex { $0.escalation.severity > state.top }
        if higher == nil, let toldAt = state.toldAt, case let rest = toldAt + flood.pause - now, rest > .zero {
            return .nanoseconds(rest.nanoseconds)
        }
        if waiting.isEmpty { return .seconds(5) }
        let common = Array(waiting[..<(higher ?? waiting.count)])
        if let group = FloodMessage.grouping(common.map(\.escalation), for: destination.name, at: now) {
            do {
                try await destination.deliver(group, after: [])
                _ = await mark(common, lane)
                logger.notice("alarm flood: \(common.count) escalations told as one", metadata: ["destination": "\(destination.name)"])
            } catch let error as DeliveryError where error.isPermanent {
                // It does not know such messages, and gets each by itself.
                _ = try await deliver(common, to: lane)
            } catch {
                if let first = common.first { try await store.markFailed(first.id, error: "\(error)") }
                throw error
            }
            state.toldAt = now
        } else {
            _ = try await deliver(common, to: lane)
        }
        if let higher {
            _ = try await deliver([waiting[higher]], to: lane)
            state.top = waiting[higher].escalation.severity
        }
        return nil
    }

    /// Returns whether the store knows what was delivered.
    private func deliver(_ waiting: [WaitingEscalation], to lane: Lane) async throws -> Bool {
        let destination = lane.destination
        var delivered: [WaitingEscalation] = []
        var failure: (any Error)?
        for item in waiting {
            // Told already, from memory or when it could not be marked.
            if lane.unstored.told.withLock({ $0.contains(item.escalation.identity) }) {
                delivered.append(item)
                continue
            }
            do {
                let earlier = destination.needsHistory ? try await store.earlier(than: item.escalation, id: item.id) : []
                try await destination.deliver(item.escalation, after: earlier)
                delivered.append(item)
            } catch let error as DeliveryError where error.isPermanent {
                try await store.park(item, error: "\(error)", at: clock.now())
                logger.error(
                    "refused for good, and parked: \(error)",
                    metadata: ["destination": "\(destination.name)", "escalation": "\(item.escalation.identity)"])
            } catch {
                failure = error
                if !(error is CancellationError) { try await store.markFailed(item.id, error: "\(error)") }
                break
            }
        }
        let isMarked = await mark(delivered, lane)
        if let failure { throw failure }
        return isMarked
    }

    /// Marked together: a crash before this delivers them again, with the same identities. What cannot be marked, because
    /// the store takes nothing, is remembered.
    private func mark(_ delivered: [WaitingEscalation], _ lane: Lane) async -> Bool {
        guard !delivered.isEmpty else { return true }
        let store = store, now = clock.now()
        let identities = delivered.map(\.escalation.identity)
        do {
            // Not cancelled with the task: what was delivered should be known to be.
            try await Task { try await store.markDelivered(delivered, at: now) }.value
            lane.unstored.told.withLock { $0.subtract(identities) }
            return true
        } catch {
            let isFirst = lane.unstored.told.withLock { told in
                defer { told.formUnion(identities) }
                return told.isEmpty
            }
            if isFirst {
                logger.warning("what was delivered cannot be marked so: \(error)", metadata: ["destination": "\(lane.destination.name)"])
            }
            return false
        }
    }
}
