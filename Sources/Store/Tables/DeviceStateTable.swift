internal import Foundation
internal import GRDB
internal import GRDBSQLite
package import Telemetry

/// The table `device_state`: the decoder's memory of each series, such as message numbers and the device's clock.
///
/// A state is stored in the transaction of the readings that it follows from: after a crash both are there, or
/// neither.
/// `words` is a ``DeviceState/Words`` in little-endian order.
extension Store {
    /// Stores states in place of the earlier ones of their series. Nothing is allocated per state.
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

    /// Returns the states of all series. A state of another length is of another version, and is left out, as are rows
    /// that cannot be read: the decoder then begins with an empty state.
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
