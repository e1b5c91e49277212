/// The states of an alarm, in the words of ISA-18.2 and IEC 62682.
package enum AlarmState: String, Sendable, Codable, CaseIterable {
    /// Not active, and known of.
    case normal
    /// Active, and nobody has taken it on.
    case unacknowledged
    /// Active, and someone has.
    case acknowledged
    /// Returned to normal before anyone had taken it on.
    case returned
    /// Put aside by someone, for a time and with a reason; comes back by itself.
    case shelved
    /// Suppressed by design: its rule says that nobody is to be told while another alarm, or the clock, explains it.
    case suppressed
    /// Taken out of service by someone, with a reason, until someone puts it back.
    case outOfService = "out-of-service"

    /// Whether it is recorded and nobody is told.
    package var isSuppression: Bool { self == .shelved || self == .suppressed || self == .outOfService }
}
