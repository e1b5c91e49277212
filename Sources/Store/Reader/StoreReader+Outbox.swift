package import AlarmModel
package import Escalation
internal import GRDB
package import Telemetry
internal import Wire

extension StoreReader {
    /// A message of an alarm to one destination, delivered or not.
    package struct Notice: Sendable, Equatable {
        package var destination: String
        /// The kind of transition that the message is about; `nil` if it cannot be read.
        package var kind: Transition.Kind?
        /// The name of the level at that time; empty if it cannot be read.
        package var level: String
        /// The times at which it was due and delivered, by the gateway's clock; it waits if the second is `nil`.
        package var due: Instant
        package var delivered: Instant?
        /// The reason why it waits, or is parked.
        package var error: String?
        package var isParked: Bool
        /// The step of a policy that made it due; `nil` for a message that follows an earlier one.
        package var step: AlarmNotice.StepFacts?
    }

    /// Returns the destinations that were or will be notified of an alarm, in the order in which messages became due.
    /// Each destination has its newest message, and every message that a step of a policy made due.
    package func notices(of alarm: String) throws -> [Notice] {
        try queue.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM escalation WHERE alarm = ?1 AND (
                        id IN (SELECT max(id) FROM escalation WHERE alarm = ?1 GROUP BY destination)
                        OR payload LIKE '%"escalation":{%' AND identity NOT LIKE '%~%') ORDER BY id
                    """, arguments: [alarm]
            ).compactMap { row in
                guard let row = unreadable.read(row, as: EscalationRow.self) else { return nil }
                let message = CloudEvent.read(row.escalation.payload)?.data
                return Notice(
                    destination: row.escalation.destination, kind: message?.transition.kind,
                    level: message?.alarm.level ?? "", due: row.escalation.created, delivered: row.delivered,
                    error: row.error, isParked: row.parked != nil, step: message?.escalation)
            }
        }
    }

    /// Returns the runbook and the instruction in the newest message of an alarm.
    package func guidance(of alarm: String) throws -> (runbook: String?, instruction: String?) {
        let payload = try queue.read {
            try String.fetchOne(
                $0, sql: "SELECT payload FROM escalation WHERE alarm = ? ORDER BY id DESC LIMIT 1", arguments: [alarm])
        }
        let message = payload.flatMap { CloudEvent.read($0) }?.data
        return (message?.runbook, message?.instruction)
    }

    /// An escalation that waits in the outbox for a destination, and the reason.
    package struct Waiting: Sendable, Equatable {
        package var destination: String
        package var identity: String
        package var alarm: String
        /// The time at which it became due, by the gateway's clock.
        package var created: Instant
        /// The number of delivery attempts.
        package var attempts: Int
        /// The error of the last attempt.
        package var error: String?
        /// The time since which it waits for a person, because its destination refused it.
        package var parked: Instant?
    }

    /// Returns the messages in the outbox, parked or not, by destination and in the order of delivery.
    package func outbox() throws -> [Waiting] {
        try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM escalation WHERE delivered IS NULL ORDER BY destination, id")
                .compactMap { row in
                    unreadable.read(row, as: EscalationRow.self).map { row in
                        Waiting(
                            destination: row.escalation.destination, identity: row.escalation.identity,
                            alarm: row.escalation.alarm, created: row.escalation.created, attempts: row.attempts,
                            error: row.error, parked: row.parked)
                    }
                }
        }
    }

    /// Returns how many escalations have been due at a destination, delivered or not.
    package func escalationCount(to destination: String) throws -> Int {
        try queue.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM escalation WHERE destination = ?", arguments: [destination])
                ?? 0
        }
    }
}
