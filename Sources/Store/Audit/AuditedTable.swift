internal import AlarmModel
internal import Alarms
internal import Crypto
internal import Devices
internal import Foundation
internal import GRDB
internal import Telemetry
internal import Wire

/// A table whose rows are all in the audit chain: alarms and transitions, notifications, and what operators have
/// suppressed, put into maintenance or flagged.
///
/// Readings are not among them: they have checksums of their own, and far too many rows.
enum AuditedTable: String, CaseIterable {
    case alarm, transition, escalation, maintenance
    case flaggedSpan = "flagged_span"
    case suppression = "aside"

    /// SQL for the key of a row: it never changes while the row exists.
    var key: String {
        switch self {
        case .alarm: "id"
        case .transition: "alarm || '#' || sequence"
        case .escalation: "identity"
        case .suppression: "rule || '/' || group_name"
        case .maintenance: "device || '/' || quantity"
        case .flaggedSpan: "CAST(number AS TEXT)"
        }
    }

    /// The columns that the chain covers, in the order of the fingerprint. It does not cover numbers that SQLite
    /// gives, the attempts and errors of deliveries, and the state of an escalation policy. To add a column here, add
    /// a migration that calls ``Store/attestAll(because:at:_:)``, and freeze the columns of Migration 12.
    var columns: [String] {
        switch self {
        case .alarm:
            [
                "id", "rule", "group_name", "hazard", "labels", "position", "area", "level", "level_name", "held",
                "uncertain", "blind",
                "suppressed", "state", "flapping", "raised", "cleared", "sequence", "summary", "acknowledged",
                "acknowledged_by",
                "acknowledged_note", "origin",
            ]
        case .transition:
            [
                "alarm", "sequence", "kind", "time", "recorded", "from_level", "to_level", "severity", "uncertain",
                "summary", "causes",
                "device", "rule_version", "person", "note",
            ]
        case .escalation: ["identity", "alarm", "destination", "severity", "payload", "created", "delivered", "parked"]
        case .suppression: ["rule", "group_name", "kind", "since", "until", "person", "reason", "origin"]
        case .maintenance: ["device", "quantity", "person", "since", "reason"]
        case .flaggedSpan: FlaggedSpanRow.Column.allCases.map(\.rawValue)
        }
    }

    /// SQL that returns each row's key and the columns of its fingerprint.
    var query: String { "SELECT \(key) AS row_key, \(columns.joined(separator: ", ")) FROM \"\(rawValue)\"" }
}

/// A row of an audited table, identified by its key.
struct AuditedRow: Hashable {
    var table: AuditedTable
    var key: String

    static func alarm(_ id: String) -> AuditedRow { AuditedRow(table: .alarm, key: id) }
    static func transition(_ identity: String) -> AuditedRow { AuditedRow(table: .transition, key: identity) }
    static func escalation(_ identity: String) -> AuditedRow { AuditedRow(table: .escalation, key: identity) }
    static func suppression(_ place: SuppressionRecord) -> AuditedRow {
        AuditedRow(table: .suppression, key: "\(place.rule)/\(place.group)")
    }

    private static func maintenance(_ change: MaintenanceChange) -> AuditedRow {
        AuditedRow(table: .maintenance, key: "\(change.device)/\(change.quantity ?? "")")
    }

    static func sensor(_ change: SensorChange) -> AuditedRow {
        switch change {
        case .maintenance(let change): maintenance(change)
        case .flaggedSpan(let span): AuditedRow(table: .flaggedSpan, key: "\(span.number)")
        }
    }

    init(table: AuditedTable, key: String) { (self.table, self.key) = (table, key) }

    /// Reads a ``name``.
    init?(name: String) {
        guard let space = name.firstIndex(of: " "), let table = AuditedTable(rawValue: String(name[..<space])) else {
            return nil
        }
        self.init(table: table, key: String(name[name.index(after: space)...]))
    }

    /// The row's name in records: `alarm river-rising/s1@…`.
    var name: String { "\(table.rawValue) \(key)" }

    /// Returns the fingerprint of the row, or ``removed`` if there is no such row.
    func fingerprint(_ db: Database) throws -> String {
        let statement = try db.cachedStatement(sql: "\(table.query) WHERE \(whereKey)")
        return try Row.fetchOne(statement, arguments: whereArguments).map(Self.fingerprint(of:)) ?? Self.removed
    }

    /// The fingerprint of a row that does not exist.
    static let removed = ""

    /// SHA-256, in hexadecimal, over the columns after the key: each as the number of its text's bytes in UTF-8, a
    /// colon and the text, and `-` for one without a value.
    static func fingerprint(of row: Row) -> String {
        var hash = SHA256()
        for value in row.databaseValues.dropFirst() {
            let text: String
            switch value.storage {
            case .null:
                hash.update(data: [UInt8(ascii: "-")])
                continue
            case .int64(let number): text = String(number)
            case .double(let number): text = "\(number)"
            case .string(let string): text = string
            case .blob(let bytes): text = AuditChain.hex(bytes)
            }
            hash.update(data: Array("\(text.utf8.count):\(text)".utf8))
        }
        return AuditChain.hex(hash.finalize())
    }

    // These columns have an index; the key as a whole has none.
    private var whereKey: String {
        switch table {
        case .alarm: "id = ?"
        case .transition: "alarm = ? AND sequence = ?"
        case .escalation: "identity = ?"
        case .suppression: "rule || '/' || group_name = ?"
        case .maintenance: "device || '/' || quantity = ?"
        case .flaggedSpan: "number = ?"
        }
    }

    private var whereArguments: StatementArguments {
        guard table == .transition, let sign = key.lastIndex(of: "#") else { return [key] }
        return [String(key[..<sign]), Int64(key[key.index(after: sign)...])]
    }

    /// The alarm whose history a transition belongs to.
    var alarmOfTransition: String? {
        guard table == .transition, let sign = key.lastIndex(of: "#") else { return nil }
        return String(key[..<sign])
    }
}

extension StoreBatch {
    /// The rows of audited tables that a commit of it writes.
    var auditedRows: Set<AuditedRow> {
        var rows = Set(renamed.map { AuditedRow.alarm($0.id) })
        for transition in transitions {
            rows.insert(.alarm(transition.alarm.id))
            rows.insert(.transition(transition.identity))
        }
        rows.formUnion(escalations.map { .escalation($0.identity) })
        rows.formUnion(suppressions.map { .suppression($0) })
        rows.formUnion(sensorChanges.map { .sensor($0) })
        return rows
    }

    /// The latest time of the gateway's clock that anything in it has.
    var newestTime: Instant? { (transitions.map(\.recorded) + escalations.map(\.created) + notes.map(\.time)).max() }
}
