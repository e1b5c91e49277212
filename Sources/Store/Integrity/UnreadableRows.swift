internal import GRDB
internal import Synchronization

/// A value that was never written: pages of a damaged file may hold anything, and SQLite returns it without an error.
struct UnreadableValue: Error, Equatable, CustomStringConvertible {
    var table: String
    /// The identity of the row: the values of its key.
    var row: String
    var column: String
    /// `is missing`, `holds …`
    var problem: String

    var description: String { "table \(table), row \(row), column '\(column)': '\(column)' \(problem)" }
}

/// Collects the rows of a store that cannot be read. Such a row is left out and reported, so that it never keeps the
/// gateway from starting.
final class UnreadableRows: Sendable {
    private struct State {
        /// Each text is reported once. At most 1000 are remembered.
        var known: Set<String> = []
        var unreported: [String] = []
    }
    private let state = Mutex(State())

    /// Reads a row.
    /// - Returns: `nil` if the row cannot be read, which is noted.
    func read<Table: TableRow>(_ row: Row, as type: Table.Type = Table.self) -> Table? {
        read(row, of: type) { row throws(UnreadableValue) in try Table(row) }
    }

    /// Reads a row of a table into another value.
    /// - Returns: `nil` if the row cannot be read, which is noted.
    func read<Table: TableRow, Value>(
        _ row: Row, of type: Table.Type, _ body: (StoredRow<Table>) throws(UnreadableValue) -> Value
    ) -> Value? {
        do {
            return try body(StoredRow(row: row, unreadable: self))
        } catch {
            note("\(error); the row is left out")
            return nil
        }
    }

    /// Notes a sentence for the next ``take()``, unless it was noted before.
    func note(_ text: String) {
        state.withLock { if $0.known.count < 1000, $0.known.insert(text).inserted { $0.unreported.append(text) } }
    }

    /// Returns the sentences noted since the last call.
    func take() -> [String] {
        state.withLock { state in
            defer { state.unreported.removeAll() }
            return state.unreported
        }
    }
}

extension Store {
    /// Returns one sentence for each row, or value, that could not be read since the last call.
    package func takeUnreadable() -> [String] { unreadable.take() }
}

extension StoreReader {
    /// Returns one sentence for each row, or value, that could not be read since the last call.
    package func takeUnreadable() -> [String] { unreadable.take() }
}
