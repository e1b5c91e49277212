import AlarmModel
import GRDB
import Telemetry
import TestSupport
import Testing

@testable import Store

/// Rows in the words of earlier versions.
@Suite struct EarlierWordTests {
    @Test("an alarm whose history has the earlier words is read as it was, and counted")
    func history() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("t.db")
        try Store(path: path).close()
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO alarm (id, rule, group_name, hazard, labels, level, level_name, held, uncertain,
                        blind, state,
                        raised, sequence, summary, number)
                    VALUES ('r/a@1', 'r', 'a', 'flood', '{}', 2, 'watch', 1, 0, 1, 'unacknowledged', 5, 2, 's', 1);
                    INSERT INTO transition (alarm, sequence, kind, time, recorded, from_level, to_level, severity,
                        uncertain,
                        summary, causes, rule_version)
                    VALUES ('r/a@1', 1, 'blind', 5, 5, 'normal', 'watch', 2, 0, 's', '[]', ''),
                        ('r/a@1', 2, 'flapping', 7, 7, 'watch', 'watch', 2, 0, 's', '[]', '');
                    """)
        }
        try queue.close()
        let store = try Store(path: path)
        #expect(try store.activeAlarms().map(\.moved) == [Instant(nanoseconds: 7)])
        let reader = try StoreReader(path: path)
        #expect(try reader.events(after: 0, since: nil).map(\.kind) == [.noData, .chattering])
        #expect(try reader.raises(since: Instant(nanoseconds: 0)) == 1)
    }

    @Test("alarms that begin without data make a flood, in the words of this version and of earlier ones")
    func flood() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("t.db")
        try Store(path: path).close()
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            for (number, word) in ["raised", "blind", "no-data", "cleared", "flapping"].enumerated() {
                try db.execute(
                    sql: """
                        INSERT INTO escalation (identity, alarm, destination, severity, payload, created)
                        VALUES (?, ?, 'up', 1, ?, 1)
                        """,
                    arguments: ["\(number)", "a\(number)", "{\"data\":{\"transition\":{\"kind\":\"\(word)\"}}}"])
            }
        }
        try queue.close()
        let store = try Store(path: path)
        #expect(try await store.isFlooded("up", since: Instant(nanoseconds: 0), over: 2))
        #expect(try await !store.isFlooded("up", since: Instant(nanoseconds: 0), over: 3))
    }

    @Test(
        "a suppressed alarm comes with its suppression; without one it is unacknowledged, so that people are notified")
    func suppressed() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("t.db")
        try Store(path: path).close()
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in
            for (group, state) in [("a", "shelved"), ("b", "shelved"), ("c", "out-of-service"), ("d", "suppressed")] {
                try db.execute(
                    sql: """
                        INSERT INTO alarm (id, rule, group_name, hazard, labels, level, level_name, held, uncertain,
                            state,
                            raised, sequence, summary, number)
                        VALUES (?1, 'r', ?2, 'flood', '{}', 2, 'watch', 1, 0, ?3, 5, 1, 's',
                            (SELECT count(*) + 1 FROM alarm))
                        """, arguments: ["r/\(group)@1", group, state])
            }
            try db.execute(
                sql: """
                    INSERT INTO aside (rule, group_name, kind, since, until, person, reason)
                    VALUES ('r', 'a', 'shelved', 1, 9, 'ada', 'why'),
                        ('r', 'c', 'out-of-service', 1, NULL, 'bob', 'why')
                    """)
        }
        try queue.close()
        let store = try Store(path: path)
        let states = try store.activeAlarms().sorted { $0.group < $1.group }.map(\.state)
        #expect(states.map(\.kind) == [.shelved, .unacknowledged, .outOfService, .suppressed])
        #expect(states[0].suppression?.person == "ada" && states[0].suppression?.until == Instant(nanoseconds: 9))
        #expect(states[2].suppression?.person == "bob")
    }
}
