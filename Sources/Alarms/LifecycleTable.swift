package import AlarmModel

/// What can happen to an alarm. That it is uncertain, blind or flapping stands beside its state and does not move it.
package enum AlarmEvent: Sendable, CaseIterable {
    case raise, rise, fall, clear
    case acknowledge
    case shelve, unshelve
    case suppress, release
    case takeOutOfService, putBack
    case retire
}

/// Every state and event: the one place that says what an alarm does (ISA-18.2-2016, figure 3 and clause 5.2.4).
///
/// It differs from the figure in two things. An alarm that clears while it is put aside ends: nobody was told, so that
/// nobody has to take it on. And what comes back while it is active is unacknowledged, even if it had been taken on
/// before.
package enum LifecycleTable {
    package enum Entry: Sendable, Equatable {
        case to(AlarmState)
        /// Suppressed while its rule says so, otherwise unacknowledged.
        case asItStands
        /// People may ask for it, and are told why not.
        case refused(String)
        /// Does not come about.
        case never
    }

    package static func entry(_ state: AlarmState, _ event: AlarmEvent) -> Entry {
        // normal, unacknowledged, acknowledged, returned, shelved, suppressed, out of service
        let row: [Entry] =
            switch event {
            case .raise:
                [.to(.unacknowledged), .never, .never, .never, .to(.shelved), .to(.suppressed), .to(.outOfService)]
            case .rise:
                [
                    .never, .to(.unacknowledged), .to(.unacknowledged), .never, .to(.shelved), .to(.suppressed),
                    .to(.outOfService),
                ]
            case .fall:
                [
                    .never, .to(.unacknowledged), .to(.acknowledged), .never, .to(.shelved), .to(.suppressed),
                    .to(.outOfService),
                ]
            case .clear, .retire:
                [.never, .to(.returned), .to(.normal), .never, .to(.normal), .to(.normal), .to(.normal)]
            case .acknowledge:
                [
                    .refused("is normal"), .to(.acknowledged), .refused("is acknowledged"), .to(.normal),
                    .refused("is shelved: unshelve it first"), .refused("is suppressed by its rule"),
                    .refused("is out of service"),
                ]
            case .shelve:
                [
                    .to(.shelved), .to(.shelved), .to(.shelved), .refused("has ended: there is nothing to put aside"),
                    .to(.shelved),
                    .to(.shelved), .refused("is out of service already"),
                ]
            case .unshelve:
                [
                    .refused("is not shelved"), .refused("is not shelved"), .refused("is not shelved"),
                    .refused("is not shelved"),
                    .asItStands, .refused("is not shelved, but suppressed by its rule"),
                    .refused("is not shelved, but out of service: put it back"),
                ]
            case .suppress:
                [.never, .to(.suppressed), .to(.suppressed), .never, .to(.shelved), .never, .to(.outOfService)]
            case .release: [.never, .never, .never, .never, .to(.shelved), .asItStands, .to(.outOfService)]
            case .takeOutOfService:
                [
                    .to(.outOfService), .to(.outOfService), .to(.outOfService),
                    .refused("has ended: name the rule and the group"),
                    .to(.outOfService), .to(.outOfService), .to(.outOfService),
                ]
            case .putBack:
                [
                    .refused("is in service"), .refused("is in service"), .refused("is in service"),
                    .refused("is in service"),
                    .refused("is in service, and shelved"), .refused("is in service, and suppressed by its rule"),
                    .asItStands,
                ]
            }
        let column: Int =
            switch state {
            case .normal: 0
            case .unacknowledged: 1
            case .acknowledged: 2
            case .returned: 3
            case .shelved: 4
            case .suppressed: 5
            case .outOfService: 6
            }
        return row[column]
    }
}

extension Alarm {
    /// Moves its state.
    /// - Returns: what the table says; the state is moved only where it says where to.
    mutating func move(_ event: AlarmEvent) -> LifecycleTable.Entry {
        let entry = LifecycleTable.entry(state, event)
        switch entry {
        case .to(let next): state = next
        case .asItStands: state = ladder.isSuppressed ? .suppressed : .unacknowledged
        case .refused, .never: break
        }
        if state != .acknowledged, state != .normal { acknowledgement = nil }
        return entry
    }
}
