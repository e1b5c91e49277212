package import Devices
internal import GRDB
package import Telemetry

/// A row of the table `flagged_span`: the readings of a sensor that a person has flagged. Rows are never removed.
///
/// `quantity` is empty for a whole device. Times are in nanoseconds since 1970 in UTC: `start_time` and
/// `end_time` are event times, the others are the gateway's clock. `flag` is QARTOD's number.
struct FlaggedSpanRow: WritableRow {
    enum Column: String, CaseIterable {
        case number, device, quantity
        case start = "start_time"
        case end = "end_time"
        case flag, person, flagged, reason, withdrawn
        case withdrawnBy = "withdrawn_by"
        case withdrawnReason = "withdrawn_reason"
    }

    static let table = "flagged_span"
    static let key = [Column.number]

    var span: FlaggedSpan

    init(_ span: FlaggedSpan) { self.span = span }

    init(_ row: StoredRow<FlaggedSpanRow>) throws(UnreadableValue) {
        let quantity: String = try row.value(.quantity)
        let number: Int64 = try row.value(.flag)
        guard let flag = UInt8(exactly: number).flatMap(QualityFlag.init), FlaggedSpan.flags.contains(flag) else {
            throw row.fault(.flag, "holds the unknown flag \(number)")
        }
        span = FlaggedSpan(
            number: try row.value(.number), device: try row.value(.device),
            quantity: quantity.isEmpty ? nil : quantity, start: try row.time(.start), end: try row.time(.end),
            flag: flag,
            note: FlaggedSpan.Note(
                person: try row.value(.person), time: try row.time(.flagged), reason: try row.value(.reason)))
        if let time = try row.optionalTime(.withdrawn) {
            span.withdrawn = FlaggedSpan.Note(
                person: try row.optional(.withdrawnBy) ?? "", time: time,
                reason: try row.optional(.withdrawnReason) ?? "")
        }
    }

    func value(of column: Column) -> (any DatabaseValueConvertible)? {
        switch column {
        case .number: span.number
        case .device: span.device
        case .quantity: span.quantity ?? ""
        case .start: span.start.nanoseconds
        case .end: span.end.nanoseconds
        case .flag: Int64(span.flag.rawValue)
        case .person: span.note.person
        case .flagged: span.note.time.nanoseconds
        case .reason: span.note.reason
        case .withdrawn: span.withdrawn?.time.nanoseconds
        case .withdrawnBy: span.withdrawn?.person
        case .withdrawnReason: span.withdrawn?.reason
        }
    }

    /// Writes a row, or writes it anew, so the daily records are to follow it.
    fileprivate static let first = insertion("INSERT INTO", of: Column.allCases)
    fileprivate static let anew = insertion("INSERT OR REPLACE INTO", of: Column.allCases)

    /// Returns all rows that can be read, in the order in which they were made.
    static func all(_ db: Database, _ unreadable: UnreadableRows) throws -> [FlaggedSpan] {
        try Row.fetchAll(db, sql: "SELECT * FROM flagged_span ORDER BY number").compactMap {
            unreadable.read($0, as: FlaggedSpanRow.self)?.span
        }
    }
}

extension FlaggedSpans {
    /// Reads the spans that count, for readings of the same transaction.
    init(_ db: Database, _ unreadable: UnreadableRows) throws {
        let spans = try FlaggedSpanRow.all(db, unreadable).filter { $0.withdrawn == nil }
        guard !spans.isEmpty else {
            self.init()
            return
        }
        let series = try Set(spans.map(\.device)).flatMap { device in
            try Row.fetchAll(
                db, sql: "SELECT id, device, quantity, unit FROM series WHERE device = ?", arguments: [device]
            ).compactMap { unreadable.read($0, as: SeriesRow.self) }
        }
        self.init(
            spans.flatMap { span in
                series.compactMap { row in
                    guard let id = row.id, row.name.device == span.device, span.contains(row.name.quantity) else {
                        return nil
                    }
                    return Span(series: id, start: span.start, end: span.end, flag: span.flag)
                }
            })
    }
}

extension Store {
    /// Stores a span that a person has flagged, or has withdrawn.
    static func keep(_ span: FlaggedSpan, _ db: Database) throws {
        let statement = span.withdrawn == nil ? FlaggedSpanRow.first : FlaggedSpanRow.anew
        try FlaggedSpanRow(span).write(by: statement, db)
    }

    /// Returns the number for the next span: above all others, also above that of one that cannot be read.
    package func nextFlagNumber() throws -> Int64 {
        try queue.read { db in
            (try db.first("SELECT max(number) FROM flagged_span WHERE typeof(number) = 'integer'") ?? 0) + 1
        }
    }

    /// Returns all spans that persons have flagged, also those that were withdrawn, in the order of their numbers.
    package func flaggedSpans() throws -> [FlaggedSpan] {
        try queue.read { try FlaggedSpanRow.all($0, unreadable) }
    }

    /// Returns the flags of the spans that count, by series.
    package func spansInForce() throws -> FlaggedSpans {
        try queue.read { try FlaggedSpans($0, unreadable) }
    }

    /// Returns the spans that the daily records of quality do not follow yet.
    package func spansToRecord() throws -> [FlaggedSpan] {
        try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM flagged_span WHERE NOT is_recorded ORDER BY number").compactMap {
                unreadable.read($0, as: FlaggedSpanRow.self)?.span
            }
        }
    }

    /// Stores that the daily records of quality follow a span.
    package func noteRecorded(_ span: FlaggedSpan) async throws {
        try await write { db in
            // Unless it was withdrawn meanwhile.
            try db.execute(
                sql: "UPDATE flagged_span SET is_recorded = 1 WHERE number = ? AND withdrawn IS ?",
                arguments: [span.number, span.withdrawn?.time.nanoseconds])
        }
    }
}

extension StoreReader {
    /// Returns all spans that persons have flagged, also those that were withdrawn, in the order of their numbers.
    package func flaggedSpans() throws -> [FlaggedSpan] {
        try queue.read { try FlaggedSpanRow.all($0, unreadable) }
    }

    /// Returns the number of stored readings of a sensor in a span of time, by event time.
    /// - Parameter quantity: `nil` for all that the device measures.
    /// - Complexity: the readings of the batches that have readings of the span.
    package func readingCount(of device: String, _ quantity: String?, from start: Instant, to end: Instant) throws
        -> Int
    {
        let reports = Profile.reports.map { "'\($0.name)'" }.joined(separator: ", ")
        return try queue.read { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*)
                    FROM batch CROSS JOIN reading
                        ON reading.id >= batch.first_reading AND reading.id < batch.first_reading + batch.count
                    WHERE batch.newest >= :start AND batch.oldest <= :end AND reading.time BETWEEN :start AND :end
                        AND reading.series IN (SELECT id FROM series WHERE device = :device
                            AND (:quantity IS NULL AND quantity NOT IN (\(reports)) OR quantity = :quantity))
                    """,
                arguments: [
                    "start": start.nanoseconds, "end": end.nanoseconds, "device": device, "quantity": quantity,
                ]) ?? 0
        }
    }
}
