internal import Logging
internal import Store
internal import Telemetry
internal import Wire

/// The known state of a flood. A restart forgets it, and may repeat one message.
struct FloodState {
    /// The highest level with which a separate message has notified the destination.
    var top: UInt8 = 0
    var notifiedAt: Instant?
    /// The number of failures in a row of its message.
    var failures = 0
}

/// Handles floods of alarms: one message notifies a destination of many alarms.
extension DestinationWorker {
    /// The largest number of escalations in one message.
    private static let groupMax = 1000
    /// The number of failures in a row of a flood's message, after which some of the escalations that it replaces are
    /// tried by themselves.
    private static let groupFailuresMax = 3
    private static let groupProbe = 20

    /// Delivers all waiting escalations of a flood as one message, and then collects for a while. An escalation of a
    /// higher level than any delivered in the flood goes by itself, at once, after those before it.
    func deliverGrouped(_ limit: FloodLimit) async throws -> TimeSpan? {
        let now = clock.now()
        let isFlooded = await looked { try await $0.isFlooded($1, since: now - limit.within, over: limit.alarms) }
        guard isFlooded == true else {
            flood = FloodState()
            return try await deliverNext()
        }
        guard let waiting = await waiting(atMost: Self.groupMax) else { return .seconds(1) }
        let higher = waiting.firstIndex { $0.escalation.severity > flood.top }
        if higher == nil, let notifiedAt = flood.notifiedAt, case let rest = notifiedAt + limit.pause - now,
            rest > .zero,
            rest <= limit.pause  // a clock that was set back holds nothing up
        {
            return rest
        }
        if waiting.isEmpty { return await pauseForNews() }
        let common = Array(waiting[..<(higher ?? waiting.count)])
        var single = higher.map { [waiting[$0]] } ?? []
        if flood.failures >= Self.groupFailuresMax {
            // The destination may refuse the flood's message, and accept each escalation by itself. Escalations that
            // wait with the key of the higher level go too, since nothing may overtake them.
            let key = single.first?.escalation.key
            let probe = common.enumerated().filter { $0.offset < Self.groupProbe || $0.element.escalation.key == key }
            single = probe.map(\.element) + single
            flood.failures -= 1
        } else if let group = FloodMessage.grouping(common.map(\.escalation), for: destination.name, at: now) {
            if try await deliver(group, for: common) {
                flood.failures = 0
                // Any further ones have waited already, and go without a pause.
                if waiting.count < Self.groupMax { flood.notifiedAt = now }
            } else {
                // The destination does not know such messages, and gets each by itself.
                single = common + single
            }
        } else {
            single = common + single
        }
        // All together, so that nothing overtakes an escalation with the same key that is not accepted.
        try await deliver(single)
        return nil
    }

    /// Delivers the message of a flood.
    /// - Returns: `true` if it was accepted; `false` if it was refused permanently.
    private func deliver(_ group: OutboxItem, for common: [WaitingEscalation]) async throws -> Bool {
        do {
            try await attempt(group)
        } catch let error as DeliveryError where error.isPermanent {
            return false
        } catch {
            flood.failures += 1
            if let first = common.first { await noteFailure(of: first, error) }
            throw error
        }
        isAccepted = true
        unrecorded += common
        _ = await record()
        logger.notice("alarm flood: \(common.count) escalations delivered as one message", metadata: metadata)
        return true
    }
}
