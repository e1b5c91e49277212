internal import Foundation
internal import GRDB
internal import GRDBSQLite
package import Telemetry

// What is remembered of devices, in the transaction of the readings that it follows from: after a crash both are there,
// or neither.
extension Store {
    /// Keeps states in place of those that were stored for their series. Nothing is allocated per state.
    static func keep(_ states: [DeviceState], _ db: Database) throws {
        guard !states.isEmpty else { return }
        let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO device_state (series, words) VALUES (?, ?)")
        let handle = statement.sqliteStatement
        for state in states {
            sqlite3_bind_int64(handle, 1, Int64(state.series.index))
            let code = withUnsafeBytes(of: state.words) { bytes in
                // The bytes stay where they are until the row is written.
                sqlite3_bind_blob(handle, 2, bytes.baseAddress, Int32(bytes.count), nil)
                defer { sqlite3_clear_bindings(handle) }
                let code = sqlite3_step(handle)
                sqlite3_reset(handle)
                return code
            }
            guard code == SQLITE_DONE else {
                throw DatabaseError(
                    resultCode: ResultCode(rawValue: code),
                    message: String(cString: sqlite3_errmsg(db.sqliteConnection)))
            }
        }
    }

    /// What was stored of devices. One of another length is that of another version, and left out, as is what cannot be
    /// read.
    package func deviceStates() throws -> [DeviceState] {
        try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT series, words FROM device_state").compactMap { row in
                guard let series: Int32 = row.value(at: 0), let bytes: Data = row.value(at: 1),
                    bytes.count == MemoryLayout<DeviceState.Words>.size
                else { return nil }
                var words = DeviceState.Words(repeating: 0)
                for (index, byte) in bytes.enumerated() { words[index / 8] |= UInt64(byte) << UInt64(index % 8 * 8) }
                return DeviceState(series: SeriesID(index: series), words: words)
            }
        }
    }
}
