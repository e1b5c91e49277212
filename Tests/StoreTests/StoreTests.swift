import Alarms
import Escalation
import Foundation
import GRDB
import Telemetry
import TestSupport
import Testing
import Wire

@testable import Store

@Suite struct StoreTests {
    static let start = Instant(rfc3339: "2018-06-03T20:00:00Z".utf8)!  // a literal that reads

    private func batch(_ count: Int, from offset: Int = 0, arrived: Instant = start) -> StoreBatch {
        var batch = StoreBatch()
        batch.arrived = arrived
        batch.readings = (0..<count).map {
            Reading(series: SeriesID(index: 1), time: Self.start + .seconds(Int64(offset + $0)), value: Double($0))
        }
        return batch
    }

    @Test("a commit is on disk, whole, when it returns: WAL and synchronous FULL")
    func durability() throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        try store.commit(batch(10))
        let reader = try StoreReader(path: folder.file("t.db"))
        #expect(try reader.count(.reading) == 10)
        #expect(try reader.count(.batch) == 1)
        let other = try DatabaseQueue(path: folder.file("t.db"))
        #expect(try other.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
    }

    @Test("series keep their numbers, over restarts and in any order")
    func series() throws {
        let folder = try TemporaryFolder()
        let names = (0..<5).map { SeriesName(device: "d\($0)", quantity: "rain", unit: "mm") }
        let first = try Store(path: folder.file("t.db")).series(names)
        let second = try Store(path: folder.file("t.db")).series(
            names.reversed() + [SeriesName(device: "new", quantity: "rain", unit: "mm")])
        for name in names { #expect(first[name] == second[name]) }
        #expect(Set(second.values).count == 6)
    }

    @Test(
        "replay gives what came from the batch on in which a time was passed, in the order of arrival, and what each series needs from before"
    )
    func replay() throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        for part in 0..<10 { try store.commit(batch(10, from: part * 10)) }
        var late = StoreBatch()
        late.arrived = Self.start
        late.readings = [Reading(series: SeriesID(index: 1), time: Self.start + .seconds(95), value: -1)]
        try store.commit(late)
        var found: [Double] = []
        try store.replay(after: Self.start + .seconds(94)) { found.append($0.value) }
        #expect(found == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1])
        #expect(try store.newestReading() == Self.start + .seconds(99))
        var moments: [Instant] = []
        found = []
        let after = Self.start + .seconds(94)
        try store.replay(after: after, leadingUp: [0, 3], listened: { moments.append($0) }) { found.append($0.value) }
        #expect(found == [7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1])
        #expect(moments.count == 3)
        var unusable = batch(5, from: 100)
        for index in 0..<5 { unusable.readings[index].quality = Quality(.grossRange, .fail) }
        try store.commit(unusable)
        try store.commit(batch(10, from: 105))
        found = []
        try store.replay(after: Self.start + .seconds(110), leadingUp: [0, 2]) { found.append($0.value) }
        #expect(found.prefix(8) == [9, -1, 0, 1, 2, 3, 4, 0], "the unusable ones between count for nothing")
    }

    @Test("the messages of a commit are kept with its readings, in their order, until they are no longer needed")
    func receivedMessages() throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        func commit(
            _ marks: [MessageMark], last: Int64, forgottenUpTo: Int64, isNewSession: Bool = false, _ readings: Int = 1
        ) throws {
            var batch = batch(readings)
            batch.received.marks = marks
            (batch.received.last, batch.received.forgottenUpTo) = (last, forgottenUpTo)
            batch.received.isNewSession = isNewSession
            try store.commit(batch)
        }
        let marks = (1...6).map {
            MessageMark(identifier: UInt16(65_529 + $0), digest: .max - UInt64($0), beginsAnew: $0 == 2)
        }
        try commit([marks[0], marks[1]], last: 2, forgottenUpTo: 0)
        try commit([marks[2]], last: 3, forgottenUpTo: 1)
        #expect(try store.receivedMessages().map(\.last) == [2, 3])
        #expect(try store.receivedMessages().map(\.marks) == [[marks[0], marks[1]], [marks[2]]])
        try commit([marks[3]], last: 4, forgottenUpTo: 2)
        #expect(try store.receivedMessages().map(\.last) == [3, 4])
        // A new session is news enough for a commit without readings.
        try commit([], last: 4, forgottenUpTo: 4, isNewSession: true, 0)
        #expect(try store.receivedMessages().isEmpty)
        try commit([marks[4]], last: 5, forgottenUpTo: 4)
        try store.close()
        #expect(try Store(path: folder.file("t.db")).receivedMessages().map(\.marks) == [[marks[4]]])
    }

    @Test("of a commit that fails neither readings nor messages are kept")
    func failedCommit() throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var batch = batch(1)
        batch.received.marks = [MessageMark(identifier: 1, digest: 2)]
        batch.received.last = 1
        let other = try DatabaseQueue(path: folder.file("t.db"))
        try other.write { try $0.execute(sql: "DROP TABLE received_message") }
        #expect(throws: (any Error).self) { try store.commit(batch) }
        #expect(try StoreReader(path: folder.file("t.db")).count(.reading) == 0)
    }

    @Test("readings of a damaged file that were never written so end nothing: no start, no check, no repair")
    func neverWritten() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("t.db")
        let store = try Store(path: path)
        for part in 0..<4 { try store.commit(batch(10, from: part * 10)) }
        try store.close()
        // The schema lets no such value in; a damaged page does.
        let schema = try DatabaseQueue(path: path)
        try await schema.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA writable_schema = ON")
            try db.execute(
                sql:
                    "UPDATE sqlite_schema SET sql = replace(replace(sql, 'NOT NULL', ''), 'STRICT', '') WHERE name = 'reading'"
            )
        }
        try schema.close()
        let other = try DatabaseQueue(path: path)
        try await other.write { db in
            try db.execute(sql: "UPDATE reading SET series = NULL WHERE id = 3")
            try db.execute(sql: "UPDATE reading SET time = x'00ff' WHERE id = 14")
            try db.execute(sql: "UPDATE reading SET quality = 1.5, series = 1e300 WHERE id = 25")
        }
        try other.close()
        var count = 0
        let again = try Store(path: path)
        try again.replay(after: Self.start - .days(1), leadingUp: [0, 5]) { _ in count += 1 }
        #expect(count == 37)
        try again.close()
        let reader = try StoreReader(path: path)
        count = 0
        try reader.forEachReading { _, _, _ in count += 1 }
        #expect(count <= 37)
        #expect(try reader.check().faults.count == 3)
    }

    @Test("readings are counted without those of one device: what the gateway finds of itself was sent by no sensor")
    func readingsOfOthers() throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        let names = ["gateway", "d1", "d2"].map { SeriesName(device: $0, quantity: "water_level", unit: "m") }
        let numbers = try store.series(names)
        var batch = StoreBatch()
        batch.arrived = Self.start
        for (name, count) in zip(names, [1, 2, 3]) {
            for _ in 0..<count {
                batch.readings.append(Reading(series: try #require(numbers[name]), time: Self.start, value: 1))
            }
        }
        try store.commit(batch)
        let reader = try StoreReader(path: folder.file("t.db"))
        #expect(try reader.readingCount(without: "gateway") == 5)
        #expect(try reader.readingCount(without: "nobody") == 6)
    }

    @Test("refused payloads are kept, the newest of them")
    func refused() throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        for number in 0..<20 {
            var batch = StoreBatch()
            batch.add(
                RefusedPayload(device: "d", topic: "t", payload: [UInt8(number)], reason: "r", arrived: Self.start),
                atMost: 5,
                bytesMax: 100)
            try store.commit(batch, refusedMax: 5)
        }
        #expect(try StoreReader(path: folder.file("t.db")).count(.refused_payload) == 5)
    }

    @Test("retention by age removes old batches, by size the oldest until it fits; the file does not grow on")
    func retention() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        for part in 0..<300 {
            try store.commit(batch(200, from: part * 200, arrived: Self.start + .minutes(Int64(part))))
        }
        let reader = try StoreReader(path: folder.file("t.db"))
        let old = RetentionLimits(readings: .minutes(200), alarms: .days(1), bytesMax: 1 << 40)
        let report = try await store.enforce(old, now: Self.start + .minutes(300))
        #expect(report.readings == 100 * 200)
        #expect(try reader.count(.reading) == 200 * 200)
        let small = RetentionLimits(readings: .days(10), alarms: .days(1), bytesMax: 500_000)
        let second = try await store.enforce(small, now: Self.start + .minutes(300))
        #expect(second.readingsForSize > 0)
        #expect(try await store.usedBytes() <= 500_000)
        #expect(try reader.count(.reading) > 0)
    }

    @Test(
        "whatever retention removes and however often it is opened, a forwarder gets every reading that is committed",
        arguments: 1...8)
    func forwarding(seed: UInt64) async throws {
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let folder = try TemporaryFolder()
        var store = try Store(path: folder.file("t.db"))
        _ = try store.series((0..<2).map { SeriesName(device: "d\($0)", quantity: "rain", unit: "mm") })
        try store.commit(batch(5))
        var (highest, committed, forwarded) = (try await store.forwarded(to: "up"), 0, 0)
        #expect(highest == 5)
        for day in 1...30 {
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                // What is forwarded is old by then, all of it.
                for reading in try await store.readings(after: highest, arrivedBefore: .distantFuture, limit: 10_000) {
                    #expect(reading.id > highest, "day \(day)")
                    highest = reading.id
                    forwarded += 1
                }
                try await store.markForwarded(to: "up", upTo: highest)
                _ = try await store.enforce(
                    RetentionLimits(readings: .days(1), alarms: .days(1), bytesMax: day % 2 == 0 ? 1 : 1 << 40),
                    now: Self.start + .days(Int64(day) + 60))
            case 1:
                try store.close()
                try await DatabaseQueue(path: folder.file("t.db")).vacuum()
                store = try Store(path: folder.file("t.db"))
            default:
                let count = Int.random(in: 1...300, using: &random)
                try store.commit(batch(count, arrived: Self.start + .days(Int64(day))))
                committed += count
            }
            #expect(try await store.forwarded(to: "up") == highest)
        }
        forwarded += try await store.readings(after: highest, arrivedBefore: .distantFuture, limit: 10_000).count
        #expect(forwarded == committed)
        try store.close()
    }

    @Test(
        "a forwarder that is ahead of numbers that began anew, as earlier versions let them, goes on with the first of them"
    )
    func forwarderAhead() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        _ = try store.series([SeriesName(device: "d", quantity: "rain", unit: "mm")])
        _ = try await store.forwarded(to: "up")
        try await store.markForwarded(to: "up", upTo: 1000)
        // Without a reading nothing is known yet.
        #expect(try await store.forwarded(to: "up") == 1000)
        try store.commit(batch(7))
        #expect(try await store.forwarded(to: "up") == 0)
        #expect(try await store.readings(after: 0, arrivedBefore: .distantFuture, limit: 100).count == 7)
    }

    @Test(
        "transitions are numbered on after all alarms that are over have been removed, so that whoever follows them misses none"
    )
    func transitionNumbers() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var bench = try AlarmBench()
        var newest: Int64 = 0
        for round in 0..<3 {
            var batch = StoreBatch()
            batch.transitions = bench.feed([(Int64(round) * 9000, 2.5), (Int64(round) * 9000 + 4000, 0.5)])
            #expect(bench.book.active.isEmpty)
            try store.commit(batch)
            let reader = try StoreReader(path: folder.file("t.db"))
            #expect(try reader.newestEvent() == newest + Int64(batch.transitions.count))
            newest = try reader.newestEvent()
            _ = try await store.enforce(
                RetentionLimits(readings: .days(1), alarms: .days(1), bytesMax: 1 << 40), now: Self.start + .days(99))
            #expect(try reader.count(.alarm) == 1)
        }
    }

    @Test("after something was written without waiting for the disk, and after that failed, a commit waits again")
    func syncAgain() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        func level() throws -> Int? { try store.write { try Int.fetchOne($0, sql: "PRAGMA synchronous") } }
        #expect(try level() == 2)
        let without = try await store.writeWithoutSync { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
        #expect(without == 1)
        #expect(try level() == 2)
        await #expect(throws: DatabaseError.self) { try await store.writeWithoutSync { try $0.execute(sql: "no SQL") } }
        #expect(try level() == 2)
    }

    @Test("a connection that cannot be made to wait for the disk commits nothing until it can")
    func noSync() throws {
        let log = WriteAheadLog()
        let folder = try TemporaryFolder()
        let queue = try DatabaseQueue(path: folder.file("t.db"))
        try queue.writeWithoutTransaction { db in
            try log.waitForDisk(db)
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
            log.noteUnsynced()
            // SQLite does not let it be changed within a transaction.
            try db.inTransaction {
                #expect(throws: DatabaseError.self) { try log.waitForDisk(db) }
                #expect(throws: DatabaseError.self) { try log.waitForDisk(db) }
                return .commit
            }
            #expect(try Int.fetchOne(db, sql: "PRAGMA synchronous") == 1)
            try log.waitForDisk(db)
            #expect(try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2)
        }
    }

    @Test(
        "what is kept of an alarm's escalation comes with the destinations that were told, whether or not it can be read"
    )
    func stateAndNotified() throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var bench = try AlarmBench()
        var planner = EscalationPlanner(
            site: "s", destinations: ["up", "log"].map { .init(name: $0, minimumLevel: .init(rank: 1)) },
            policies: PolicySet())
        var batch = StoreBatch()
        batch.transitions = bench.feed([(0, 2.5)])
        batch.escalations = batch.transitions.flatMap { planner.note($0) }.map(OutboxItem.init)
        batch.escalationStates = planner.takeChanges()
        try store.commit(batch)
        let (state, notified) = try store.escalationState(of: batch.transitions[0].alarm.id)
        #expect(state != nil)
        #expect(notified == ["log": 0, "up": 0])
    }

    @Test("an escalation waits until it is delivered, in order; posting it twice is posting it once")
    func outbox() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var batch = StoreBatch()
        batch.escalations = (0..<3).map {
            OutboxItem(
                identity: "a#\($0)/up", alarm: "a", destination: "up", severity: 1, payload: "{}", created: Self.start)
        }
        try store.commit(batch)
        try store.commit(batch)
        var waiting = try await store.waiting(for: "up", limit: 10)
        #expect(waiting.map(\.escalation.identity) == ["a#0/up", "a#1/up", "a#2/up"])
        #expect(try await store.hasUntriedEscalations())
        try await store.markFailed(waiting[0].id, error: "no link")
        #expect(try await !store.hasUntriedEscalations())
        try await store.markDelivered([waiting[0]], at: Self.start)
        waiting = try await store.waiting(for: "up", limit: 10)
        #expect(waiting.map(\.escalation.identity) == ["a#1/up", "a#2/up"])
    }

    @Test("a file that is no store, or a newer one, is named and left alone")
    func strangers() throws {
        let folder = try TemporaryFolder()
        try folder.write("text.db", String(repeating: "not a database ", count: 100))
        #expect(throws: StoreError.self) { _ = try Store(path: folder.file("text.db")) }
        #expect(try String(contentsOfFile: folder.file("text.db"), encoding: .utf8).hasPrefix("not a database"))
        _ = try Store(path: folder.file("t.db"))
        let queue = try DatabaseQueue(path: folder.file("t.db"))
        try queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 from the future')") }
        #expect(throws: StoreError.self) { _ = try Store(path: folder.file("t.db")) }
        #expect(throws: StoreError.self) { _ = try StoreReader(path: folder.file("none.db")) }
    }

    @Test("a flood is found by its index, since every turn of the outbox asks for one")
    func floodIndex() throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        let plan = try store.queue.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    EXPLAIN QUERY PLAN SELECT DISTINCT alarm FROM escalation INDEXED BY escalation_raise
                    WHERE destination = 'up' AND created >= 1 AND \(EscalationRow.isRaise)
                    """
            ).map { $0["detail"] as String }
        }
        #expect(plan.contains { $0.contains("escalation_raise") }, "\(plan)")
    }
}
