internal import GRDB
internal import Synchronization

/// A column that holds something that was never written: pages of a damaged file may say anything, and SQLite gives it
/// without an error.
struct UnreadableValue: Error, CustomStringConvertible {
    let description: String
}

extension Row {
    /// The value of a column. GRDB's own subscripts end the process at a value of another type.
    /// - Throws: ``UnreadableValue`` where there is none of this type.
    func value<Value: DatabaseValueConvertible>(_ column: String) throws(UnreadableValue) -> Value {
        guard let value: Value = try optional(column) else {
            throw UnreadableValue(description: "'\(column)' is missing")
        }
        return value
    }

    /// The value of a column that may have none.
    /// - Throws: ``UnreadableValue`` where there is one of another type.
    func optional<Value: DatabaseValueConvertible>(_ column: String) throws(UnreadableValue) -> Value? {
        let value: DatabaseValue = self[column] ?? .null
        if value.isNull { return nil }
        guard let read = Value.fromDatabaseValue(value) else {
            throw UnreadableValue(description: "'\(column)' holds \(value.description.prefix(40))")
        }
        return read
    }

    /// The value of a column by its place, if there is one of this type.
    func value<Value: DatabaseValueConvertible>(at place: Int) -> Value? { Value.fromDatabaseValue(self[place]) }
}

extension Database {
    /// The first value that a query gives, if there is one of this type.
    func first<Value: DatabaseValueConvertible>(_ sql: String, _ arguments: StatementArguments = StatementArguments())
        throws -> Value?
    {
        try DatabaseValue.fetchOne(self, sql: sql, arguments: arguments).flatMap(Value.fromDatabaseValue)
    }
}

/// The rows of a store that could not be read, and are left out wherever they come up.
final class UnreadableRows: Sendable {
    private struct State {
        /// Each is said once.
        var known: Set<String> = []
        var unsaid: [String] = []
    }
    private let state = Mutex(State())

    /// Reads a row.
    /// - Returns: `nil` where it cannot be read, which is noted.
    func read<Value>(_ row: Row, of table: String, _ body: (Row) throws(UnreadableValue) -> Value) -> Value? {
        do {
            return try body(row)
        } catch {
            let first = row.databaseValues.first.map { "\($0)" } ?? ""
            note("a row of the table \(table) (\(first.prefix(120))) cannot be read, and is left out: \(error)")
            return nil
        }
    }

    private func note(_ text: String) {
        state.withLock { if $0.known.count < 1000, $0.known.insert(text).inserted { $0.unsaid.append(text) } }
    }

    /// What was noted since this was asked last.
    func take() -> [String] {
        state.withLock { state in
            defer { state.unsaid.removeAll() }
            return state.unsaid
        }
    }
}

extension Store {
    /// The rows that could not be read since this was asked last, one sentence each: they are left out.
    package func takeUnreadable() -> [String] { unreadable.take() }
}

extension StoreReader {
    /// The rows that could not be read since this was asked last, one sentence each: they are left out.
    package func takeUnreadable() -> [String] { unreadable.take() }
}
