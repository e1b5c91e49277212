internal import Foundation
internal import Logging
internal import Store
internal import Synchronization
package import Telemetry
internal import Wire

/// Delivers the due escalations of one destination.
///
/// An escalation that the destination does not accept is tried again after a growing wait. Later escalations with the
/// same alarm key wait behind it, so that nothing overtakes, and no key waits for another (``HeldKeys``). If several
/// keys in a row are not accepted, the destination accepts nothing, and everything waits. An escalation that the
/// destination refuses permanently is parked, and delays nothing.
package actor DestinationWorker {
    /// The wait before the next turn.
    package enum Pause: Sendable {
        case none
        /// Wait for news, at most this long.
        case news(TimeSpan)
        /// Wait after a failure for about this long, unless a person wants another try now.
        case retry(TimeSpan)
    }

    package nonisolated let destination: any Destination
    /// Sent when the outbox has something new, and when a person wants another try now.
    nonisolated let news = Signal()
    nonisolated let retrySignal = Signal()
    private nonisolated let attempts: DeliveryAttempt
    private let limit: FloodLimit?
    private let store: Store
    let clock: any GatewayClock
    let logger: Logger

    /// Escalations that could not be stored, and are delivered from memory.
    private nonisolated let waiting = Mutex<[OutboxItem]>([])
    /// The identities of delivered escalations that are not yet recorded in the store.
    private var delivered: Set<String> = []
    /// The destination's answers to permanently refused escalations that are not yet recorded in the store, by
    /// identity.
    private var refused: [String: String] = [:]
    /// The rows of the outbox that are still to be marked as delivered or parked. While the store cannot be written,
    /// look-ups leave them out, so that the escalations behind them get their turn.
    var unrecorded: [WaitingEscalation] = []
    /// The largest number that is kept in memory; further ones are left to the store.
    private static let unstoredMax = 10_000
    private static let unrecordedMax = 10_000
    /// The number of failures in a row after which the destination accepts nothing: failures of the link, or answers
    /// that may concern one message alone.
    private static let failuresInARow = (link: 2, answers: 20)
    private var failures = 0
    /// Set after it was logged that the outbox cannot be read.
    private var isUnreadable = false
    /// Cleared after it was logged that the store does not record delivered or refused escalations.
    private var isRecording = true
    var flood = FloodState()
    private var held = HeldKeys()
    /// Set if the destination has accepted something in this turn.
    var isAccepted = false
    nonisolated var metadata: Logger.Metadata { ["destination": "\(destination.name)"] }

    /// Creates a worker for one destination.
    /// - Parameter flood: the number of alarms that make a flood, for one message about all of them; `nil` for a
    ///   message about each alarm.
    init(_ destination: any Destination, flood: FloodLimit?, store: Store, clock: any GatewayClock, logger: Logger) {
        self.destination = destination
        limit = flood
        self.store = store
        self.clock = clock
        attempts = DeliveryAttempt(clock: clock)
        self.logger = logger
    }

    nonisolated func deliverUnstored(_ items: [OutboxItem]) {
        guard !items.isEmpty else { return }
        waiting.withLock { $0 = Array(($0 + items).prefix(Self.unstoredMax)) }
        news.send()
    }

    /// Tries again now, even in a pause, or while the destination has not answered for two seconds.
    nonisolated func retryNow() {
        attempts.breakOff(ifOlderThan: .seconds(2))
        news.send()
        retrySignal.send()
    }

    func attempt(_ item: OutboxItem, after earlier: [OutboxItem] = []) async throws {
        try await attempts.make(within: destination.timeout) { [destination] in
            try await destination.deliver(item, after: earlier)
        }
    }

    /// Lets refused escalations be tried again, also those that were refused permanently.
    func forgetRefusals() {
        unrecorded.removeAll { refused[$0.escalation.identity] != nil }
        refused.removeAll()
        held.releaseAll()
    }

    /// Delivers until its task is cancelled.
    func serve() async {
        while !Task.isCancelled {
            switch await turn() {
            case .none: break
            case .news(let wait): await news.wait(upTo: wait, by: clock)
            case .retry(let wait):
                var random = SystemRandomNumberGenerator()
                await retrySignal.wait(upTo: Self.spread(wait, using: &random), by: clock)
            }
        }
    }

    /// Returns between half of a wait and the whole, so that a fleet does not come all at once.
    package static func spread(_ wait: TimeSpan, using random: inout some RandomNumberGenerator) -> TimeSpan {
        TimeSpan(nanoseconds: Int64.random(in: wait.nanoseconds / 2...wait.nanoseconds, using: &random))
    }

    /// Delivers some of the waiting escalations, or tries to.
    package func turn() async -> Pause {
        do {
            isAccepted = false
            _ = await record()
            let wait = if let limit { try await deliverGrouped(limit) } else { try await deliverNext() }
            try await deliverFromMemory()
            if failures > 0, isAccepted {
                logger.notice("delivers again", metadata: metadata)
                failures = 0
                held.releaseAll()
            }
            return wait.map { .news($0) } ?? .none
        } catch is CancellationError {
            return .none
        } catch {
            failures += 1
            if failures == 1 {
                logger.warning("cannot deliver, trying again until it works: \(error)", metadata: metadata)
            }
            let pause = min(60.0, 0.5 * pow(2, Double(min(failures, 10))))
            // The full wait that the destination asks for, within reason.
            let wanted = min((error as? DeliveryError)?.retryAfter ?? 0, 600) * 2
            return .retry(.milliseconds(Int64(max(pause, wanted) * 1000)))
        }
    }

    /// Delivers some of the waiting escalations. If there were none, returns how long to wait for more.
    func deliverNext() async throws -> TimeSpan? {
        guard let waiting = await waiting(atMost: 64) else { return .seconds(1) }
        if waiting.isEmpty { return await pauseForNews() }
        try await deliver(waiting)
        return nil
    }

    /// Returns the waiting escalations, without the keys that are held back; `nil` if the store cannot be read. Keys
    /// whose wait is over are tried when no other waits, so that every key has its turn.
    func waiting(atMost limit: Int) async -> [WaitingEscalation]? {
        // Nothing more is delivered before the store has recorded these.
        if unrecorded.count >= Self.unrecordedMax { return [] }
        let (all, held, done) = (held.all, held.held(at: clock.uptime()), unrecorded.map(\.id))
        var found = await looked { try await $0.waiting(for: $1, except: all, and: done, limit: limit) }
        if found?.isEmpty == true, held.count < all.count {
            found = await looked { try await $0.waiting(for: $1, except: held, and: done, limit: limit) }
        }
        // Already delivered or refused from memory.
        let isKnown = { [delivered, refused] (item: WaitingEscalation) in
            delivered.contains(item.escalation.identity) || refused[item.escalation.identity] != nil
        }
        unrecorded += found?.filter(isKnown) ?? []
        return found?.filter { !isKnown($0) }
    }

    /// Returns how long to wait when there is nothing to deliver.
    func pauseForNews() async -> TimeSpan {
        if !unrecorded.isEmpty { return await record() ? .zero : .seconds(1) }
        return min(held.rest(at: clock.uptime()) ?? .seconds(5), .seconds(5))
    }

    /// Returns the result of a query; `nil` if the store cannot even be read, which must not delay deliveries from
    /// memory.
    func looked<T: Sendable>(_ look: (Store, String) async throws -> T) async -> T? {
        do {
            let answer = try await look(store, destination.name)
            isUnreadable = false
            return answer
        } catch is CancellationError {
            return nil
        } catch {
            if !isUnreadable { logger.error("the outbox cannot be read: \(error)", metadata: metadata) }
            isUnreadable = true
            return nil
        }
    }

    /// Delivers escalations that could not be stored, as far as the destination accepts them.
    private func deliverFromMemory() async throws {
        var failed = 0
        var failure: (any Error)?
        while failed < 2, case let passedOver = Set(held.held(at: clock.uptime())),
            let item = waiting.withLock({ $0.first { !passedOver.contains($0.key) } })
        {
            do {
                // A message without the history is better than no message.
                let earlier =
                    destination.needsHistory
                    ? await looked { store, _ in try await store.earlier(than: item, id: nil) } : []
                try await attempt(item, after: earlier ?? [])
                delivered.insert(item.identity)
                noteAccepted(item)
            } catch let error as DeliveryError where error.isPermanent {
                // It is parked when it is stored.
                refused[item.identity] = "\(error)"
            } catch {
                failure = error
                if error is CancellationError { break }
                _ = held.hold(item.key, wish: (error as? DeliveryError)?.retryAfter, at: clock.uptime())
                failed += 1
                continue
            }
            waiting.withLock { $0.removeAll { $0.identity == item.identity } }
        }
        if let failure, failure is CancellationError || failed > 1 { throw failure }
    }

    private func noteAccepted(_ item: OutboxItem) {
        isAccepted = true
        held.release(item.key)
        flood.top = max(flood.top, item.severity)
    }

    /// Keeps the reason of a failed delivery in the outbox. The escalation waits there even if the reason cannot be
    /// kept.
    func noteFailure(of item: WaitingEscalation, _ failure: any Error) async {
        do {
            try await store.markFailed(item.id, error: "\(failure)")
        } catch {
            logger.warning(
                "not delivered (\(failure)), which could not be noted in the outbox: \(error)",
                metadata: ["destination": "\(destination.name)", "escalation": "\(item.escalation.identity)"])
        }
    }

    /// Delivers the waiting escalations, as far as they are accepted.
    /// - Throws: the reason why nothing is accepted: see ``failuresInARow``.
    func deliver(_ waiting: [WaitingEscalation]) async throws {
        var failed: Set<String> = []
        var failure: (any Error)?
        var isDown = false
        var inARow = (link: 0, answers: 0)
        for item in waiting where !failed.contains(item.escalation.key) {
            do {
                let earlier =
                    destination.needsHistory ? try await store.earlier(than: item.escalation, id: item.id) : []
                try await attempt(item.escalation, after: earlier)
                unrecorded.append(item)
                noteAccepted(item.escalation)
                inARow = (0, 0)
            } catch let error as DeliveryError where error.isPermanent {
                refused[item.escalation.identity] = "\(error)"
                unrecorded.append(item)
                inARow = (0, 0)
            } catch {
                failure = error
                if error is CancellationError { break }
                await noteFailure(of: item, error)
                failed.insert(item.escalation.key)
                let isNew = held.hold(
                    item.escalation.key, wish: (error as? DeliveryError)?.retryAfter, at: clock.uptime())
                if isNew {
                    logger.warning(
                        "\(item.escalation.identity) is not accepted, and tried again: \(error)", metadata: metadata)
                }
                if (error as? DeliveryError)?.isAboutMessage == true { inARow.answers += 1 } else { inARow.link += 1 }
                isDown = inARow.link >= Self.failuresInARow.link || inARow.answers >= Self.failuresInARow.answers
                if isDown { break }
            }
        }
        _ = await record()
        if let failure, failure is CancellationError || isDown { throw failure }
    }

    /// Marks delivered escalations in the store, and parks permanently refused ones. Those that cannot be recorded
    /// are remembered, and not delivered again.
    /// - Returns: `true` if the store has recorded all of them.
    func record() async -> Bool {
        guard !unrecorded.isEmpty else { return true }
        let (store, now, refused) = (store, clock.now(), refused)
        let refusals = unrecorded.filter { refused[$0.escalation.identity] != nil }
        let deliveries = unrecorded.filter { refused[$0.escalation.identity] == nil }
        do {
            // Not cancelled with the task, so that deliveries are recorded. Marked together: a crash before this
            // delivers them again, with the same identities.
            if !deliveries.isEmpty { try await Task { try await store.markDelivered(deliveries, at: now) }.value }
            forget(deliveries)
            for item in refusals {
                let reason = refused[item.escalation.identity] ?? ""
                try await Task { try await store.park(item, error: reason, at: now) }.value
                forget([item])
                logger.error(
                    "refused permanently, and parked: \(reason)",
                    metadata: metadata.merging(["escalation": "\(item.escalation.identity)"]) { $1 })
            }
            isRecording = true
            return true
        } catch {
            if isRecording {
                logger.warning("what was delivered or refused cannot be marked so: \(error)", metadata: metadata)
            }
            isRecording = false
            return false
        }
    }

    private func forget(_ recorded: [WaitingEscalation]) {
        let (ids, identities) = (Set(recorded.map(\.id)), recorded.map(\.escalation.identity))
        unrecorded.removeAll { ids.contains($0.id) }
        delivered.subtract(identities)
        for identity in identities { refused[identity] = nil }
    }
}
