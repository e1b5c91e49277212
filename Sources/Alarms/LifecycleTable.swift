package import AlarmModel

/// An event in an alarm's lifecycle. Uncertainty, missing data and chattering are marks beside the state, and do not
/// change it.
package enum AlarmEvent: Sendable, CaseIterable {
    case raise, rise, fall, clear
    case acknowledge
    case shelve, unshelve
    case suppress, release
    case takeOutOfService, putBack
    case retire
}

/// Every state and event: the only definition of an alarm's lifecycle (ISA-18.2-2016, figure 3 and clause 5.2.4).
///
/// It differs from the figure in two ways. An alarm that clears while it is suppressed ends: nobody was notified, so
/// nobody has to acknowledge it. An alarm that comes back from suppression while it is active is unacknowledged, even
/// if it had been acknowledged before.
package enum LifecycleTable {
    package enum Entry: Sendable, Equatable {
        case to(AlarmState.Kind)
        /// Suppressed while its rule says so, otherwise unacknowledged.
        case asItsRuleSays
        /// An operator may request it, and gets this reason.
        case refused(String)
        /// The event does not occur in this state.
        case never
    }

    /// The entries of one state, in lifecycle order.
    private struct Row {
        var raise: Entry
        var rise: Entry
        var fall: Entry
        var clear: Entry
        var acknowledge: Entry
        var shelve: Entry
        var unshelve: Entry
        var suppress: Entry
        var release: Entry
        var takeOutOfService: Entry
        var putBack: Entry
        var retire: Entry
    }

    /// Returns the effect of an event on an alarm in a state.
    package static func entry(_ state: AlarmState.Kind, _ event: AlarmEvent) -> Entry {
        let row = row(of: state)
        return switch event {
        case .raise: row.raise
        case .rise: row.rise
        case .fall: row.fall
        case .clear: row.clear
        case .acknowledge: row.acknowledge
        case .shelve: row.shelve
        case .unshelve: row.unshelve
        case .suppress: row.suppress
        case .release: row.release
        case .takeOutOfService: row.takeOutOfService
        case .putBack: row.putBack
        case .retire: row.retire
        }
    }

    private static func row(of state: AlarmState.Kind) -> Row {
        switch state {
        case .normal: normal
        case .unacknowledged: unacknowledged
        case .acknowledged: acknowledged
        case .returnedUnacknowledged: returnedUnacknowledged
        case .shelved: shelved
        case .suppressed: suppressed
        case .outOfService: outOfService
        }
    }

    private static let normal = Row(
        raise: .to(.unacknowledged), rise: .never, fall: .never, clear: .never,
        acknowledge: .refused("is normal: there is nothing to acknowledge"),
        shelve: .to(.shelved), unshelve: .refused("is not shelved"),
        suppress: .never, release: .never,
        takeOutOfService: .to(.outOfService), putBack: .refused("is in service"),
        retire: .never)

    private static let unacknowledged = Row(
        raise: .never, rise: .to(.unacknowledged), fall: .to(.unacknowledged), clear: .to(.returnedUnacknowledged),
        acknowledge: .to(.acknowledged),
        shelve: .to(.shelved), unshelve: .refused("is not shelved"),
        suppress: .to(.suppressed), release: .never,
        takeOutOfService: .to(.outOfService), putBack: .refused("is in service"),
        retire: .to(.returnedUnacknowledged))

    private static let acknowledged = Row(
        raise: .never, rise: .to(.unacknowledged), fall: .to(.acknowledged), clear: .to(.normal),
        acknowledge: .refused("is acknowledged"),
        shelve: .to(.shelved), unshelve: .refused("is not shelved"),
        suppress: .to(.suppressed), release: .never,
        takeOutOfService: .to(.outOfService), putBack: .refused("is in service"),
        retire: .to(.normal))

    private static let returnedUnacknowledged = Row(
        raise: .never, rise: .never, fall: .never, clear: .never,
        acknowledge: .to(.normal),
        shelve: .refused("has ended: there is nothing to shelve"), unshelve: .refused("is not shelved"),
        suppress: .never, release: .never,
        takeOutOfService: .refused("has ended: name the rule and the group"), putBack: .refused("is in service"),
        retire: .never)

    private static let shelved = Row(
        raise: .to(.shelved), rise: .to(.shelved), fall: .to(.shelved), clear: .to(.normal),
        acknowledge: .refused("is shelved: unshelve it first"),
        shelve: .to(.shelved), unshelve: .asItsRuleSays,
        suppress: .to(.shelved), release: .to(.shelved),
        takeOutOfService: .to(.outOfService), putBack: .refused("is in service, and shelved: unshelve it"),
        retire: .to(.normal))

    private static let suppressed = Row(
        raise: .to(.suppressed), rise: .to(.suppressed), fall: .to(.suppressed), clear: .to(.normal),
        acknowledge: .refused("is suppressed by its rule"),
        shelve: .to(.shelved), unshelve: .refused("is not shelved, but suppressed by its rule"),
        suppress: .never, release: .asItsRuleSays,
        takeOutOfService: .to(.outOfService), putBack: .refused("is in service, and suppressed by its rule"),
        retire: .to(.normal))

    private static let outOfService = Row(
        raise: .to(.outOfService), rise: .to(.outOfService), fall: .to(.outOfService), clear: .to(.normal),
        acknowledge: .refused("is out of service: put it back in service first"),
        shelve: .refused("is out of service already"),
        unshelve: .refused("is not shelved, but out of service: put it back in service"),
        suppress: .to(.outOfService), release: .to(.outOfService),
        takeOutOfService: .to(.outOfService), putBack: .asItsRuleSays,
        retire: .to(.normal))
}

extension Alarm {
    /// Changes the state, if the table has a next state.
    ///
    /// - Parameters:
    ///   - acknowledgement: of the event ``AlarmEvent/acknowledge``.
    ///   - suppression: of the events ``AlarmEvent/shelve`` and ``AlarmEvent/takeOutOfService``.
    /// - Returns: the table's entry.
    mutating func move(
        _ event: AlarmEvent, acknowledgement: Acknowledgement? = nil, suppression: Suppression? = nil
    ) -> LifecycleTable.Entry {
        let entry = LifecycleTable.entry(state.kind, event)
        let next: AlarmState.Kind
        switch entry {
        case .to(let kind): next = kind
        case .asItsRuleSays: next = ladder.isSuppressed ? .suppressed : .unacknowledged
        case .refused, .never: return entry
        }
        // Data that the event does not bring stays from the previous state.
        let state = AlarmState(
            next, acknowledgement: acknowledgement ?? state.acknowledgement,
            suppression: suppression ?? state.suppression)
        assert(state != nil, "\(event) of \(id) leads to \(next) without its data")
        if let state { self.state = state }
        return entry
    }
}
