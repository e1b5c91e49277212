internal import Alarms
internal import Foundation
internal import GRDB
package import Telemetry

/// SQLite, the gateway's only state: readings, alarms, transitions and the outbox.
///
/// One connection does all writes and all checkpoints: SQLite from 3.7.0 to 3.51.2 can lose commits when
/// two connections do both at once. What only looks has a connection of its own, which no commit holds up; commands
/// open the file for themselves (``StoreReader``).
package final class Store: Sendable {
    let queue: DatabaseQueue
    let looking: DatabaseQueue
    package let path: String
    let unreadable = UnreadableRows()
    let log = WriteAheadLog()

    /// Opens the file, or makes it, and brings its schema up to date.
    /// - Throws: ``StoreError`` where the file is no store, or was written by a newer version.
    package init(path: String) throws {
        self.path = path
        try Self.refuseForeign(path)
        Self.restrict(path)
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(TimeInterval(WriteAheadLog.busyMillisecondsAtStart) / 1000)
        configuration.label = "tocsin.store"
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.writeWithoutTransaction { [log] db in
                // A committed transaction survives a power cut: the WAL is synced at every commit. GRDB turns that off
                // when it turns the WAL on, so that it is said here.
                try log.waitForDisk(db)
                try log.watch(db)
            }
            let migrator = Migrations.all
            if try queue.read({ try migrator.hasBeenSuperseded($0) }) {
                throw StoreError.newer(path)
            }
            try migrator.migrate(queue)
            var readonly = Configuration()
            readonly.readonly = true
            readonly.busyMode = .timeout(10)
            readonly.label = "tocsin.store.looking"
            looking = try DatabaseQueue(path: path, configuration: readonly)
        } catch let error as StoreError {
            throw error
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            throw StoreError.cannotOpen(
                path, "another program holds it for writing, and has not let go of it within ten seconds")
        } catch {
            throw StoreError.cannotOpen(path, "\(error)")
        }
    }

    /// The number of a series, which is made if it is new and stays the same from then on.
    package func series(_ wanted: [SeriesName]) throws -> [SeriesName: SeriesID] {
        try write { db in
            var numbers: [SeriesName: SeriesID] = [:]
            for name in wanted {
                try db.execute(
                    sql:
                        "INSERT INTO series (device, quantity, unit) VALUES (?, ?, ?) ON CONFLICT (device, quantity) DO NOTHING",
                    arguments: [name.device, name.quantity, name.unit])
                let row = try Int32.fetchOne(
                    db, sql: "SELECT id FROM series WHERE device = ? AND quantity = ?",
                    arguments: [name.device, name.quantity])
                if let row { numbers[name] = SeriesID(index: row) }
            }
            return numbers
        }
    }

    /// Writes in one transaction: all of it is on disk when this returns, or none of it.
    func write<T>(_ body: (Database) throws -> T) throws -> T {
        try queue.writeWithoutTransaction { db in
            try log.guarding(db) {
                try log.waitForDisk(db)
                return try Self.transaction(db, body)
            }
        }
    }

    /// The same, without a thread that waits.
    func write<T: Sendable>(_ body: @Sendable @escaping (Database) throws -> T) async throws -> T {
        try await queue.writeWithoutTransaction { [log] db in
            try log.guarding(db) {
                try log.waitForDisk(db)
                return try Self.transaction(db, body)
            }
        }
    }

    /// Writes without waiting for the disk: what a power cut may take back, because it would only be done again. The
    /// next commit that waits brings it to the disk as well, and its place in the order stays.
    func writeWithoutSync<T: Sendable>(_ body: @Sendable @escaping (Database) throws -> T) async throws -> T {
        try await queue.writeWithoutTransaction { [log] db in
            try log.guarding(db) {
                // From here on the next commit that waits for the disk turns it back on first, or fails.
                log.noteUnsynced()
                try db.execute(sql: "PRAGMA synchronous = NORMAL")
                return try Self.transaction(db, body)
            }
        }
    }

    private static func transaction<T>(_ db: Database, _ body: (Database) throws -> T) throws -> T {
        var result: T?
        try db.inTransaction(.immediate) {
            result = try body(db)
            return .commit
        }
        guard let result else { throw DatabaseError(message: "a transaction gave no result") }
        return result
    }

    /// Waits no longer than a quarter of a second for others that hold the file, from now on: readings are evaluated
    /// and escalations told from memory while nothing can be stored, and a commit that waited would hold all of that
    /// up.
    package func limitWaits() throws { try queue.writeWithoutTransaction { [log] db in log.setBusyTimeout(250, db) } }

    /// Whether something failed only because another program holds the file for writing.
    package static func isBusy(_ error: any Error) -> Bool { (error as? DatabaseError)?.resultCode == .SQLITE_BUSY }

    package func close() throws {
        try looking.close()
        try queue.close()
    }
}

/// A series by its names.
package struct SeriesName: Hashable, Sendable {
    package var device: String
    package var quantity: String
    package var unit: String

    package init(device: String, quantity: String, unit: String) {
        self.device = device
        self.quantity = quantity
        self.unit = unit
    }
}

package enum StoreError: Error, CustomStringConvertible {
    case cannotOpen(String, String)
    case newer(String)
    case missing(String)
    case foreign(String)
    case inUse(String, by: Int32?)

    package var isMissing: Bool { if case .missing = self { true } else { false } }

    package var description: String {
        switch self {
        case .cannotOpen(let path, let reason):
            "the store \(path) cannot be opened: \(reason). Nothing was changed in it"
        case .newer(let path):
            "the store \(path) was written by a newer version of tocsin. Nothing was changed in it; run that version, or name another store"
        case .missing(let path):
            "there is no store at \(path): has the gateway run with this configuration?"
        case .foreign(let path):
            "\(path) is a database of another program. Nothing was changed in it; name another file for the store"
        case .inUse(let path, let process):
            "the store \(path) belongs to a gateway that is running\(process.map { " (process \($0))" } ?? ""). "
                + "Nothing was changed in it; end that one first, or name another store"
        }
    }
}
