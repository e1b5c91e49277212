internal import Foundation
internal import GRDB
package import Telemetry

/// A row of the table `refused_payload`: a payload with a part that could not be read, as it arrived.
///
/// `arrived` is the gateway's clock, in nanoseconds since 1970 in UTC.
struct RefusedPayloadRow: WritableRow {
    enum Column: String, CaseIterable { case device, topic, payload, reason, arrived }

    static let table = "refused_payload"
    static let key = [Column.device, .arrived]

    var refusal: RefusedPayload

    init(_ refusal: RefusedPayload) { self.refusal = refusal }

    init(_ row: StoredRow<RefusedPayloadRow>) throws(UnreadableValue) {
        let payload: Data = try row.value(.payload)
        refusal = RefusedPayload(
            device: try row.value(.device), topic: try row.value(.topic), payload: Array(payload),
            reason: try row.value(.reason), arrived: try row.time(.arrived))
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .device: refusal.device
        case .topic: refusal.topic
        case .payload: Data(refusal.payload)
        case .reason: refusal.reason
        case .arrived: refusal.arrived.nanoseconds
        }
    }

    fileprivate static let statement = insertion(of: Column.allCases)
}

/// A payload with a part that could not be read, as it arrived.
package struct RefusedPayload: Sendable, Equatable {
    package var device: String
    package var topic: String
    package var payload: [UInt8]
    /// The unreadable part, and the reason.
    package var reason: String
    /// The gateway's clock when it arrived.
    package var arrived: Instant

    package init(device: String, topic: String, payload: [UInt8], reason: String, arrived: Instant) {
        self.device = device
        self.topic = topic
        self.payload = payload
        self.reason = reason
        self.arrived = arrived
    }
}

extension Store {
    /// Stores a refused payload, and removes the oldest ones beyond `limit`.
    static func keep(_ refusal: RefusedPayload, atMost limit: Int, _ db: Database) throws {
        try RefusedPayloadRow(refusal).write(by: RefusedPayloadRow.statement, db)
        try db.execute(
            sql: "DELETE FROM refused_payload WHERE id <= (SELECT max(id) FROM refused_payload) - ?", arguments: [limit]
        )
    }
}

extension StoreReader {
    /// Returns the newest of the payloads that were kept because a part of them could not be read, oldest first.
    /// - Parameter device: only this device, or `nil` for all.
    package func refusals(of device: String? = nil, limit: Int) throws -> [RefusedPayload] {
        try queue.read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT * FROM refused_payload WHERE ?1 IS NULL OR device = ?1 ORDER BY id DESC LIMIT ?2",
                arguments: [device, limit]
            ).reversed().compactMap { unreadable.read($0, as: RefusedPayloadRow.self)?.refusal }
        }
    }

    /// Returns the number of kept refused payloads of each device that arrived at or after a moment of the gateway's
    /// clock.
    package func refusalCounts(since start: Instant) throws -> [String: Int] {
        try queue.read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT device, count(*) FROM refused_payload WHERE arrived >= ? GROUP BY device",
                arguments: [start.nanoseconds])
            return Dictionary(
                rows.compactMap { row in (row.value(at: 0) as String?).map { ($0, row.value(at: 1) ?? 0) } }
            ) { $1 }
        }
    }
}
