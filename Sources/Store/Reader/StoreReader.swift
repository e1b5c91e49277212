internal import Foundation
internal import GRDB
package import Telemetry

/// A second, read-only view of a store, for commands that run beside the gateway or after it.
///
/// Rows that cannot be read are left out, and reported by ``takeUnreadable()``.
package final class StoreReader: Sendable {
    let queue: DatabaseQueue
    let path: String
    let unreadable = UnreadableRows()

    /// Opens a store.
    /// - Throws: ``StoreError/missing(_:)`` if there is no file; another ``StoreError`` if the file is not a store, or
    ///   one of another version.
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

    /// Returns the number of rows of a table.
    package func count(_ table: Table) throws -> Int {
        try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table.rawValue)") ?? 0 }
    }

    /// A table whose rows can be counted.
    package enum Table: String, Sendable {
        case reading, batch, alarm, transition, escalation, refused_payload, series, audit
    }

    /// Returns how many readings there are, without those of one device, such as the gateway's own.
    package func readingCount(without device: String) throws -> Int {
        try queue.read { db in
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM reading WHERE series NOT IN (SELECT id FROM series WHERE device = ?)",
                arguments: [device])
        } ?? 0
    }

    /// Passes every reading with the device and the quantity of its series to `body`, in the order of arrival.
    /// Complexity: O(readings).
    package func forEachReading(_ body: (_ device: String, _ quantity: String, Reading) -> Void) throws {
        try queue.read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT device, quantity, \(ReadingTable.columns) FROM reading JOIN series ON series.id = series
                    ORDER BY reading.id
                    """)
            let flags = try FlaggedSpans(db, unreadable)
            while let row = try rows.next() {
                guard var reading = Reading(row, from: 2) else { continue }
                flags.apply(to: &reading)
                body(row.value(at: 0) ?? "", row.value(at: 1) ?? "", reading)
            }
        }
    }
}
