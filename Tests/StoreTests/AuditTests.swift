import AlarmModel
import Foundation
import GRDB
import Store
import Telemetry
import TestSupport
import Testing
import Wire

@testable import Alarms
@testable import Escalation

@Suite struct AuditTests {
    /// A store with a history: alarms that are raised, taken on and cleared, notes, and deliveries.
    private func store(_ folder: borrowing TemporaryFolder) async throws -> String {
        let path = folder.file("t.db")
        let store = try Store(path: path)
        var bench = try AlarmBench()
        var planner = EscalationPlanner(
            site: "s", destinations: [.init(name: "up", minimumLevel: .init(rank: 1))], policies: PolicySet())
        var batch = StoreBatch()
        batch.notes = [AuditNote("started", at: AlarmBench.start, text: "3 devices", facts: ["rules.yaml": "abc"])]
        batch.transitions = bench.feed([(0, 2.5)])
        batch.transitions.append(try bench.execute(.acknowledge, "on my way", at: 5))
        batch.transitions += bench.feed([(60, 9.5), (700, 2.5), (2000, 0.5)])
        batch.transitions += bench.feed([(2100, 2.5)], series: 8)
        let shelved = Suppression(
            .shelved, person: "ada", since: AlarmBench.start, until: AlarmBench.start + .days(1), reason: "works")
        batch.suppressions = [SuppressionRecord(rule: "river-rising", group: "s2", suppression: shelved)]
        batch.escalations = batch.transitions.flatMap { planner.note($0) }.map(OutboxItem.init)
        try store.commit(batch)
        // All but the last.
        try await store.markDelivered(try await store.waiting(for: "up", limit: 5), at: AlarmBench.start)
        try store.close()
        return path
    }

    /// Changes the file behind the store's back.
    private func tamper(_ path: String, _ sql: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    private func kinds(_ path: String) throws -> [String] {
        var kinds: [String] = []
        try StoreReader(path: path).forEachAuditRecord(from: { _ in }) { text, _ in
            kinds.append(CanonicalJSON.value(AuditRecord.self, text)?.kind ?? "?")
        }
        return kinds
    }

    @Test("a chain as the gateway wrote it is whole, and holds transitions, notes and deliveries in their order")
    func whole() async throws {
        let folder = try TemporaryFolder()
        let path = try await store(folder)
        let reader = try StoreReader(path: path)
        let verifier = try reader.verifyAudit()
        #expect(verifier.faults == [])
        #expect(verifier.count >= 12)
        try reader.forEachAuditRecord {
            #expect($0 == .init(number: 0, hash: AuditChain.origin))
        } _: { _, _ in
        }
        let kinds = try kinds(path)
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
        ])
    func tampered(sql: String, number: Int64, what: String) async throws {
        let folder = try TemporaryFolder()
        let path = try await store(folder)
        try tamper(path, sql)
        let faults = try StoreReader(path: path).verifyAudit().faults
        #expect(faults.contains { $0.number == number && $0.what.contains(what) }, "\(faults)")
    }

    @Test(
        "a row that is not as the chain says is named, be it altered, invented or removed",
        arguments: [
            ("UPDATE transition SET summary = 'all is well' WHERE sequence = 3", "the transition", "#3 was altered"),
            (
                "UPDATE transition SET recorded = recorded + 1000000000 WHERE sequence = 1", "the transition",
                "#1 was altered"
            ),
            ("UPDATE transition SET severity = 0 WHERE sequence = 3", "the transition", "#3 was altered"),
            ("UPDATE transition SET device = 'd2' WHERE sequence = 1", "the transition", "#1 was altered"),
            ("DELETE FROM transition WHERE sequence = 2", "the transition", "#2 was removed"),
            ("DELETE FROM transition WHERE sequence = 5", "the transition", "#5 was removed"),
            (
                """
                INSERT INTO transition SELECT NULL, alarm, 9, 'acknowledged', time, recorded, from_level, to_level, severity, uncertain,
                    summary, causes, device, rule_version, 'eve', 'seen' FROM transition WHERE sequence = 1
                """, "the transition", "#9 was added"
            ),
            ("UPDATE alarm SET level = 3", "the alarm", "was altered"),
            ("UPDATE alarm SET acknowledged_by = 'eve'", "the alarm", "was altered"),
            ("UPDATE alarm SET rule = 'other'", "the alarm", "was altered"),
            ("DELETE FROM alarm", "the alarm", "was removed"),
            ("DELETE FROM alarm", "the transition", "#1 was removed"),
            ("UPDATE escalation SET payload = replace(payload, 'emergency', 'watch')", "the escalation", "was altered"),
            ("UPDATE escalation SET severity = 0 WHERE delivered IS NULL", "the escalation", "was altered"),
            ("UPDATE escalation SET destination = 'eve' WHERE delivered IS NULL", "the escalation", "was altered"),
            ("UPDATE escalation SET delivered = created WHERE delivered IS NULL", "the escalation", "was altered"),
            ("UPDATE escalation SET parked = created WHERE delivered IS NULL", "the escalation", "was altered"),
            ("DELETE FROM escalation WHERE delivered IS NULL", "the escalation", "was removed"),
            ("DELETE FROM escalation WHERE delivered IS NOT NULL", "the escalation", "was removed"),
            (
                """
                INSERT INTO escalation (identity, alarm, destination, severity, payload, created)
                    SELECT 'x', alarm, destination, severity, payload, created FROM escalation LIMIT 1
                """, "the escalation x", "was added"
            ),
            (
                "INSERT INTO aside (rule, group_name, kind, since, person, reason) VALUES ('r', 'g', 'out-of-service', 1, 'eve', '')",
                "the aside r/g", "was added"
            ),
            ("DELETE FROM aside", "the aside river-rising/s2", "was removed"),
            (
                "INSERT INTO audit_anchor SELECT id, hash FROM audit WHERE id = 2; DELETE FROM audit WHERE id <= 2",
                "the chain's beginning is false", "no record tells of it"
            ),
            ("DELETE FROM audit; DELETE FROM sqlite_sequence", "the alarm", "was added"),
        ])
    func alteredRows(sql: String, row: String, what: String) async throws {
        let folder = try TemporaryFolder()
        let path = try await store(folder)
        try tamper(path, sql)
        let faults = try StoreReader(path: path).verifyAudit().faults
        #expect(faults.contains { $0.what.hasPrefix(row) && $0.what.contains(what) }, "\(faults)")
    }

    /// The next transition of the alarm that is active.
    private func next(_ store: Store) throws -> Transition? {
        guard var alarm = try store.activeAlarms().first else { return nil }
        alarm.sequence += 1
        return Transition(
            alarm: alarm, kind: .acknowledged, time: AlarmBench.start + .hours(2),
            recorded: AlarmBench.start + .hours(2), from: "watch",
            to: "watch", severity: 2, causes: [], ruleVersion: "", person: "ada", note: "")
    }

    @Test(
        "the gateway vouches for nothing that somebody else has put in its way, or altered under it",
        arguments: [
            (
                """
                INSERT INTO transition SELECT NULL, alarm, 2, 'acknowledged', time, recorded, from_level, to_level, severity, uncertain,
                    summary, causes, device, rule_version, 'eve', 'seen' FROM transition WHERE alarm LIKE '%/s3@%'
                """, "#2 had been added"
            ),
            ("UPDATE alarm SET labels = '{}' WHERE cleared IS NULL", "had been altered"),
            ("UPDATE alarm SET raised = raised - 1 WHERE cleared IS NULL", "had been altered"),
            (
                "UPDATE escalation SET payload = replace(payload, 'watch', 'advisory') WHERE delivered IS NULL",
                "had been altered"
            ),
            (
                """
                INSERT INTO escalation (identity, alarm, destination, severity, payload, created)
                    SELECT 'x', alarm, destination, severity, payload, created FROM escalation LIMIT 1
                """, "the escalation x had been added"
            ),
            (
                "UPDATE alarm SET cleared = 1; UPDATE escalation SET delivered = 1 WHERE delivered IS NULL",
                "the alarm river-rising/s1"
            ),
            ("UPDATE escalation SET delivered = 1 WHERE delivered IS NULL", "had been altered"),
        ])
    func underTheGateway(sql: String, what: String) async throws {
        let folder = try TemporaryFolder()
        let path = try await store(folder)
        try tamper(path, sql)
        let store = try Store(path: path)
        if let next = try next(store) {
            var batch = StoreBatch()
            batch.transitions = [next]
            try store.commit(batch)
        }
        try await store.markDelivered(try await store.waiting(for: "up", limit: 9), at: AlarmBench.start + .hours(3))
        // All that is old and over is removed by right.
        _ = try await store.enforce(
            RetentionLimits(readings: .days(30), alarms: .days(1), bytesMax: 1 << 30), now: AlarmBench.start + .hours(4)
        )
        try store.close()
        let faults = try StoreReader(path: path).verifyAudit().faults
        #expect(faults.contains { $0.what.contains(what) }, "\(faults)")
    }

    @Test("a repair does not hide what was altered before it")
    func repaired() async throws {
        let folder = try TemporaryFolder()
        let path = try await store(folder)
        try tamper(path, "UPDATE transition SET summary = 'all is well' WHERE sequence = 3")
        _ = try Store.repair(path: path, because: "a test", at: AlarmBench.start + .hours(1))
        let faults = try StoreReader(path: path).verifyAudit().faults
        #expect(
            faults.contains { $0.what.hasPrefix("the transition") && $0.what.contains("#3 had been altered") },
            "\(faults)")
        let another = try TemporaryFolder()
        let whole = try await self.store(another)
        _ = try Store.repair(path: whole, because: "a test", at: AlarmBench.start + .hours(1))
        #expect(try StoreReader(path: whole).verifyAudit().faults == [])
    }

    @Test("a flood of rows is as many records as it needs, and they are pruned as any")
    func manyRows() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("t.db")
        let store = try Store(path: path)
        func due(_ count: Int, _ name: String) throws {
            var batch = StoreBatch()
            batch.escalations = (0..<count).map {
                OutboxItem(
                    identity: "\(name)#\($0)", alarm: name, destination: "up", severity: 1, payload: "{}",
                    created: AlarmBench.start)
            }
            batch.notes = [AuditNote("note", at: AlarmBench.start, text: name)]
            try store.commit(batch)
        }
        try due(2500, "a")
        try due(9000, "b")
        try store.note(AuditNote("started", at: AlarmBench.start + .days(20), text: "later"))
        #expect(try kinds(path).count { $0 == "rows" } == 3 + 9)
        let limits = RetentionLimits(readings: .days(30), alarms: .days(10), bytesMax: 1 << 30)
        var pruned = 0
        for hour in 0..<4 {
            pruned += try await store.enforce(limits, now: AlarmBench.start + .days(21) + .hours(Int64(hour)))
                .auditRecords
        }
        #expect(pruned == 14)
        try store.close()
        #expect(try StoreReader(path: path).verifyAudit().faults == [])
        try tamper(path, "UPDATE escalation SET severity = 9 WHERE identity IN ('a#7', 'b#8999')")
        #expect(try StoreReader(path: path).verifyAudit().faults.count == 2)
    }

    @Test("what is delivered, parked, tried again, renamed or put back by right is no fault")
    func byRight() async throws {
        let folder = try TemporaryFolder()
        let path = try await store(folder)
        let store = try Store(path: path)
        let (last, now) = (
            try #require(try await store.waiting(for: "up", limit: 9).first), AlarmBench.start + .hours(1)
        )
        try await store.markFailed(last.id, error: "no link")
        try await store.park(last, error: "refused", at: now)
        _ = try await store.unpark(nil, person: "ada", at: now)
        try await store.markDelivered(try await store.waiting(for: "up", limit: 9), at: now)
        var batch = StoreBatch()
        batch.suppressions = [SuppressionRecord(rule: "river-rising", group: "s2", suppression: nil)]
        var alarm = try #require(try store.activeAlarms().first)
        alarm.rule = "river-high"
        batch.renamed = [alarm]
        try store.commit(batch)
        let verifier = try StoreReader(path: path).verifyAudit()
        #expect(verifier.faults == [])
        #expect(try StoreReader(path: path).outbox().isEmpty)
    }

    @Test("a chain that was rewritten as a whole is found by a head that was noted before")
    func rewritten() async throws {
        let folder = try TemporaryFolder()
        let path = try await store(folder)
        let head = try StoreReader(path: path).auditHead()
        #expect(try StoreReader(path: path).verifyAudit(expecting: head).faults.isEmpty)
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            // A careful forger: another text, and every hash computed again.
            var hash = AuditChain.origin
            for row in try Row.fetchAll(db, sql: "SELECT id, record FROM audit ORDER BY id") {
                let text = (row["record"] as String).replacing("3 devices", with: "4 devices")
                hash = AuditChain.hash(after: hash, text)
                try db.execute(
                    sql: "UPDATE audit SET record = ?, hash = ? WHERE id = ?",
                    arguments: [text, hash, row["id"] as Int64])
            }
        }
        try queue.close()
        #expect(try StoreReader(path: path).verifyAudit().faults.isEmpty)
        #expect(
            try StoreReader(path: path).verifyAudit(expecting: head).faults.contains { $0.what.contains("rewritten") })
    }

    @Test("retention takes the oldest records away, and what stays is still a chain")
    func retention() async throws {
        let folder = try TemporaryFolder()
        let path = try await store(folder)
        let store = try Store(path: path)
        try store.note(AuditNote("started", at: AlarmBench.start + .days(20), text: "later"))
        let report = try await store.enforce(
            RetentionLimits(readings: .days(30), alarms: .days(10), bytesMax: 1 << 30),
            now: AlarmBench.start + .days(21))
        #expect(report.auditRecords > 5)
        try store.note(AuditNote("stopped", at: AlarmBench.start + .days(21), text: "later"))
        let verifier = try StoreReader(path: path).verifyAudit()
        #expect(verifier.faults == [])
        // The two notes, that retention removed records, and what these had said of the alarm that is active.
        let kinds = try kinds(path)
        #expect(kinds == ["started", "retention", "rows", "stopped"])
        #expect(verifier.head.number == Int64(report.auditRecords + 4))
        // What is carried on is what is checked.
        try tamper(path, "UPDATE transition SET device = 'd2'")
        let faults = try StoreReader(path: path).verifyAudit().faults
        #expect(
            !faults.isEmpty
                && faults.allSatisfy { $0.what.hasPrefix("the transition") && $0.what.contains("was altered") })
    }
}
