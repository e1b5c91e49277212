package import AlarmModel
internal import GRDB
package import Telemetry

extension StoreReader {
    /// A transition as the escalation log shows it: with its alarm's names, and the notified destinations.
    package struct Event: Sendable, Equatable {
        /// Its number in the log, which counts from 1 and never restarts.
        package var id: Int64
        /// The alarm's identity.
        package var alarm: String
        /// The alarm's short number; `nil` if it has none.
        package var number: Int?
        /// The transition's number within its alarm, from 1.
        package var sequence: Int
        package var rule: String
        package var group: String
        package var hazard: String
        package var labels: [String: String]
        package var kind: Transition.Kind
        /// The names of the levels before and after.
        package var from: String
        package var to: String
        /// The rank of the higher of the two levels.
        package var severity: UInt8
        package var uncertain: Bool
        /// Event time.
        package var time: Instant
        /// The gateway's clock when the transition was found.
        package var recorded: Instant
        package var summary: String
        package var causes: [Cause]
        /// The device whose reading caused it; `nil` for a timer.
        package var device: String?
        /// The person who caused it, and their text.
        package var person: String?
        package var note: String?
        /// The destinations that have its message, and those that wait for it, by name.
        package var delivered: [String]
        package var waiting: [String]
    }

    /// Returns the transitions with numbers above `id`, oldest first.
    /// - Parameters:
    ///   - since: if given, only transitions that were recorded at or after it.
    ///   - limit: the largest number of returned transitions.
    package func events(after id: Int64, since: Instant?, limit: Int = 1000) throws -> [Event] {
        try queue.read { db in
            try Row.fetchAll(
                db,
                sql: Self.eventQuery + " WHERE transition.id > ? AND recorded >= ? ORDER BY transition.id LIMIT ?",
                arguments: [id, since?.nanoseconds ?? .min, limit]
            ).compactMap { event($0) }
        }
    }

    /// Returns every transition of an alarm, oldest first.
    package func history(of alarm: String) throws -> [Event] {
        try queue.read { db in
            try Row.fetchAll(
                db, sql: Self.eventQuery + " WHERE transition.alarm = ? ORDER BY sequence", arguments: [alarm]
            ).compactMap { event($0) }
        }
    }

    /// Returns the number of the newest transition; 0 if there is none.
    package func newestEvent() throws -> Int64 {
        try queue.read { try Int64.fetchOne($0, sql: "SELECT max(id) FROM transition") ?? 0 }
    }

    /// Returns how many alarms were raised since a moment of the gateway's clock.
    package func raises(since: Instant) throws -> Int {
        try queue.read { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM transition WHERE kind IN (\(Transition.Kind.beginnings.sqlWords))
                        AND recorded >= ?
                    """,
                arguments: [since.nanoseconds]) ?? 0
        }
    }

    private static let eventQuery = """
        SELECT transition.*, number, rule, group_name, hazard, labels,
            (SELECT group_concat(destination) FROM escalation
                WHERE identity = transition.alarm || '#' || transition.sequence || '/' || destination
                AND escalation.alarm = transition.alarm AND delivered IS NOT NULL) AS delivered,
            (SELECT group_concat(destination) FROM escalation
                WHERE identity = transition.alarm || '#' || transition.sequence || '/' || destination
                AND escalation.alarm = transition.alarm AND delivered IS NULL) AS waiting
        FROM transition JOIN alarm ON alarm.id = transition.alarm
        """

    /// Reads a row of ``eventQuery``, which is a transition with columns of its alarm.
    private func event(_ row: Row) -> Event? {
        func destinations(_ column: String) -> [String] {
            let text = String.fromDatabaseValue(row[column] ?? .null) ?? ""
            return text.split(separator: ",").map(String.init).sorted()
        }
        let names = unreadable.read(row, of: AlarmRow.self) { alarm throws(UnreadableValue) in
            (
                rule: try alarm.value(.rule) as String, group: try alarm.value(.group) as String,
                hazard: try alarm.value(.hazard) as String, labels: try alarm.json(.labels) as [String: String]
            )
        }
        guard let names, let id = Int64.fromDatabaseValue(row["id"] ?? .null),
            let step = unreadable.read(row, as: TransitionRow.self)
        else { return nil }
        return Event(
            id: id, alarm: step.alarm, number: Int.fromDatabaseValue(row["number"] ?? .null), sequence: step.sequence,
            rule: names.rule, group: names.group, hazard: names.hazard, labels: names.labels, kind: step.kind,
            from: step.from, to: step.to, severity: step.severity, uncertain: step.isUncertain, time: step.time,
            recorded: step.recorded, summary: step.summary, causes: step.causes, device: step.device,
            person: step.person, note: step.note, delivered: destinations("delivered"),
            waiting: destinations("waiting"))
    }
}
