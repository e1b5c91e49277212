/// The state of an alarm in its lifecycle, with the state's data (ISA-18.2 and IEC 62682).
package enum AlarmState: Hashable, Sendable {
    /// Not active, with nothing left to acknowledge. An alarm that has ended keeps who acknowledged it, if anyone did.
    case normal(Acknowledgement?)
    /// Active, and nobody has acknowledged it.
    case unacknowledged
    /// Active, and somebody has acknowledged it.
    case acknowledged(Acknowledgement)
    /// Returned to normal before anybody acknowledged it.
    case returnedUnacknowledged
    /// Suppressed by an operator, for a time and with a reason. It ends by itself.
    case shelved(Suppression)
    /// Suppressed by design: its rule says that another alarm, or the clock, explains it.
    case suppressed
    /// Suppressed by an operator, with a reason, until somebody puts it back in service.
    case outOfService(Suppression)

    /// A state without its data, for ``LifecycleTable`` and texts. The raw values are the words of the store and of the
    /// messages.
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case normal
        case unacknowledged
        case acknowledged
        case returnedUnacknowledged = "returned"
        case shelved
        case suppressed
        case outOfService = "out-of-service"

        /// Set in the states in which an alarm is recorded and nobody is notified.
        package var isSuppression: Bool {
            switch self {
            case .shelved, .suppressed, .outOfService: true
            case .normal, .unacknowledged, .acknowledged, .returnedUnacknowledged: false
            }
        }

        /// Set while somebody still has to acknowledge the alarm.
        package var needsAcknowledgement: Bool { self == .unacknowledged || self == .returnedUnacknowledged }
    }

    /// Joins a kind of state with its data.
    /// - Returns: `nil` if the kind needs data that is missing, or data of another kind.
    package init?(_ kind: Kind, acknowledgement: Acknowledgement? = nil, suppression: Suppression? = nil) {
        switch kind {
        case .normal: self = .normal(acknowledgement)
        case .unacknowledged: self = .unacknowledged
        case .acknowledged:
            guard let acknowledgement else { return nil }
            self = .acknowledged(acknowledgement)
        case .returnedUnacknowledged: self = .returnedUnacknowledged
        case .shelved:
            guard let suppression, suppression.kind == .shelved else { return nil }
            self = .shelved(suppression)
        case .suppressed: self = .suppressed
        case .outOfService:
            guard let suppression, suppression.kind == .outOfService else { return nil }
            self = .outOfService(suppression)
        }
    }

    package var kind: Kind {
        switch self {
        case .normal: .normal
        case .unacknowledged: .unacknowledged
        case .acknowledged: .acknowledged
        case .returnedUnacknowledged: .returnedUnacknowledged
        case .shelved: .shelved
        case .suppressed: .suppressed
        case .outOfService: .outOfService
        }
    }

    /// The acknowledgement, if any.
    package var acknowledgement: Acknowledgement? {
        switch self {
        case .normal(let acknowledgement): acknowledgement
        case .acknowledged(let acknowledgement): acknowledgement
        case .unacknowledged, .returnedUnacknowledged, .shelved, .suppressed, .outOfService: nil
        }
    }

    /// The operator's suppression, while there is one.
    package var suppression: Suppression? {
        switch self {
        case .shelved(let suppression), .outOfService(let suppression): suppression
        case .normal, .unacknowledged, .acknowledged, .returnedUnacknowledged, .suppressed: nil
        }
    }

    /// Set while the alarm is recorded and nobody is notified.
    package var isSuppression: Bool { kind.isSuppression }
}
