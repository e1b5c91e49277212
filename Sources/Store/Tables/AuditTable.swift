internal import AlarmModel
internal import GRDB

/// The number of a record of the audit chain, and its hash, which covers all records before it.
package struct AuditHead: Sendable, Codable, Equatable {
    package var number: Int64
    package var hash: String

    package init(number: Int64, hash: String) {
        self.number = number
        self.hash = hash
    }

    /// The head of a chain without records.
    package static let origin = AuditHead(number: 0, hash: AuditChain.origin)

    /// The head as operators note it: `number:hash`.
    var text: String { "\(number):\(hash)" }

    /// Reads a row that begins with a number and a hash.
    fileprivate init(_ row: Row) {
        self.init(number: row.value(at: 0) ?? 0, hash: row.value(at: 1) ?? "")
    }
}

/// A row of the table `audit`: a record of the audit chain, as it was hashed.
struct StoredAuditRecord: WritableRow {
    enum Column: String, CaseIterable {
        case id, record, hash
    }

    static let table = "audit"
    static let key = [Column.id]

    /// The record's number, which counts from 1 without gaps.
    var id: Int64
    /// The canonical text of an ``AuditRecord``. It is empty if the stored value is not text: nothing of the chain
    /// may be left out, and the verification reports a text that is not a record.
    var record: String
    /// See ``AuditChain``.
    var hash: String

    var head: AuditHead { AuditHead(number: id, hash: hash) }
    var content: AuditRecord? { CanonicalJSON.value(AuditRecord.self, record) }

    init(id: Int64, record: String, hash: String) { (self.id, self.record, self.hash) = (id, record, hash) }

    init(_ row: StoredRow<StoredAuditRecord>) { self.init(row.row) }

    private init(_ row: Row) {
        func text(_ column: Column) -> String {
            let value: DatabaseValue = row[column.rawValue] ?? .null
            return String.fromDatabaseValue(value) ?? ""
        }
        let number: DatabaseValue = row[Column.id.rawValue] ?? .null
        self.init(id: Int64.fromDatabaseValue(number) ?? 0, record: text(.record), hash: text(.hash))
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .id: id
        case .record: record
        case .hash: hash
        }
    }

    private static let statement = insertion(of: Column.allCases)

    /// Appends the row to the chain.
    func write(_ db: Database) throws { try write(by: Self.statement, db) }

    /// Returns the oldest kept record.
    static func oldest(_ db: Database) throws -> StoredAuditRecord? {
        try Row.fetchOne(db, sql: "SELECT * FROM audit ORDER BY id LIMIT 1").map { StoredAuditRecord($0) }
    }

    /// Returns the newest record.
    static func newest(_ db: Database) throws -> StoredAuditRecord? {
        try Row.fetchOne(db, sql: "SELECT * FROM audit ORDER BY id DESC LIMIT 1").map { StoredAuditRecord($0) }
    }

    /// Passes the records to `body`, oldest first, until it returns `false`.
    static func forEach(_ db: Database, _ body: (StoredAuditRecord) throws -> Bool) throws {
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM audit ORDER BY id")
        while let row = try rows.next(), try body(StoredAuditRecord(row)) {}
    }

    /// Returns the number and hash of the newest record, without its text.
    static func head(_ db: Database) throws -> AuditHead? {
        let newest = try db.cachedStatement(sql: "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1")
        return try Row.fetchOne(newest).map { AuditHead($0) }
    }

    /// Removes the records up to one of them, which becomes the anchor of the rest. Returns how many there were.
    static func remove(upTo head: AuditHead, _ db: Database) throws -> Int {
        try db.execute(sql: "DELETE FROM audit WHERE id <= ?", arguments: [head.number])
        let removed = db.changesCount
        try AuditAnchor.set(head, db)
        return removed
    }
}

/// The table `audit_anchor`, which has one row at most: the record before the first that is kept.
enum AuditAnchor {
    /// Returns the record before the first one that is kept; `nil` if none was removed.
    static func stored(_ db: Database) throws -> AuditHead? {
        try Row.fetchOne(db, sql: "SELECT id, hash FROM audit_anchor").map { AuditHead($0) }
    }

    fileprivate static func set(_ head: AuditHead, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM audit_anchor")
        try db.execute(
            sql: "INSERT INTO audit_anchor (id, hash) VALUES (?, ?)", arguments: [head.number, head.hash])
    }
}
