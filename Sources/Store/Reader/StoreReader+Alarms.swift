package import AlarmModel
internal import GRDB
package import Telemetry

extension StoreReader {
    /// An alarm as its newest transition left it.
    package struct StoredAlarm: Sendable, Equatable {
        package var id: String
        /// A short number for people to type; `nil` in stores of earlier versions.
        package var number: Int?
        package var rule: String
        package var group: String
        package var hazard: String
        /// The name and the rank of its level.
        package var level: String
        package var rank: UInt8
        package var state: AlarmState
        package var uncertain: Bool
        package var noData: Bool
        package var chattering: Bool
        package var raised: Instant
        package var cleared: Instant?
        /// Event time of the newest transition that was not caused by a person: the summary describes that moment.
        package var changed: Instant
        package var summary: String
        package var labels: [String: String]
        /// Set while an operator has suppressed this alarm, which is active.
        package var suppression: Suppression?

        /// The acknowledgement of the alarm, if there is one.
        package var acknowledgement: Acknowledgement? { state.acknowledgement }

        package var key: AlarmKey { AlarmKey(rule: rule, group: group) }

        fileprivate init(_ alarm: Alarm, number: Int?, changed: Instant?, suppression: Suppression?) {
            (id, self.number) = (alarm.id, number)
            (rule, group, hazard) = (alarm.rule, alarm.group, alarm.hazard)
            (level, rank, state) = (alarm.levelName, alarm.level.rank, alarm.state)
            (uncertain, noData) = (alarm.ladder.isUncertain, alarm.ladder.hasNoData)
            chattering = alarm.chattering != nil
            (raised, cleared, self.changed) = (alarm.raised, alarm.cleared, changed ?? alarm.raised)
            (summary, labels) = (alarm.summary, alarm.labels)
            self.suppression = suppression
        }
    }

    /// Returns the suppressions that operators have set, by rule and group, even where there is no alarm.
    package func suppressions() throws -> [SuppressionRecord] {
        try queue.read { try StoredSuppression.all($0, unreadable).map(\.record) }
    }

    /// Returns the alarms that are active, and those that returned to normal unacknowledged: the highest level first,
    /// then the oldest.
    /// - Parameter all: also return the alarms that are over.
    package func alarms(all: Bool = false) throws -> [StoredAlarm] {
        try queue.read { db in
            let suppressed = try StoredSuppression.byKey(db, unreadable)
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT alarm.*,
                        (SELECT max(time) FROM transition WHERE alarm = alarm.id AND person IS NULL) AS changed
                    FROM alarm WHERE ? OR cleared IS NULL OR state = \(Store.returned)
                    ORDER BY cleared IS NOT NULL, level DESC, raised, id
                    """,
                arguments: [all]
            ).compactMap { row in
                guard let alarm = unreadable.read(row, as: AlarmRow.self)?.alarm(suppressed) else { return nil }
                let changed = Int64.fromDatabaseValue(row["changed"] ?? .null)
                return StoredAlarm(
                    alarm, number: Int.fromDatabaseValue(row["number"] ?? .null),
                    changed: changed.map { Instant(nanoseconds: $0) },
                    suppression: alarm.cleared == nil ? suppressed[alarm.key] : nil)
            }
        }
    }

    /// Returns the identities of the alarms that a name may mean, the newest of each rule and group.
    package func alarms(named name: String) throws -> [String] {
        let candidates = try queue.read { db in
            // SQLite compares text byte by byte, as Swift compares the UTF-8 of names. The identity keeps the name that
            // the rule had when the alarm was raised.
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, rule, group_name, cleared IS NULL AS active FROM alarm
                    WHERE substr(id, 1, length(?1)) = ?1 OR substr(rule || '/' || group_name, 1, length(?1)) = ?1
                    ORDER BY raised DESC, id DESC
                    """, arguments: [name]
            ).compactMap { row in
                unreadable.read(row, of: AlarmRow.self) { alarm throws(UnreadableValue) in
                    let (id, rule, group): (String, String, String) = (
                        try alarm.value(.id), try alarm.value(.rule), try alarm.value(.group)
                    )
                    return AlarmName.Candidate(
                        id, identity: id, key: AlarmKey(rule: rule, group: group),
                        isActive: Bool.fromDatabaseValue(row["active"] ?? .null) ?? false)
                }
            }
        }
        var keys: Set<AlarmKey> = []
        return AlarmName(name).matches(among: candidates).filter { keys.insert($0.key).inserted }.map(\.value)
    }

    /// Returns the identity of the alarm that has a short number.
    package func alarm(numbered number: Int) throws -> String? {
        try queue.read { try String.fetchOne($0, sql: "SELECT id FROM alarm WHERE number = ?", arguments: [number]) }
    }
}
