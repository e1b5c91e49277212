internal import Alarms
internal import Foundation
internal import GRDB

/// The gateway's only state, in SQLite: readings, alarms, transitions and the outbox.
///
/// One connection does all writes and all checkpoints: SQLite from 3.7.0 to 3.51.2 can lose commits when two
/// connections do both at once. Delivery reads through a connection of its own, which no commit delays. Commands open
/// the file for themselves (``StoreReader``).
package final class Store: Sendable {
    /// The connection that writes, and a read-only one.
    let queue: DatabaseQueue
    let looking: DatabaseQueue
    /// The location of the database.
    package let path: String
    let unreadable = UnreadableRows()
    let log = WriteAheadLog()

    /// Opens the file, or creates it, and migrates its schema to this version.
    /// - Throws: ``StoreError`` if the file is not a store, was written by a newer version, or cannot be opened.
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
                // GRDB switches synchronous to NORMAL when it enables the WAL, so set FULL afterwards: a committed
                // transaction then survives a power cut.
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

    /// Runs `body` in one transaction: all of it is on disk when this returns, or none of it.
    func write<T>(_ body: (Database) throws -> T) throws -> T {
        try queue.writeWithoutTransaction { db in
            try log.guarding(db) {
                try log.waitForDisk(db)
                return try Self.transaction(db, body)
            }
        }
    }

    /// The same, without blocking a thread.
    func write<T: Sendable>(_ body: @Sendable @escaping (Database) throws -> T) async throws -> T {
        try await queue.writeWithoutTransaction { [log] db in
            try log.guarding(db) {
                try log.waitForDisk(db)
                return try Self.transaction(db, body)
            }
        }
    }

    /// Runs `body` in one transaction, without waiting for the disk. For work that a power cut may undo, because it
    /// would only be done again. The next commit that waits brings it to the disk as well, in the same order.
    func writeWithoutSync<T: Sendable>(_ body: @Sendable @escaping (Database) throws -> T) async throws -> T {
        try await queue.writeWithoutTransaction { [log] db in
            try log.guarding(db) {
                // The next commit that waits for the disk turns that on first, or fails.
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

    /// Limits the wait for other users of the file to 250 ms from now on. While the store cannot write, readings are
    /// evaluated and escalations sent from memory. A commit that waits would delay all of that.
    package func limitWaits() throws { queue.writeWithoutTransaction { [log] db in log.setBusyTimeout(250, db) } }

    /// Returns whether an error only means that another program holds the file for writing.
    package static func isBusy(_ error: any Error) -> Bool { (error as? DatabaseError)?.resultCode == .SQLITE_BUSY }

    /// Closes the file.
    package func close() throws {
        try looking.close()
        try queue.close()
    }
}
