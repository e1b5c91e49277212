internal import AlarmModel
internal import GRDB
package import Telemetry
package import Wire

/// A row of the table `escalation`, which is the outbox: a message for one destination, kept until retention removes
/// it.
///
/// Times are the gateway's clock, in nanoseconds since 1970 in UTC. `payload` is the message as it is sent, a
/// ``CloudEvent``. A row waits while `delivered` and `parked` are NULL.
struct EscalationRow: WritableRow {
    enum Column: String, CaseIterable {
        case id, identity, alarm, destination, severity, payload, created, attempts, error, delivered, parked

        /// The columns that are known when a message becomes due; the others describe its delivery.
        static let due: [Column] = [.identity, .alarm, .destination, .severity, .payload, .created]
    }

    static let table = "escalation"
    static let key = [Column.identity]

    /// The number that SQLite gave the row, or `nil` before that.
    var id: Int64?
    var escalation: OutboxItem
    /// The number of delivery attempts.
    var attempts = 0
    /// The error of the last attempt.
    var error: String?
    var delivered: Instant?
    /// The time since which the message waits for a person, because its destination refused it.
    var parked: Instant?

    init(_ escalation: OutboxItem) { self.escalation = escalation }

    init(_ row: StoredRow<EscalationRow>) throws(UnreadableValue) {
        id = try row.value(.id)
        escalation = OutboxItem(
            identity: try row.value(.identity), alarm: try row.value(.alarm), destination: try row.value(.destination),
            severity: try row.value(.severity), payload: try row.value(.payload), created: try row.time(.created))
        // A message is sent although these cannot be read.
        attempts = row.reporting(0) { row throws(UnreadableValue) in try row.value(.attempts) }
        error = row.reporting(nil) { row throws(UnreadableValue) in try row.optional(.error) }
        delivered = try row.optionalTime(.delivered)
        parked = try row.optionalTime(.parked)
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .id: id
        case .identity: escalation.identity
        case .alarm: escalation.alarm
        case .destination: escalation.destination
        case .severity: escalation.severity
        case .payload: escalation.payload
        case .created: escalation.created.nanoseconds
        case .attempts: attempts
        case .error: error
        case .delivered: delivered?.nanoseconds
        case .parked: parked?.nanoseconds
        }
    }

    /// SQL for "waits to be delivered".
    static let isWaiting = "delivered IS NULL AND parked IS NULL"

    /// SQL for "belongs to the beginning of an alarm", in the words of all versions. The index `escalation_raise` has
    /// the same text, and keeps the rows that match (``Migration14``). Queries must name the index: SQLite otherwise
    /// uses `escalation_created`, and a flood reads every payload in every turn.
    static let isRaise =
        "CASE WHEN json_valid(payload) THEN json_extract(payload, '$.data.transition.kind') END"
        + " IN (\(Transition.Kind.beginnings.sqlWords))"

    fileprivate static let statement = insertion(of: Column.due) + " ON CONFLICT (identity) DO NOTHING"
}

/// An escalation that waits in the outbox.
package struct WaitingEscalation: Sendable {
    /// Its number in the outbox, in which escalations are delivered.
    package var id: Int64
    package var escalation: OutboxItem
    /// The number of delivery attempts.
    package var attempts: Int
}

/// The numbers of messages in the outbox.
package struct OutboxState: Sendable {
    /// The number of escalations that wait to be delivered.
    package var waiting: Int
    /// The number of escalations that wait for a person, because their destination refused them.
    package var parked: Int
    /// The age of the oldest escalation that is not parked; `nil` if nothing waits.
    package var oldest: TimeSpan?

    package init(waiting: Int, parked: Int, oldest: TimeSpan?) {
        self.waiting = waiting
        self.parked = parked
        self.oldest = oldest
    }
}

extension Store {
    /// Puts an escalation into the outbox, unless its identity is there already.
    static func post(_ escalation: OutboxItem, _ db: Database) throws {
        try db.cachedStatement(sql: EscalationRow.statement).execute(
            arguments: EscalationRow(escalation).arguments(EscalationRow.Column.due))
    }
}
