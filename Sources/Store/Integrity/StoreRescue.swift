internal import Foundation
internal import GRDB
package import Telemetry

/// The result of a rescue of a damaged store: its new location, and the rows that were copied from it.
package struct StoreRescue: Sendable {
    /// SQLite's description of the damage.
    package var reason: String
    /// The present location of the damaged file, with its log beside it.
    package var setAside: String
    /// The number of rows copied into the new store, by table.
    package var saved: [String: Int]
    /// The tables whose rows could not all be read.
    package var incomplete: [String]
    /// The number of batches of readings that could not be read as they were written; `nil` if no readings were to be
    /// copied.
    package var lostBatches: Int?
    /// Set if the table of batches could not be read to its end: then it is unknown how many more readings there were.
    package var isBatchTableBroken = false

    /// Set if something that should be copied was not.
    package var isIncomplete: Bool { isBatchTableBroken || !incomplete.isEmpty || (lostBatches ?? 0) > 0 }

    /// A text for operators: the event, and the data that was kept.
    package var description: String {
        let kept = saved.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.value) of \($0.key)" }.joined(
            separator: ", ")
        let lost = incomplete.isEmpty ? "" : "; not all could be read of \(incomplete.joined(separator: ", "))"
        let readings =
            lostBatches.map {
                $0 == 0 ? "" : " \($0) batches of readings were not as they were written, and stay there"
            }
            ?? " Its readings stay there: the windows begin anew"
        let unknown =
            isBatchTableBroken
            ? " The list of batches cannot be read to its end: all readings after the \(saved["reading"] ?? 0) that were taken over stay there"
            : ""
        return
            "the store was damaged (\(reason)) and lies at \(setAside); taken over: \(kept.isEmpty ? "nothing" : kept)\(lost)."
            + readings + unknown
    }
}

extension Store {
    /// Opens a store. A damaged store is renamed, and a new one gets the readable rows of its alarms, its outbox and
    /// its audit chain. Nothing is deleted.
    ///
    /// After an unclean stop every page is checked first, if the store has at most `checkedBytesMax` bytes.
    /// - Throws: ``StoreError`` if the file is not a store, or cannot be written.
    package static func openOrRescue(
        path: String, at now: Instant, checkedBytesMax: Int64 = 512 << 20
    ) throws -> (store: Store, rescue: StoreRescue?) {
        try refuseForeign(path)
        let reason: String
        do {
            guard let fault = findDamage(path: path, checkedBytesMax: checkedBytesMax) else {
                return (try Store(path: path), nil)
            }
            reason = fault
        } catch StoreError.cannotOpen(_, let text) where isDamagedStore(path, text) {
            reason = text
        }
        let setAside = try setAside(path, because: reason, at: now)
        let store = try Store(path: path)
        var rescue = StoreRescue(reason: reason, setAside: setAside, saved: [:], incomplete: [])
        store.takeOver(Self.essentials + Self.positions, from: setAside, &rescue)
        try store.limitForwarded()
        try store.write { [rescue] in
            try Self.attestAll(
                because: rescue.description, isIncomplete: rescue.incomplete.contains("audit"), at: now, $0)
        }
        return (store, rescue)
    }

    /// Renames a store's files.
    /// - Returns: the path of the database now.
    static func setAside(_ path: String, because reason: String, at now: Instant) throws -> String {
        let name = "\(path).damaged-\(now.description.prefix(19).replacing(":", with: ""))Z"
        var setAside = name
        var number = 1
        while FileManager.default.fileExists(atPath: setAside) {
            number += 1
            setAside = "\(name)-\(number)"
        }
        for suffix in ["-wal", "-shm", ".mark", ""] where FileManager.default.fileExists(atPath: path + suffix) {
            do {
                try FileManager.default.moveItem(atPath: path + suffix, toPath: setAside + suffix)
            } catch {
                throw StoreError.cannotOpen(path, "it is damaged (\(reason)), and cannot be set aside: \(error)")
            }
        }
        return setAside
    }

    /// Renames a store's files back, in place of the new store.
    static func putBack(_ setAside: String, to path: String) throws {
        let files = FileManager.default
        for suffix in ["-wal", "-shm", ".mark", ""] where files.fileExists(atPath: path + suffix) {
            try files.removeItem(atPath: path + suffix)
        }
        for suffix in ["-wal", "-shm", ".mark", ""] where files.fileExists(atPath: setAside + suffix) {
            try files.moveItem(atPath: setAside + suffix, toPath: path + suffix)
        }
    }

    /// Returns whether a file is a database with a broken page. A file that never was a database is left alone.
    private static func isDamagedStore(_ path: String, _ reason: String) -> Bool {
        guard reason.contains("malformed") || reason.contains("not a database") || reason.contains("corrupt") else {
            return false
        }
        // A header that cannot be read is not one of a database.
        let header = FileHandle(forReadingAtPath: path).flatMap { try? $0.read(upToCount: 16) }
        return header == Data("SQLite format 3\0".utf8) || FileManager.default.fileExists(atPath: path + "-wal")
    }

    /// Opens a file so that nothing in it can change.
    static func openToLook(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Inserts a row as it is, unless the table has it already.
    static func insert(_ row: Row, into table: String, _ db: Database) throws {
        let columns = row.columnNames.map { "\"\($0)\"" }.joined(separator: ", ")
        let places = row.columnNames.map { _ in "?" }.joined(separator: ", ")
        try db.execute(
            sql: "INSERT OR IGNORE INTO \(table) (\(columns)) VALUES (\(places))",
            arguments: StatementArguments(row.databaseValues))
    }

    /// Returns a description of the damage to a file; `nil` if none is found. A damaged file stays as it was.
    private static func findDamage(path: String, checkedBytesMax: Int64) -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            let queue = try openToLook(path)
            // Closing a connection that only reads cannot lose anything.
            defer { try? queue.close() }
            return try queue.read { db in
                let last = try String.fetchOne(
                    db, sql: "SELECT json_extract(record, '$.kind') FROM audit ORDER BY id DESC LIMIT 1")
                let bytes =
                    try (Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0)
                    * (Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
                if last != nil, last != "stopped", bytes <= checkedBytesMax {
                    let answer = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "no answer"
                    return answer == "ok" ? nil : answer
                }
                // The tables that the gateway needs to start.
                for table in essentials {
                    _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table.name) WHERE \(table.rows)")
                }
                return nil
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            return error.message ?? "\(error.resultCode)"
        } catch {
            // An older schema, another kind of file, or no permission: opening the file reports it.
            return nil
        }
    }

    /// The tables copied from a damaged store: everything except readings and finished items. `rows` is an SQL
    /// condition.
    static let essentials: [(name: String, rows: String)] = [
        ("series", "1"), ("alarm", "cleared IS NULL OR state = \(Store.returned)"),
        ("transition", "alarm IN (SELECT id FROM alarm WHERE cleared IS NULL OR state = \(Store.returned))"),
        ("aside", "1"),
        ("escalation", "delivered IS NULL"), ("audit_anchor", "1"), ("audit", "1"), ("device_state", "1"),
        ("maintenance", "1"), ("flagged_span", "1"),
    ]
    /// Further tables that are copied if they can be read.
    static let positions: [(name: String, rows: String)] = [
        ("forward", "1"), ("subscription", "1"), ("quality_day", "1"),
    ]

    /// Copies rows from a damaged store, as far as they can be read, and counts them in `rescue`.
    func takeOver(_ tables: [(name: String, rows: String)], from path: String, _ rescue: inout StoreRescue) {
        // A file that cannot be opened at all is incomplete in every table.
        guard let damaged = try? Self.openToLook(path) else {
            rescue.incomplete = tables.map(\.name)
            return
        }
        for table in tables {
            var count = 0
            do {
                let rows = try damaged.read { db in
                    // A broken page ends the reading; the rows before it are good.
                    var rows: [Row] = []
                    let cursor = try Row.fetchCursor(db, sql: "SELECT * FROM \(table.name) WHERE \(table.rows)")
                    do {
                        while let row = try cursor.next() { rows.append(row.copy()) }
                    } catch {
                        rescue.incomplete.append(table.name)
                    }
                    return rows
                }
                try write { db in
                    for row in rows {
                        do {
                            try Self.insert(row, into: table.name, db)
                            count += db.changesCount
                        } catch {
                            if !rescue.incomplete.contains(table.name) { rescue.incomplete.append(table.name) }
                        }
                    }
                }
            } catch {
                rescue.incomplete.append(table.name)
            }
            rescue.saved[table.name] = count
        }
        // Closing a connection that only reads cannot lose anything.
        try? damaged.close()
    }
}
