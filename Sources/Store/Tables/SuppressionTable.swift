package import AlarmModel
internal import GRDB
internal import Telemetry

/// A row of the table `aside`: an alarm, by rule and group, that an operator has suppressed.
///
/// Times are the gateway's clock, in nanoseconds since 1970 in UTC. `until` is NULL for an alarm out of service.
/// `origin` is JSON. The table keeps the name that it was created with.
struct StoredSuppression: WritableRow {
    enum Column: String, CaseIterable {
        case rule
        case group = "group_name"
        case kind, since, until, person, reason, origin
    }

    static let table = "aside"
    static let key = [Column.rule, .group]

    var rule: String
    var group: String
    var suppression: Suppression
    /// The origin of the suppressed alarm, apart from names; `nil` in rows of versions that did not store it.
    var origin: AlarmOrigin?

    var record: SuppressionRecord {
        SuppressionRecord(rule: rule, group: group, suppression: suppression, origin: origin)
    }

    var key: AlarmKey { AlarmKey(rule: rule, group: group) }

    init(rule: String, group: String, suppression: Suppression, origin: AlarmOrigin?) {
        (self.rule, self.group, self.suppression, self.origin) = (rule, group, suppression, origin)
    }

    init(_ row: StoredRow<StoredSuppression>) throws(UnreadableValue) {
        rule = try row.value(.rule)
        group = try row.value(.group)
        suppression = Suppression(
            try row.word(.kind) { Suppression.Kind(rawValue: $0) }, person: try row.value(.person),
            since: try row.time(.since), until: try row.optionalTime(.until), reason: try row.value(.reason))
        origin = row.reporting(nil) { row throws(UnreadableValue) in try row.optionalJSON(.origin) }
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .rule: rule
        case .group: group
        case .kind: suppression.kind.rawValue
        case .since: suppression.since.nanoseconds
        case .until: suppression.until?.nanoseconds
        case .person: suppression.person
        case .reason: suppression.reason
        case .origin: origin.map { CanonicalJSON.text($0) }
        }
    }

    fileprivate static let statement = insertion("INSERT OR REPLACE INTO", of: Column.allCases)

    /// Returns all rows that can be read, by rule and group.
    static func all(_ db: Database, _ unreadable: UnreadableRows) throws -> [StoredSuppression] {
        try Row.fetchAll(db, sql: "SELECT * FROM aside ORDER BY rule, group_name").compactMap { unreadable.read($0) }
    }

    /// Returns the suppressions by operators, without the rows that cannot be read.
    static func byKey(_ db: Database, _ unreadable: UnreadableRows) throws -> [AlarmKey: Suppression] {
        Dictionary(try all(db, unreadable).map { ($0.key, $0.suppression) }) { first, _ in first }
    }
}

extension Store {
    /// Stores that a rule and group are suppressed, or that they no longer are. If there is an active alarm, its
    /// transition says the same.
    static func keep(_ record: SuppressionRecord, _ db: Database) throws {
        guard let suppression = record.suppression else {
            return try db.execute(
                sql: "DELETE FROM aside WHERE rule = ? AND group_name = ?", arguments: [record.rule, record.group])
        }
        let row = StoredSuppression(
            rule: record.rule, group: record.group, suppression: suppression, origin: record.origin)
        try row.write(by: StoredSuppression.statement, db)
    }

    /// Returns the suppressions by operators, by rule and group.
    package func suppressions() throws -> [SuppressionRecord] {
        try queue.read { try StoredSuppression.all($0, unreadable).map(\.record) }
    }
}
