internal import Escalation
internal import Foundation
internal import Logging
internal import Store
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

/// Delivers what is due at one destination.
///
/// What a destination does not take is tried again after a growing wait, and with it what comes behind it of the same
/// rule and group (``HeldPlaces``): there nothing overtakes, and no place waits for another. Several places in a row of
/// which nothing is taken say that nothing is at all: then all of it waits. What a destination refuses for good is
/// parked, and holds up nothing.
package actor DeliveryLane {
    /// How long to wait before the next turn.
    package enum Pause: Sendable {
        case none
        /// Until there is something new, or for so long.
        case news(Duration)
        /// A failure: for so long, give or take, unless a person wants another try now.
        case retry(Duration)
    }

    package nonisolated let destination: any Destination
    /// Rung when the outbox has something new, and when a person wants another try now.
    nonisolated let news = Bell()
    nonisolated let nudge = Bell()
    private nonisolated let attempts = DeliveryAttempt()
    private let limit: FloodLimit?
    private let store: Store
    private let clock: any GatewayClock
    private let logger: Logger

    /// What could not be stored, and is to be told from memory.
    private nonisolated let waiting = Mutex<[Escalation]>([])
    /// The identities of what has been told although the store does not know it.
    private var told: Set<String> = []
    /// What was refused for good although the store does not know it: what the destination said, by identity.
    private var refused: [String: String] = [:]
    /// The rows of the outbox that are still to be marked as told or parked. While the store takes nothing they are
    /// left out of what is looked up, so that what waits behind them has its turn.
    private var unrecorded: [WaitingEscalation] = []
    /// More than this at once is left to the store.
    private static let unstoredMax = 10_000
    private static let unrecordedMax = 10_000
    /// More than this is not told of in one message.
    private static let groupMax = 1000
    /// After so many failures in a row of the message of a flood, some of what it stands for are tried by themselves.
    private static let groupFailuresMax = 3
    private static let groupProbe = 20
    /// So many failures in a row say that nothing is taken: of the link, or of answers that may be about a message
    /// alone.
    private static let failuresInARow = (link: 2, answers: 20)
    private var failures = 0
    /// It has been said that the outbox cannot be read.
    private var isUnreadable = false
    /// The store takes what was delivered or refused; it has been said if it does not.
    private var isRecording = true
    private var flood = FloodState()
    private var held = HeldPlaces()
    /// Something was taken in this turn.
    private var isTaken = false
    private nonisolated var metadata: Logger.Metadata { ["destination": "\(destination.name)"] }

    /// What is known of a flood; a restart forgets it, and may say one thing twice.
    private struct FloodState {
        /// The highest level that was told in it by itself.
        var top: UInt8 = 0
        var toldAt: Instant?
        /// How often in a row its message was not taken.
        var failures = 0
    }

    /// - Parameter flood: what makes a flood that the destination is told of together; `nil` if it is told of each
    ///   alarm.
    init(_ destination: any Destination, flood: FloodLimit?, store: Store, clock: any GatewayClock, logger: Logger) {
        self.destination = destination
        limit = flood
        self.store = store
        self.clock = clock
        self.logger = logger
    }

    nonisolated func deliverUnstored(_ escalations: [Escalation]) {
        guard !escalations.isEmpty else { return }
        waiting.withLock { $0 = Array(($0 + escalations).prefix(Self.unstoredMax)) }
        news.ring()
    }

    /// Tries again now, whatever it waits for: the end of a pause, or a destination that has not answered for two
    /// seconds.
    nonisolated func retryNow() {
        attempts.breakOff(ifOlderThan: .seconds(2))
        news.ring()
        nudge.ring()
    }

    private func attempt(_ escalation: Escalation, after earlier: [Escalation] = []) async throws {
        try await attempts.make(within: destination.timeout) { [destination] in
            try await destination.deliver(escalation, after: earlier)
        }
    }

    /// Lets what was refused, for good or for now, be tried again.
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
            case .news(let wait): await news.wait(upTo: wait)
            // Half of it is left to chance, so that a fleet does not come all at once.
            case .retry(let wait): await nudge.wait(upTo: wait * Double.random(in: 0.5...1))
            }
        }
    }

    /// Delivers some of what waits, or tries to.
    package func turn() async -> Pause {
        do {
            isTaken = false
            _ = await record()
            let wait = if let limit { try await deliverGrouped(limit) } else { try await deliverNext() }
            try await deliverFromMemory()
            if failures > 0, isTaken {
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
            // What the destination asks for is waited for in full, within reason.
            let wanted = min((error as? DeliveryError)?.retryAfter ?? 0, 600) * 2
            return .retry(.seconds(max(pause, wanted)))
        }
    }

    /// Delivers some of what waits; returns how long to wait for more, where there was nothing.
    private func deliverNext() async throws -> Duration? {
        guard let waiting = await waiting(atMost: 64) else { return .seconds(1) }
        if waiting.isEmpty { return await pauseForNews() }
        try await deliver(waiting)
        return nil
    }

    /// What waits, without the places that are held back; `nil` where the store cannot be read. Those whose time has
    /// come again are tried when no other waits, so that they keep none from its turn.
    private func waiting(atMost limit: Int) async -> [WaitingEscalation]? {
        // More is not told before the store has taken that.
        if unrecorded.count >= Self.unrecordedMax { return [] }
        let (all, held, done) = (held.all, held.held(at: clock.uptime()), unrecorded.map(\.id))
        var found = await looked { try await $0.waiting(for: $1, except: all, and: done, limit: limit) }
        if found?.isEmpty == true, held.count < all.count {
            found = await looked { try await $0.waiting(for: $1, except: held, and: done, limit: limit) }
        }
        // Told from memory, or refused then.
        let isKnown = { [told, refused] (item: WaitingEscalation) in
            told.contains(item.escalation.identity) || refused[item.escalation.identity] != nil
        }
        unrecorded += found?.filter(isKnown) ?? []
        return found?.filter { !isKnown($0) }
    }

    /// How long to wait where there is nothing to deliver.
    private func pauseForNews() async -> Duration {
        if !unrecorded.isEmpty { return await record() ? .zero : .seconds(1) }
        return .nanoseconds(min(held.rest(at: clock.uptime()) ?? .seconds(5), .seconds(5)).nanoseconds)
    }

    /// What the store says; `nil` where it cannot even be read, which must not hold up what is told from memory.
    private func looked<T: Sendable>(_ look: (Store, String) async throws -> T) async -> T? {
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

    /// Delivers what the store could not take, as far as the destination takes it.
    private func deliverFromMemory() async throws {
        var failed = 0
        var failure: (any Error)?
        while failed < 2, case let passedOver = Set(held.held(at: clock.uptime())),
            let escalation = waiting.withLock({ $0.first { !passedOver.contains($0.place) } })
        {
            do {
                // Without a history that can be read it is better told than not.
                let earlier =
                    destination.needsHistory
                    ? await looked { store, _ in try await store.earlier(than: escalation, id: nil) } : []
                try await attempt(escalation, after: earlier ?? [])
                told.insert(escalation.identity)
                noteTaken(escalation)
            } catch let error as DeliveryError where error.isPermanent {
                // The store will have it, and it is parked then.
                refused[escalation.identity] = "\(error)"
            } catch {
                failure = error
                if error is CancellationError { break }
                _ = held.hold(escalation.place, wish: (error as? DeliveryError)?.retryAfter, at: clock.uptime())
                failed += 1
                continue
            }
            waiting.withLock { $0.removeAll { $0.identity == escalation.identity } }
        }
        if let failure, failure is CancellationError || failed > 1 { throw failure }
    }

    /// In a flood, delivers what waits as one message, and then collects for a while; but what is of a higher level
    /// than all that was told in the flood goes by itself, at once, after what was before it.
    private func deliverGrouped(_ limit: FloodLimit) async throws -> Duration? {
        let now = clock.now()
        let isFlooded = await looked { try await $0.isFlooded($1, since: now - limit.within, over: limit.alarms) }
        guard isFlooded == true else {
            flood = FloodState()
            return try await deliverNext()
        }
        guard let waiting = await waiting(atMost: Self.groupMax) else { return .seconds(1) }
        let higher = waiting.firstIndex { $0.escalation.severity > flood.top }
        if higher == nil, let toldAt = flood.toldAt, case let rest = toldAt + limit.pause - now, rest > .zero,
            rest <= limit.pause  // a clock that was set back holds nothing up
        {
            return .nanoseconds(rest.nanoseconds)
        }
        if waiting.isEmpty { return await pauseForNews() }
        let common = Array(waiting[..<(higher ?? waiting.count)])
        var single = higher.map { [waiting[$0]] } ?? []
        if flood.failures >= Self.groupFailuresMax {
            // It may be the message of the flood that it does not take, and each by itself that it does.
            // With what waits at the place of the higher level, which must not be overtaken there.
            let place = single.first?.escalation.place
            single =
                common.enumerated().filter { $0.offset < Self.groupProbe || $0.element.escalation.place == place }.map(
                    \.element) + single
            flood.failures -= 1
        } else if let group = FloodMessage.grouping(common.map(\.escalation), for: destination.name, at: now) {
            if try await deliver(group, for: common) {
                flood.failures = 0
                // What more there is has come already, and is told without a pause.
                if waiting.count < Self.groupMax { flood.toldAt = now }
            } else {
                // It does not know such messages, and gets each by itself.
                single = common + single
            }
        } else {
            single = common + single
        }
        // In one go, so that nothing overtakes what is not taken of the same place before it.
        try await deliver(single)
        return nil
    }

    /// Delivers the message of a flood.
    /// - Returns: whether it was taken; `false` where it is refused for good.
    private func deliver(_ group: Escalation, for common: [WaitingEscalation]) async throws -> Bool {
        do {
            try await attempt(group)
        } catch let error as DeliveryError where error.isPermanent {
            return false
        } catch {
            flood.failures += 1
            if let first = common.first { await noteFailure(of: first, error) }
            throw error
        }
        isTaken = true
        unrecorded += common
        _ = await record()
        logger.notice("alarm flood: \(common.count) escalations told as one", metadata: metadata)
        return true
    }

    private func noteTaken(_ escalation: Escalation) {
        isTaken = true
        held.release(escalation.place)
        flood.top = max(flood.top, escalation.severity)
    }

    /// Keeps in the outbox why something could not be delivered. It waits there whether or not that can be kept.
    private func noteFailure(of item: WaitingEscalation, _ failure: any Error) async {
        do {
            try await store.markFailed(item.id, error: "\(failure)")
        } catch {
            logger.warning(
                "not delivered (\(failure)), which could not be noted in the outbox: \(error)",
                metadata: ["destination": "\(destination.name)", "escalation": "\(item.escalation.identity)"])
        }
    }

    /// Delivers what waits, as far as it is taken.
    /// - Throws: why nothing is taken: see ``failuresInARow``.
    private func deliver(_ waiting: [WaitingEscalation]) async throws {
        var failed: Set<String> = []
        var failure: (any Error)?
        var isDown = false
        var inARow = (link: 0, answers: 0)
        for item in waiting where !failed.contains(item.escalation.place) {
            do {
                let earlier =
                    destination.needsHistory ? try await store.earlier(than: item.escalation, id: item.id) : []
                try await attempt(item.escalation, after: earlier)
                unrecorded.append(item)
                noteTaken(item.escalation)
                inARow = (0, 0)
            } catch let error as DeliveryError where error.isPermanent {
                refused[item.escalation.identity] = "\(error)"
                unrecorded.append(item)
                inARow = (0, 0)
            } catch {
                failure = error
                if error is CancellationError { break }
                await noteFailure(of: item, error)
                failed.insert(item.escalation.place)
                let isNew = held.hold(
                    item.escalation.place, wish: (error as? DeliveryError)?.retryAfter, at: clock.uptime())
                if isNew {
                    logger.warning(
                        "\(item.escalation.identity) is not taken, and tried again: \(error)", metadata: metadata)
                }
                if (error as? DeliveryError)?.isAboutMessage == true { inARow.answers += 1 } else { inARow.link += 1 }
                isDown = inARow.link >= Self.failuresInARow.link || inARow.answers >= Self.failuresInARow.answers
                if isDown { break }
            }
        }
        _ = await record()
        if let failure, failure is CancellationError || isDown { throw failure }
    }

    /// Marks in the store what was told, and parks what was refused for good. What the store does not take is
    /// remembered, and not delivered again.
    /// - Returns: whether the store knows all of it.
    private func record() async -> Bool {
        guard !unrecorded.isEmpty else { return true }
        let (store, now, refused) = (store, clock.now(), refused)
        let refusals = unrecorded.filter { refused[$0.escalation.identity] != nil }
        let deliveries = unrecorded.filter { refused[$0.escalation.identity] == nil }
        do {
            // Not cancelled with the task: what was delivered should be known to be. Marked together: a crash before
            // this delivers them again, with the same identities.
            if !deliveries.isEmpty { try await Task { try await store.markDelivered(deliveries, at: now) }.value }
            forget(deliveries)
            for item in refusals {
                let reason = refused[item.escalation.identity] ?? ""
                try await Task { try await store.park(item, error: reason, at: now) }.value
                forget([item])
                logger.error(
                    "refused for good, and parked: \(reason)",
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
        told.subtract(identities)
        for identity in identities { refused[identity] = nil }
    }
}
