import AlarmModel
import Foundation
import GRDB
import Telemetry
import TestSupport
import Testing

@testable import Alarms
@testable import Escalation
@testable import Store

@Suite struct MigrationTests {
    @Test("a store of an earlier version whose first records are gone already has no false beginning")
    func anchored() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("t.db")
        let queue = try DatabaseQueue(path: path)
        try Migrations.all.migrate(queue, upTo: "11 origins of what is put aside")
        try queue.write { try $0.execute(sql: "INSERT INTO audit_anchor (id, hash) VALUES (7, 'abc')") }
        try queue.close()
        try Store(path: path).close()
        #expect(try StoreReader(path: path).verifyAudit().faults == [])
    }

    @Test("a store from before policies keeps its alarms, what is shelved, and who was told")
    func fromThree() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("t.db")
        let queue = try DatabaseQueue(path: path)
        try Migrations.all.migrate(queue, upTo: "3 acknowledgements")
        try queue.write { db in
            for (id, group, cleared, acknowledged) in [
                ("open", "a", Int64?.none, Int64?.none), ("taken", "b", nil, 5), ("back", "c", 7, nil),
                ("over", "d", 7, 6),
                ("aside", "e", nil, nil),
            ] {
                try db.execute(
                    sql: """
                        INSERT INTO alarm (id, rule, group_name, hazard, labels, level, level_name, held, uncertain, raised, cleared, sequence,
                            summary, acknowledged, acknowledged_by, acknowledged_note)
                        VALUES (?, 'r', ?, 'flood', '{}', 2, 'watch', 1, 0, 1, ?, 1, 's', ?, 'ada', '')
                        """, arguments: [id, group, cleared, acknowledged])
            }
            try db.execute(
                sql: """
                    INSERT INTO shelf (rule, group_name, since, until, person, reason) VALUES ('r', 'e', 1, 9, 'ada', 'why');
                    INSERT INTO escalation (identity, alarm, destination, severity, payload, created, delivered)
                        VALUES ('open#1/up', 'open', 'up', 2, '{}', 1, 2);
                    """)
        }
        try queue.close()
        let store = try Store(path: path)
        let states = Dictionary(
            uniqueKeysWithValues: try (store.activeAlarms() + store.returnedAlarms(limit: 9)).map {
                ($0.id, $0.state.kind)
            }
        )
        #expect(
            states == [
                "open": .unacknowledged, "taken": .acknowledged, "back": .returnedUnacknowledged, "aside": .shelved,
            ])
        #expect(
            try store.suppressions().map(\.suppression) == [
                Suppression(
                    .shelved, person: "ada", since: Instant(nanoseconds: 1), until: Instant(nanoseconds: 9),
                    reason: "why")
            ])
        // The end of an alarm goes to who was told of it then.
        let alarm = try #require(try store.activeAlarms().first { $0.id == "open" })
        let (state, notified) = try store.escalationState(of: "open")
        #expect(state == nil && notified == ["up": 0])
        var planner = EscalationPlanner(
            site: "s",
            destinations: [
                .init(name: "up", minimumLevel: .init(rank: 1)), .init(name: "other", minimumLevel: .init(rank: 1)),
            ],
            policies: PolicySet([Policy(name: "never", matchers: [("hazard", "flood")], steps: [])]))
        planner.restore(alarm, state: state, notified: notified, at: alarm.raised + .days(1))
        var ended = alarm
        ended.cleared = Instant(nanoseconds: 20)
        ended.sequence = 2
        let end = Transition(
            alarm: ended, kind: .cleared, time: Instant(nanoseconds: 20), recorded: Instant(nanoseconds: 20),
            from: "watch", to: "normal",
            severity: 2, causes: [], ruleVersion: "")
        #expect(planner.note(end).map(\.identity) == ["open#2/up"])
        try store.close()
        #expect(try StoreReader(path: path).verifyAudit().faults == [])
    }
}
