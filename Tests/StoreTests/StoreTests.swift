import Alarms
import Foundation
import GRDB
import Store
import Telemetry
import TestSupport
import Testing

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

    @Test("replay gives what came after a time, in the order of arrival")
    func replay() throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        for part in 0..<10 { try store.commit(batch(10, from: part * 10)) }
        var late = StoreBatch()
        late.arrived = Self.start
        late.readings = [Reading(series: SeriesID(index: 1), time: Self.start + .seconds(95), value: -1)]
        try store.commit(late)
        var found: [Double] = []
        try store.replay(after: Self.start + .seconds(94)) { reading, _ in found.append(reading.value) }
        #expect(found == [5, 6, 7, 8, 9, -1])
        #expect(try store.newestReading() == Self.start + .seconds(99))
    }

    @Test("the messages of a commit are kept with its readings, in their order, until they are no longer needed")
    func receivedMessages() throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        func commit(_ marks: [MessageMark], last: Int64, forgottenUpTo: Int64, isNewSession: Bool = false, _ readings: Int = 1) throws {
            var batch = batch(readings)
            batch.received.marks = marks
            (batch.received.last, batch.received.forgottenUpTo) = (last, forgottenUpTo)
            batch.received.isNewSession = isNewSession
            try store.commit(batch)
        }
        let marks = (1...6).map { MessageMark(identifier: UInt16(65_529 + $0), digest: .max - UInt64($0)) }
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

    @Test("refused payloads are kept, the newest of them")
    func refused() throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        for number in 0..<20 {
            var batch = StoreBatch()
            batch.refusals = [RefusedPayload(device: "d", topic: "t", payload: [UInt8(number)], reason: "r", arrived: Self.start)]
            try store.commit(batch, refusedMax: 5)
        }
        #expect(try StoreReader(path: folder.file("t.db")).count(.refused_payload) == 5)
    }

    @Test("retention by age removes old batches, by size the oldest until it fits; the file does not grow on")
    func retention() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        for part in 0..<300 { try store.commit(batch(200, from: part * 200, arrived: Self.start + .minutes(Int64(part)))) }
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

    @Test("an escalation waits until it is delivered, in order; posting it twice is posting it once")
    func outbox() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var batch = StoreBatch()
        batch.escalations = (0..<3).map {
            Escalation(identity: "a#\($0)/up", alarm: "a", destination: "up", severity: 1, payload: "{}", created: Self.start)
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
}
