package import AlarmModel
internal import Alarms
internal import Escalation
internal import Foundation
internal import GRDB
package import Telemetry
internal import Wire

/// A second look at a store, for commands that run beside the gateway or after it. It writes nothing.
package final class StoreReader: Sendable {
    let queue: DatabaseQueue
    let path: String
    let unreadable = UnreadableRows()

    /// - Throws: ``StoreError/missing(_:)`` where there is no file.
    package init(path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { throw StoreError.missing(path) }
        try Store.refuseForeign(path)
        self.path = path
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            guard try queue.read({ try Migrations.all.hasCompletedMigrations($0) }) else {
                throw StoreError.cannotOpen(
                    path, "another version has written it; run this version's gateway on it once")
            }
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError.cannotOpen(path, "\(error)")
        }
    }

    /// One line of the escalation log.
    package struct Event: Sendable, Codable, Equatable {
        package var id: Int64
        package var alarm: String
        /// The alarm's short number.
        package var number: Int?
        package var sequence: Int
        package var rule: String
        package var group: String
        package var hazard: String
        package var kind: String
        package var from: String
        package var to: String
        package var severity: UInt8
        package var uncertain: Bool
        package var time: String
        package var recorded: String
        package var summary: String
        package var causes: [Cause]
        package var labels: [String: String]
        package var device: String?
        package var person: String?
        package var note: String?
        /// Destinations that have it, and those that wait for it.
        package var delivered: [String]
        package var waiting: [String]
    }

    /// The transitions with numbers above `id` and, where given, recorded at or after `since`; oldest first.
    package func events(after id: Int64, since: Instant?, limit: Int = 1000) throws -> [Event] {
        try queue.read { db in
            try Row.fetchAll(
                db,
                sql: Self.eventColumns + " WHERE transition.id > ? AND recorded >= ? ORDER BY transition.id LIMIT ?",
                arguments: [id, since?.nanoseconds ?? .min, limit]
            ).compactMap { unreadable.read($0, of: "transition", Self.event) }
        }
    }

    private static let eventColumns = """
        SELECT transition.*, number, rule, group_name, hazard, labels,
            (SELECT group_concat(destination) FROM escalation
                WHERE identity = transition.alarm || '#' || transition.sequence || '/' || destination
                AND escalation.alarm = transition.alarm AND delivered IS NOT NULL) AS delivered,
            (SELECT group_concat(destination) FROM escalation
                WHERE identity = transition.alarm || '#' || transition.sequence || '/' || destination
                AND escalation.alarm = transition.alarm AND delivered IS NULL) AS waiting
        FROM transition JOIN alarm ON alarm.id = transition.alarm
        """

    private static func event(_ row: Row) throws(UnreadableValue) -> Event {
        func names(_ column: String) throws(UnreadableValue) -> [String] {
            let text: String? = try row.optional(column)
            return text.map { $0.split(separator: ",").map(String.init).sorted() } ?? []
        }
        func kind(_ row: Row) throws(UnreadableValue) -> String {
            let word: String = try row.value("kind")
            return Transition.Kind(word: word)?.rawValue ?? word
        }
        func time(_ column: String) throws(UnreadableValue) -> String {
            Instant(nanoseconds: try row.value(column)).description
        }
        return Event(
            id: try row.value("id"), alarm: try row.value("alarm"), number: try row.optional("number"),
            sequence: try row.value("sequence"), rule: try row.value("rule"), group: try row.value("group_name"),
            hazard: try row.value("hazard"), kind: try kind(row),
            from: try row.value("from_level"), to: try row.value("to_level"), severity: try row.value("severity"),
            uncertain: try row.value("uncertain"), time: try time("time"), recorded: try time("recorded"),
            summary: try row.value("summary"), causes: CanonicalJSON.value([Cause].self, try row.value("causes")) ?? [],
            labels: CanonicalJSON.value([String: String].self, try row.value("labels")) ?? [:],
            device: try row.optional("device"),
            person: try row.optional("person"), note: try row.optional("note"), delivered: try names("delivered"),
            waiting: try names("waiting"))
    }

    /// An alarm as it stands.
    package struct AlarmRow: Sendable, Codable, Equatable {
        package var id: String
        /// A short name for it, which people can type.
        package var number: Int?
        package var rule: String
        package var group: String
        package var hazard: String
        package var level: String
        package var rank: UInt8
        /// An ``AlarmState/Kind``.
        package var state: String
        package var uncertain: Bool
        package var noData: Bool
        package var chattering: Bool
        package var raised: String
        package var cleared: String?
        /// Event time of the newest transition that no person has made: what `summary` says is of that time.
        package var changed: String
        package var summary: String
        package var labels: [String: String]
        package var acknowledgedBy: String?
        package var acknowledged: String?
        package var note: String?
        package var suppression: SuppressionRow?

        package var key: AlarmKey { AlarmKey(rule: rule, group: group) }
    }

    /// A place that people have put aside.
    package struct SuppressionRow: Sendable, Codable, Equatable {
        package var rule: String
        package var group: String
        /// `shelved` or `out-of-service`.
        package var kind: String
        package var since: String
        package var until: String?
        package var person: String
        package var reason: String

        init(_ place: SuppressionRecord, _ suppression: Suppression) {
            rule = place.rule
            group = place.group
            kind = suppression.kind.rawValue
            since = suppression.since.description
            until = suppression.until?.description
            person = suppression.person
            reason = suppression.reason
        }
    }

    /// What people have put aside, active or not.
    package func suppressions() throws -> [SuppressionRow] {
        try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM aside ORDER BY rule, group_name").compactMap { row in
                unreadable.read(row, of: "aside", Store.place).flatMap { place in
                    place.suppression.map { SuppressionRow(place, $0) }
                }
            }
        }
    }

    /// How many alarms were raised since a moment of the gateway's clock.
    package func raises(since: Instant) throws -> Int {
        try queue.read { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM transition WHERE kind IN (\(Transition.Kind.beginnings.sqlWords))
                        AND recorded >= ?
                    """,
                arguments: [since.nanoseconds])
                ?? 0
        }
    }

    /// The alarms that are active, and those that ended before anyone had taken them on: the highest level first,
    /// then the oldest; with `all` also those that are over.
    package func alarms(all: Bool = false) throws -> [AlarmRow] {
        try queue.read { db in
            let suppressions = Dictionary(
                try Row.fetchAll(db, sql: "SELECT * FROM aside").compactMap {
                    unreadable.read($0, of: "aside", Store.place)
                }
                .map { ($0.key, $0) }
            ) { first, _ in first }
            let suppressed = suppressions.compactMapValues(\.suppression)
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT alarm.*, (SELECT max(time) FROM transition WHERE alarm = alarm.id AND person IS NULL) AS changed FROM alarm
                    WHERE ? OR cleared IS NULL OR state = \(Store.returned)
                    ORDER BY cleared IS NOT NULL, level DESC, raised, id
                    """,
                arguments: [all]
            ).compactMap { row in
                let read = { (row: Row) throws(UnreadableValue) in try Store.alarm(row, suppressed) }
                guard let alarm = unreadable.read(row, of: "alarm", read) else { return nil }
                let changed: Int64? = (try? row.optional("changed")) ?? nil
                let place = alarm.cleared == nil ? suppressions[alarm.key] : nil
                return AlarmRow(
                    id: alarm.id, number: (try? row.optional("number")) ?? nil, rule: alarm.rule, group: alarm.group,
                    hazard: alarm.hazard,
                    level: alarm.levelName,
                    rank: alarm.level.rank, state: alarm.state.kind.rawValue, uncertain: alarm.ladder.isUncertain,
                    noData: alarm.ladder.hasNoData, chattering: alarm.chattering != nil,
                    raised: alarm.raised.description,
                    cleared: alarm.cleared?.description,
                    changed: (changed.map { Instant(nanoseconds: $0) } ?? alarm.raised).description,
                    summary: alarm.summary, labels: alarm.labels, acknowledgedBy: alarm.state.acknowledgement?.person,
                    acknowledged: alarm.state.acknowledgement?.time.description,
                    note: alarm.state.acknowledgement?.note,
                    suppression: place.flatMap { place in place.suppression.map { SuppressionRow(place, $0) } })
            }
        }
    }

    /// Every transition of an alarm, oldest first.
    package func history(of alarm: String) throws -> [Event] {
        try queue.read { db in
            try Row.fetchAll(
                db, sql: Self.eventColumns + " WHERE transition.alarm = ? ORDER BY sequence", arguments: [alarm]
            )
            .compactMap { unreadable.read($0, of: "transition", Self.event) }
        }
    }

    /// The alarms that a person may mean by a name, the newest of each place.
    package func alarms(named name: String) throws -> [String] {
        let candidates = try queue.read { db in
            // A name that is exact, or a beginning, is one in SQLite as well: both compare what is written. The
            // identity keeps the name that the rule had when the alarm was raised.
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, rule, group_name, cleared IS NULL AS active FROM alarm
                    WHERE substr(id, 1, length(?1)) = ?1 OR substr(rule || '/' || group_name, 1, length(?1)) = ?1
                    ORDER BY raised DESC, id DESC
                    """, arguments: [name]
            ).compactMap { row in
                unreadable.read(row, of: "alarm") { row throws(UnreadableValue) in
                    let (id, rule, group): (String, String, String) = (
                        try row.value("id"), try row.value("rule"), try row.value("group_name")
                    )
                    return AlarmName.Candidate(
                        id, identity: id, key: AlarmKey(rule: rule, group: group), isActive: try row.value("active"))
                }
            }
        }
        var keys: Set<AlarmKey> = []
        return AlarmName(name).matches(among: candidates).filter { keys.insert($0.key).inserted }.map(\.value)
    }

    /// Who was told of an alarm, the newest that each was told.
    package struct Notice: Sendable, Codable, Equatable {
        package var destination: String
        /// What it was told of: a ``Transition/Kind``; and the level then.
        package var kind: String
        package var level: String
        /// When it was due, and when it was delivered; it waits where the second is missing.
        package var due: String
        package var delivered: String?
        /// Why it waits, or is parked.
        package var error: String?
        package var isParked: Bool
        /// Which step of which policy made it due: `flood-duty, step 2, after 5m unacknowledged`.
        package var because: String?
    }

    /// Who was told of an alarm, and who still waits for it: of each destination what it was told first and last, and
    /// what a step of a policy made due, in the order in which it was due.
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
                unreadable.read(row, of: "escalation") { row throws(UnreadableValue) in
                    let (delivered, parked): (Int64?, Int64?) = (
                        try row.optional("delivered"), try row.optional("parked")
                    )
                    let message = CloudEvent.read(try row.value("payload"))?.data
                    return Notice(
                        destination: try row.value("destination"), kind: message?.transition.kind.rawValue ?? "",
                        level: message?.alarm.level ?? "",
                        due: Instant(nanoseconds: try row.value("created")).description,
                        delivered: delivered.map { Instant(nanoseconds: $0).description },
                        error: try row.optional("error"),
                        isParked: parked != nil,
                        because: message?.escalation.map { step in
                            step.policy == EscalationPlanner.everyone
                                ? "no policy applies: everyone" : "\(step.policy), step \(step.step), \(step.reason)"
                        })
                }
            }
        }
    }

    /// What the rule of an alarm said in the newest message about it: where to read on, and what to do.
    package func guidance(of alarm: String) throws -> (runbook: String?, instruction: String?) {
        let payload = try queue.read {
            try String.fetchOne(
                $0, sql: "SELECT payload FROM escalation WHERE alarm = ? ORDER BY id DESC LIMIT 1", arguments: [alarm])
        }
        let message = payload.flatMap { CloudEvent.read($0) }?.data
        return (message?.runbook, message?.instruction)
    }

    /// The alarm that has a short number.
    package func alarm(numbered number: Int) throws -> String? {
        try queue.read { try String.fetchOne($0, sql: "SELECT id FROM alarm WHERE number = ?", arguments: [number]) }
    }

    /// What waits in the outbox for a destination, and why.
    package struct Waiting: Sendable, Codable, Equatable {
        package var destination: String
        package var identity: String
        package var alarm: String
        package var created: String
        package var attempts: Int
        package var error: String?
        /// Since when it is parked: the destination has refused it for good, and it waits for a person.
        package var parked: String?
    }

    package func outbox() throws -> [Waiting] {
        try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM escalation WHERE delivered IS NULL ORDER BY destination, id")
                .compactMap { row in
                    unreadable.read(row, of: "escalation") { row throws(UnreadableValue) in
                        let parked: Int64? = try row.optional("parked")
                        return Waiting(
                            destination: try row.value("destination"), identity: try row.value("identity"),
                            alarm: try row.value("alarm"),
                            created: Instant(nanoseconds: try row.value("created")).description,
                            attempts: try row.value("attempts"),
                            error: try row.optional("error"),
                            parked: parked.map { Instant(nanoseconds: $0).description })
                    }
                }
        }
    }

    /// The identities of all escalations that have been due at a destination, in their order.
    package func escalationIdentities(to destination: String) throws -> [String] {
        try queue.read {
            try String.fetchAll(
                $0, sql: "SELECT identity FROM escalation WHERE destination = ? ORDER BY id", arguments: [destination])
        }
    }

    /// How many escalations have been due at a destination, delivered or not.
    package func escalationCount(to destination: String) throws -> Int {
        try queue.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM escalation WHERE destination = ?", arguments: [destination])
                ?? 0
        }
    }

    /// The newest transition's number; 0 for none.
    package func newestEvent() throws -> Int64 {
        try queue.read { try Int64.fetchOne($0, sql: "SELECT max(id) FROM transition") ?? 0 }
    }

    /// The number of the newest reading, which counts from 1; 0 for none.
    package func newestReadingNumber() throws -> Int {
        try queue.read { try Int.fetchOne($0, sql: "SELECT max(id) FROM reading") ?? 0 }
    }

    /// How many readings there are, those of one device left out: what the gateway has found of itself, say.
    package func readingCount(without device: String) throws -> Int {
        try queue.read { db in
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM reading WHERE series NOT IN (SELECT id FROM series WHERE device = ?)",
                arguments: [device])
        } ?? 0
    }

    /// Rows of a table, for summaries and tests.
    package func count(_ table: Table) throws -> Int {
        try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table.rawValue)") ?? 0 }
    }

    package enum Table: String, Sendable {
        case reading, batch, alarm, transition, escalation, refused_payload, series, audit
    }

    /// Every reading with the names of its series, in the order of arrival, for tests and summaries.
    package func forEachReading(_ body: (_ device: String, _ quantity: String, Reading) -> Void) throws {
        try queue.read { db in
            let rows = try Row.fetchCursor(
                db,
                sql:
                    "SELECT device, quantity, series, time, value, quality FROM reading JOIN series ON series.id = series ORDER BY reading.id"
            )
            while let row = try rows.next() {
                if let reading = Reading(row, from: 2) { body(row.value(at: 0) ?? "", row.value(at: 1) ?? "", reading) }
            }
        }
    }
}
