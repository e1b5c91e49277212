import Alarms
import Foundation
import GRDB
import Store
import Telemetry
import TestSupport
import Testing

@Suite struct AuditTests {
    /// A store with a history: alarms that are raised, taken on and cleared, notes, and deliveries.
    private func store(_ folder: borrowing TemporaryFolder) async throws -> String {
        let path = folder.file("t.db")
        let store = try Store(path: path)
        var bench = try AlarmBench()
        var planner = EscalationPlanner(site: "s", destinations: [.init(name: "up", minimumLevel: .init(rank: 1))], policies: PolicySet())
        var batch = StoreBatch()
        batch.notes = [AuditNote("started", at: AlarmBench.start, text: "3 devices", facts: ["rules.yaml": "abc"])]
        batch.transitions = bench.feed([(0, 2.5)])
        batch.transitions.append(try bench.carryOut(.acknowledge, "on my way", at: 5))
        batch.transitions += bench.feed([(60, 9.5), (700, 2.5), (2000, 0.5)])
        batch.escalations = batch.transitions.flatMap { planner.note($0) }
        try store.commit(batch)
        try await store.markDelivered(try await store.waiting(for: "up", limit: 99), at: AlarmBench.start)
        try store.close()
        return path
    }

    /// Changes the file behind the store's back.
    private func tamper(_ path: String, _ sql: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    @Test("a chain as the gateway wrote it is whole, and holds transitions, notes and deliveries in their order")
    func whole() async throws {
        let folder = try TemporaryFolder()
        let path = try await store(folder)
        let reader = try StoreReader(path: path)
        let verifier = try reader.verifyAudit()
        #expect(verifier.faults == [])
        #expect(verifier.count >= 12)
        var kinds: [String] = []
        try reader.forEachAuditRecord {
            #expect($0 == .init(number: 0, hash: AuditChain.origin))
        } _: { text, _ in
            kinds.append(CanonicalJSON.value(AuditRecord.self, text)?.kind ?? "?")
        }
        #expect(kinds.prefix(3) == ["raised", "acknowledged", "rose"])
        #expect(kinds.contains("started") && kinds.last == "delivered")
        #expect(try reader.auditHead().number == Int64(verifier.count))
    }

    @Test(
        "an altered, removed or inserted record is named, and so is a history that was changed beside it",
        arguments: [
            ("UPDATE audit SET record = replace(record, 'ada', 'bob') WHERE id = 2", Int64(2), "was altered"),
            ("DELETE FROM audit WHERE id = 4", 4, "record 4 was removed"),
            ("DELETE FROM audit WHERE id IN (4, 5, 6)", 4, "records 4 to 6 were removed"),
            ("INSERT INTO audit SELECT 1000, record, hash FROM audit WHERE id = 3", 3, "inserted, or moved"),
            ("DELETE FROM audit WHERE id > 6", 7, "the chain's end was removed"),
            ("UPDATE audit SET record = 'x' WHERE id = 3", 3, "cannot be read"),
            ("UPDATE transition SET summary = 'all is well' WHERE sequence = 3", 3, "was altered in the history"),
            ("UPDATE transition SET recorded = recorded + 1000000000 WHERE sequence = 1", 1, "was altered in the history"),
            ("DELETE FROM transition WHERE sequence = 2", 2, "was removed from the history"),
        ])
    func tampered(sql: String, number: Int64, what: String) async throws {
        let folder = try TemporaryFolder()
        let path = try await store(folder)
        try tamper(path, sql)
        let faults = try StoreReader(path: path).verifyAudit().faults
        #expect(faults.contains { $0.number == number && $0.what.contains(what) }, "\(faults)")
    }

    @Test("a chain that was rewritten as a whole is found by a head that was noted before")
    func rewritten() async throws {
        let folder = try TemporaryFolder()
        let path = try await store(folder)
        let head = try StoreReader(path: path).auditHead()
        #expect(try StoreReader(path: path).verifyAudit(expecting: head).faults.isEmpty)
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            // A careful forger: another name everywhere, and every hash computed again.
            try db.execute(sql: "UPDATE transition SET person = 'bob' WHERE person = 'ada'")
            var hash = AuditChain.origin
            for row in try Row.fetchAll(db, sql: "SELECT id, record FROM audit ORDER BY id") {
                let text = (row["record"] as String).replacing("\"ada\"", with: "\"bob\"")
                hash = AuditChain.hash(after: hash, text)
                try db.execute(sql: "UPDATE audit SET record = ?, hash = ? WHERE id = ?", arguments: [text, hash, row["id"] as Int64])
            }
        }
        try queue.close()
        #expect(try StoreReader(path: path).verifyAudit().faults.isEmpty)
        #expect(try StoreReader(path: path).verifyAudit(expecting: head).faults.contains { $0.what.contains("rewritten") })
    }

    @Test("retention takes the oldest records away, and what stays is still a chain")
    func retention() async throws {
        let folder = try TemporaryFolder()
        let path = try await store(folder)
        let store = try Store(path: path)
        try store.note(AuditNote("started", at: AlarmBench.start + .days(20), text: "later"))
        let report = try await store.enforce(
            RetentionLimits(readings: .days(30), alarms: .days(10), bytesMax: 1 << 30), now: AlarmBench.start + .days(21))
        #expect(report.auditRecords > 5)
        try store.note(AuditNote("stopped", at: AlarmBench.start + .days(21), text: "later"))
        let verifier = try StoreReader(path: path).verifyAudit()
        #expect(verifier.faults == [])
        #expect(verifier.count == 2)
        #expect(verifier.head.number == Int64(report.auditRecords + 2))
    }
}
