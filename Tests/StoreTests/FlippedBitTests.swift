import AlarmModel
import Alarms
import Escalation
import Foundation
import GRDB
import Store
import Telemetry
import TestSupport
import Testing
import Wire

/// A page of a damaged file may say anything, and SQLite gives it without an error: nothing that reads rows may end of
/// it.
@Suite struct FlippedBitTests {
    /// A store with a row in every table that is read at a start, or by a command.
    private func store(_ folder: borrowing TemporaryFolder) throws -> String {
        let path = folder.file("t.db")
        let store = try Store(path: path)
        _ = try store.series([SeriesName(device: "d1", quantity: "water_level", unit: "m")])
        var bench = try AlarmBench()
        var planner = EscalationPlanner(
            site: "s", destinations: [.init(name: "up", minimumLevel: .init(rank: 1))], policies: PolicySet())
        var batch = StoreBatch()
        batch.arrived = AlarmBench.start
        batch.readings = (0..<10).map {
            Reading(series: SeriesID(index: 1), time: AlarmBench.start + .seconds(Int64($0)), value: Double($0))
        }
        batch.received.marks = [MessageMark(identifier: 1, digest: 7)]
        batch.received.last = 1
        batch.transitions = bench.feed([(0, 2.5)])
        let shelved = try bench.execute(.shelve(.hours(1)), "why", at: 10)
        batch.transitions.append(shelved)
        batch.suppressions = [
            SuppressionRecord(rule: "river-rising", group: "s1", suppression: shelved.alarm.state.suppression)
        ]
        batch.escalations = batch.transitions.flatMap { planner.note($0) }.map(OutboxItem.init)
        batch.escalationStates = planner.takeChanges()
        batch.notes = [AuditNote("started", at: AlarmBench.start, text: "x")]
        batch.deviceStates = [DeviceState(series: SeriesID(index: 1), words: DeviceState.Words(repeating: 0))]
        try store.commit(batch)
        try store.close()
        return path
    }

    /// Everything that a start reads, and everything that commands read.
    private func readAll(_ path: String) async throws -> [String] {
        let store = try Store(path: path)
        let now = AlarmBench.start + .hours(1)
        let alarms = try store.activeAlarms() + store.returnedAlarms(limit: 9)
        for alarm in alarms { _ = try store.escalationState(of: alarm.id) }
        _ = try (
            store.suppressions(), store.receivedMessages(), store.deviceStates(), store.newestReading(),
            store.newestArrival()
        )
        _ = try (
            store.newestValue(of: SeriesID(index: 1)), store.uncleanStarts(since: .distantPast), store.lossSinceMark()
        )
        try store.replay(after: .distantPast, leadingUp: [0, 3]) { _ in }
        let waiting = try await store.waiting(for: "up", limit: 9)
        for item in waiting { _ = try await store.earlier(than: item.escalation, id: nil) }
        _ = try await store.outboxState(at: now)
        _ = try await store.readings(after: 0, arrivedBefore: .distantFuture, limit: 9)
        _ = try await store.forwarded(to: "x")
        try store.note(AuditNote("x", at: now, text: "x"))
        try await store.keepMark()
        let unreadable = store.takeUnreadable()
        try store.close()
        let reader = try StoreReader(path: path)
        _ = try (
            reader.alarms(all: true), reader.suppressions(), reader.events(after: 0, since: nil), reader.outbox(),
            reader.auditHead()
        )
        for name in try reader.alarms(named: "river-rising") { _ = try reader.history(of: name) }
        try reader.forEachReading { _, _, _ in }
        try reader.forEachAuditRecord(from: { _ in }) { _, _ in }
        _ = try reader.check()
        return unreadable
    }

    @Test("whatever a column holds, what reads it goes on, and a row that is left out is said")
    func anything() async throws {
        let tables = [
            "alarm", "transition", "escalation", "aside", "batch", "reading", "audit", "received_message",
            "device_state", "series",
            "forward",
        ]
        for table in tables {
            let folder = try TemporaryFolder()
            let whole = try store(folder)
            let columns = try await DatabaseQueue(path: whole).read { db in
                try db.columns(in: table).filter { $0.primaryKeyIndex == 0 || $0.type != "INTEGER" }.map(\.name)
            }
            for column in columns {
                for value in ["NULL", "x'ff00'", "'text'", "9223372036854775807"] {
                    let folder = try TemporaryFolder()
                    let path = folder.file("t.db")
                    try FileManager.default.copyItem(atPath: whole, toPath: path)
                    try await spoil(path, table, column, value)
                    let unreadable = try await readAll(path)
                    if table == "alarm", column == "raised", value == "NULL" {
                        #expect(
                            unreadable.contains { $0.contains("table alarm") && $0.contains("'raised' is missing") })
                    }
                    if table == "alarm", column == "held" { #expect(try Store(path: path).activeAlarms().count == 1) }
                }
            }
        }
    }

    @Test(
        "a value that cannot be read is reported with its table, row and column",
        arguments: [
            ("alarm", "state", "'gone'", "'state' holds the unknown word 'gone'; the row is kept without that value"),
            (
                "alarm", "labels", "'x'",
                "'labels' holds JSON that cannot be read: 'x'; the row is kept without that value"
            ),
            ("alarm", "held", "'x'", "'held' holds \"x\"; the row is kept without that value"),
            ("alarm", "origin", "'x'", "'origin' holds JSON that cannot be read: 'x'; the row is kept"),
            ("aside", "kind", "'x'", "'kind' holds the unknown word 'x'; the row is left out"),
            ("escalation", "created", "NULL", "'created' is missing; the row is left out"),
        ])
    func named(table: String, column: String, value: String, text: String) async throws {
        let folder = try TemporaryFolder()
        let path = try store(folder)
        try await spoil(path, table, column, value)
        let row = [
            "alarm": "river-rising/s1@2018-06-03T20:00:00Z", "aside": "river-rising/s1",
            "escalation": "river-rising/s1@2018-06-03T20:00:00Z#1/up",
        ][table]
        let unreadable = try await readAll(path)
        let start = "table \(table), row \(row ?? ""), column '\(column)': "
        #expect(unreadable.contains { $0.hasPrefix(start + text) }, "\(unreadable)")
    }

    /// Puts a value where its column's type and constraints do not let it: the schema is one without them meanwhile.
    private func spoil(_ path: String, _ table: String, _ column: String, _ value: String) async throws {
        let queue = try DatabaseQueue(path: path)
        try await queue.writeWithoutTransaction { db in
            try db.execute(
                sql: "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; PRAGMA writable_schema = ON")
            let schema =
                try String.fetchOne(db, sql: "SELECT sql FROM sqlite_schema WHERE name = ?", arguments: [table]) ?? ""
            let version = try Int.fetchOne(db, sql: "PRAGMA schema_version") ?? 0
            let loose = schema.replacing("STRICT", with: "").replacing("NOT NULL", with: "")
                .replacing(/INTEGER(?! PRIMARY)|TEXT|REAL|BLOB/, with: "")
            try db.execute(sql: "UPDATE sqlite_schema SET sql = ? WHERE name = ?", arguments: [loose, table])
            try db.execute(sql: "PRAGMA schema_version = \(version + 1)")
            try db.execute(
                sql: "UPDATE \(table) SET \"\(column)\" = \(value) WHERE rowid = (SELECT min(rowid) FROM \(table))")
            try db.execute(sql: "UPDATE sqlite_schema SET sql = ? WHERE name = ?", arguments: [schema, table])
            try db.execute(sql: "PRAGMA schema_version = \(version + 2)")
        }
        try queue.close()
    }
}
