internal import AlarmModel
internal import GRDB
internal import Telemetry

/// A row of one table. Its `Column` names each column once: statements, reading and messages all use those names.
protocol TableRow {
    associatedtype Column: RawRepresentable<String> & CaseIterable

    /// The table's name in the database.
    static var table: String { get }
    /// The columns that identify a row in a message.
    static var key: [Column] { get }

    /// Reads a row of the table.
    /// - Throws: ``UnreadableValue`` if a column holds something that was never written.
    init(_ row: StoredRow<Self>) throws(UnreadableValue)
}

/// A row that can be written, column by column.
protocol WritableRow: TableRow {
    /// The value that a column gets; `nil` is stored as NULL.
    func value(of column: Column) -> (any DatabaseValueConvertible)?
}

extension WritableRow {
    /// `INSERT INTO table (a, b) VALUES (:a, :b)`.
    /// - Parameter columns: the columns that are written.
    static func insertion(_ verb: String = "INSERT INTO", of columns: [Column]) -> String {
        let names = columns.map(\.rawValue)
        let parameters = names.map { ":\($0)" }
        return "\(verb) \(table) (\(names.joined(separator: ", "))) VALUES (\(parameters.joined(separator: ", ")))"
    }

    /// The values of columns, for a statement that names them as `:column`.
    func arguments(_ columns: [Column]) -> StatementArguments {
        var values: [String: (any DatabaseValueConvertible)?] = [:]
        for column in columns { values.updateValue(value(of: column), forKey: column.rawValue) }
        return StatementArguments(values)
    }

    /// Writes the row.
    /// - Parameter statement: names every column as `:column`.
    func write(by statement: String, _ db: Database) throws {
        try db.cachedStatement(sql: statement).execute(arguments: arguments(Array(Column.allCases)))
    }
}

/// A row as the database returned it, with typed access to its columns.
struct StoredRow<Table: TableRow> {
    let row: Row
    /// Gets the values that are replaced because they cannot be read.
    let unreadable: UnreadableRows

    /// The value of a column. GRDB's own subscripts end the process at a value of another type.
    /// - Throws: ``UnreadableValue`` if there is no value of this type.
    func value<Value: DatabaseValueConvertible>(_ column: Table.Column) throws(UnreadableValue) -> Value {
        guard let value: Value = try optional(column) else { throw fault(column, "is missing") }
        return value
    }

    /// The value of a column that may be NULL.
    /// - Throws: ``UnreadableValue`` if there is a value of another type.
    func optional<Value: DatabaseValueConvertible>(_ column: Table.Column) throws(UnreadableValue) -> Value? {
        let value: DatabaseValue = row[column.rawValue] ?? .null
        if value.isNull { return nil }
        guard let read = Value.fromDatabaseValue(value) else {
            throw fault(column, "holds \(value.description.prefix(40))")
        }
        return read
    }

    /// A time, stored as nanoseconds since 1970 in UTC.
    func time(_ column: Table.Column) throws(UnreadableValue) -> Instant {
        Instant(nanoseconds: try value(column))
    }

    /// A time that may be NULL.
    func optionalTime(_ column: Table.Column) throws(UnreadableValue) -> Instant? {
        let nanoseconds: Int64? = try optional(column)
        return nanoseconds.map { Instant(nanoseconds: $0) }
    }

    /// A value that is stored as a word.
    /// - Parameter parse: returns the value of a word, or `nil` if the word has no meaning here.
    func word<Value>(_ column: Table.Column, _ parse: (String) -> Value?) throws(UnreadableValue) -> Value {
        let text: String = try value(column)
        guard let value = parse(text) else { throw fault(column, "holds the unknown word '\(text.prefix(40))'") }
        return value
    }

    /// A value that is stored as JSON.
    func json<Value: Decodable>(_ column: Table.Column) throws(UnreadableValue) -> Value {
        guard let value: Value = try optionalJSON(column) else { throw fault(column, "is missing") }
        return value
    }

    /// A value that is stored as JSON, and may be NULL.
    func optionalJSON<Value: Decodable>(_ column: Table.Column) throws(UnreadableValue) -> Value? {
        let text: String? = try optional(column)
        guard let text else { return nil }
        guard let value = CanonicalJSON.value(Value.self, text) else {
            throw fault(column, "holds JSON that cannot be read: '\(text.prefix(40))'")
        }
        return value
    }

    /// Reads a value that the row does not strictly need. If it cannot be read, notes that and returns `fallback`.
    func reporting<Value>(
        _ fallback: Value, _ read: (Self) throws(UnreadableValue) -> Value
    ) -> Value {
        do {
            return try read(self)
        } catch {
            unreadable.note("\(error); the row is kept without that value")
            return fallback
        }
    }

    /// The fault of a column's value, with everything that locates it.
    func fault(_ column: Table.Column, _ problem: String) -> UnreadableValue {
        UnreadableValue(table: Table.table, row: name, column: column.rawValue, problem: problem)
    }

    /// The identity of the row in a message: the values of its key, as they are stored.
    private var name: String {
        let values = Table.key.map { column -> String in
            let value: DatabaseValue = row[column.rawValue] ?? .null
            return String.fromDatabaseValue(value) ?? value.description
        }
        return String(values.joined(separator: "/").prefix(120))
    }
}

extension Row {
    /// The value of a column by its position, if there is one of this type.
    func value<Value: DatabaseValueConvertible>(at position: Int) -> Value? { Value.fromDatabaseValue(self[position]) }
}

extension Database {
    /// The first value that a query returns, if there is one of this type.
    func first<Value: DatabaseValueConvertible>(_ sql: String, _ arguments: StatementArguments = StatementArguments())
        throws -> Value?
    {
        try DatabaseValue.fetchOne(self, sql: sql, arguments: arguments).flatMap(Value.fromDatabaseValue)
    }
}
