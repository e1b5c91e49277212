internal import GRDB
internal import GRDBSQLite
internal import Synchronization

/// Keeps SQLite's write-ahead log trustworthy: copies it into the database now and then, and after a failure before
/// anything else is written.
///
/// After a failed sync, the system treats the unwritten pages as written, and the next sync succeeds (A. Rebello et
/// al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020). A power cut then loses that part of the
/// log and everything behind it, acknowledged or not. A checkpoint writes all of it again, to another file, and syncs
/// that file. It reads the log from the system's memory, which still has it. SQLite's own checkpoints are not enough,
/// because they do not report their failures.
final class WriteAheadLog: Sendable {
    /// The length of the log, in pages, at which it is copied: SQLite's own default.
    private static let pagesMax: Int32 = 1000
    /// The time that a start waits for readers of the database.
    private static let startMilliseconds: Int32 = 2000

    /// The time that a write waits for others that hold the file, until ``setBusyTimeout(_:_:)``.
    static let busyMillisecondsAtStart: Int32 = 10_000

    private struct State {
        /// Set while the disk may lack a part of the log. At first the state is unknown: a failed sync may have ended
        /// the previous process.
        var isDoubtful = true
        /// Set after a failed sync of this process's writes.
        var hasFailed = false
        /// Set while the log begins with doubtful pages of the previous process, which have been copied, before this
        /// process's writes.
        var isToBeEmptied = false
        /// Set while the connection's commits may not wait for the disk, as at first.
        var isUnsynced = true
        var pages: Int32 = 0
        var busyMilliseconds = WriteAheadLog.busyMillisecondsAtStart
    }
    private let state = Mutex(State())

    /// Replaces SQLite's own checkpoints. Call this on the connection that writes; this object must outlive it.
    func watch(_ db: Database) throws {
        let me = Unmanaged.passUnretained(self).toOpaque()
        _ = sqlite3_wal_hook(
            db.sqliteConnection,
            { me, _, _, pages in
                if let me {
                    Unmanaged<WriteAheadLog>.fromOpaque(me).takeUnretainedValue().state.withLock { $0.pages = pages }
                }
                return SQLITE_OK
            }, me)
    }

    /// Sets how long a write waits for others that hold the file.
    func setBusyTimeout(_ milliseconds: Int32, _ db: Database) {
        state.withLock { $0.busyMilliseconds = milliseconds }
        sqlite3_busy_timeout(db.sqliteConnection, milliseconds)
    }

    /// Writes with `body`, after making the log trustworthy if it was not.
    func guarding<T>(_ db: Database, _ body: () throws -> T) throws -> T {
        if state.withLock({ $0.isDoubtful || $0.isToBeEmptied }) { try empty(db) }
        do {
            let result = try body()
            bringIn(db)
            return result
        } catch {
            if let error = error as? DatabaseError, error.resultCode == .SQLITE_IOERR { noteFailure() }
            throw error
        }
    }

    private func noteFailure() { state.withLock { ($0.isDoubtful, $0.hasFailed) = (true, true) } }

    /// Copies the log into the database, and empties it. Data written behind a part that the disk lacks is lost with
    /// that part. So after a failure nothing else is written until this has succeeded.
    ///
    /// At a start without a known failure, a long read must not keep the gateway from starting. The log is then
    /// copied, and each write tries again to empty it.
    private func empty(_ db: Database) throws {
        let state = self.state.withLock { $0 }
        if state.isDoubtful, state.hasFailed { return try truncate(db) }
        do {
            sqlite3_busy_timeout(db.sqliteConnection, state.isDoubtful ? Self.startMilliseconds : 0)
            defer { sqlite3_busy_timeout(db.sqliteConnection, state.busyMilliseconds) }
            try truncate(db)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            guard state.isDoubtful else { return }
            try db.checkpoint(.full)
            self.state.withLock { ($0.isDoubtful, $0.isToBeEmptied) = (false, true) }
        }
    }

    private func truncate(_ db: Database) throws {
        try db.checkpoint(.truncate)
        state.withLock { ($0.isDoubtful, $0.hasFailed, $0.isToBeEmptied, $0.pages) = (false, false, false, 0) }
    }

    /// Notes that the connection no longer waits for the disk at a commit.
    func noteUnsynced() { state.withLock { $0.isUnsynced = true } }

    /// Makes the connection's commits wait for the disk again.
    /// - Throws: an error if that has no effect, because a commit that does not wait must not be mistaken for one
    ///   that does.
    func waitForDisk(_ db: Database) throws {
        guard state.withLock({ $0.isUnsynced }) else { return }
        try db.execute(sql: "PRAGMA synchronous = FULL")
        guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
            throw DatabaseError(
                message: "commits cannot be made to wait for the disk: PRAGMA synchronous = FULL has no effect")
        }
        state.withLock { $0.isUnsynced = false }
    }

    /// Copies the log into the database when it has become long. Committed data stays committed if this fails.
    private func bringIn(_ db: Database) {
        guard state.withLock({ $0.pages >= Self.pagesMax }) else { return }
        do {
            try db.checkpoint(.passive)
            state.withLock { $0.pages = 0 }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            // Another connection reads; the next commit tries again.
        } catch {
            noteFailure()
        }
    }
}
