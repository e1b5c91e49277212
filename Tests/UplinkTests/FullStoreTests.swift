import Alarms
import Escalation
import GRDB
import Logging
import Store
import Synchronization
import Telemetry
import TestSupport
import Testing
import Uplink
import Wire

/// A destination that refuses some for good, and counts what it is asked to take.
private final class Counting: Destination {
    let name = "hook"
    private let attempts = Mutex<[String: Int]>([:])

    func attempts(of identity: String) -> Int { attempts.withLock { $0[identity] ?? 0 } }
    var total: Int { attempts.withLock { $0.values.reduce(0, +) } }

    func deliver(_ escalation: OutgoingMessage, after earlier: [OutgoingMessage]) async throws {
        attempts.withLock { $0[escalation.identity, default: 0] += 1 }
        if escalation.payload == "bad" { throw DeliveryError("400", isPermanent: true) }
    }
}

/// What becomes of the outbox while the store takes nothing.
@Suite struct FullStoreTests {
    private static let full = "CREATE TRIGGER full BEFORE UPDATE ON escalation BEGIN SELECT RAISE(ABORT, 'full'); END"

    private func lane(_ destination: Counting, _ store: Store, isGrouping: Bool = false) -> (
        dispatcher: Dispatcher, lane: DestinationWorker
    ) {
        let dispatcher = Dispatcher(
            destinations: [destination], grouping: isGrouping ? ["hook"] : [], store: store,
            clock: ManualClock(AlarmBench.start, hasRealUptime: true),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return (dispatcher, dispatcher.workers[0])
    }

    private func escalation(_ number: Int, _ payload: String = "{}") -> OutboxItem {
        OutboxItem(
            identity: "a#\(number)/hook", alarm: "a", destination: "hook", severity: 1, payload: payload,
            created: AlarmBench.start)
    }

    @Test(
        "what is refused for good and cannot be parked is not sent again, nor is anything else, and nothing is held up")
    func refusedWhileFull() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var batch = StoreBatch()
        batch.escalations = [escalation(1), escalation(2, "bad"), escalation(3)]
        try store.commit(batch)
        let other = try DatabaseQueue(path: folder.file("t.db"))
        try await other.write { try $0.execute(sql: Self.full) }
        let destination = Counting()
        let (dispatcher, lane) = lane(destination, store)
        for _ in 0..<3 { _ = await lane.turn() }
        dispatcher.deliverUnstored([escalation(4), escalation(5, "bad")])
        for _ in 0..<3 { _ = await lane.turn() }
        // There is room again, and what was told from memory is stored.
        try await other.write { try $0.execute(sql: "DROP TRIGGER full") }
        var late = StoreBatch()
        late.escalations = [escalation(4), escalation(5, "bad")]
        try store.commit(late)
        for _ in 0..<3 { _ = await lane.turn() }
        #expect((1...5).map { destination.attempts(of: "a#\($0)/hook") } == [1, 1, 1, 1, 1])
        let left = try StoreReader(path: folder.file("t.db")).outbox()
        #expect(left.map(\.identity) == ["a#2/hook", "a#5/hook"])
        #expect(left.allSatisfy { $0.parked != nil })
        #expect(try await dispatcher.retry("hook", person: "ada") == 2)
        _ = await lane.turn()
        #expect(destination.attempts(of: "a#2/hook") == 2)
    }

    @Test("however much waits, all of it is told while nothing can be stored, once each", arguments: [false, true])
    func manyWhileFull(isGrouping: Bool) async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var batch = StoreBatch()
        // A destination that takes floods together would get these in one message; they are of long ago, and none is a
        // flood.
        batch.escalations = (1...150).map { number in
            var escalation = escalation(number, number % 50 == 0 ? "bad" : "{}")
            escalation.created = AlarmBench.start - .hours(1)
            return escalation
        }
        try store.commit(batch)
        let other = try DatabaseQueue(path: folder.file("t.db"))
        try await other.write { try $0.execute(sql: Self.full) }
        let destination = Counting()
        let (_, lane) = lane(destination, store, isGrouping: isGrouping)
        for _ in 0..<6 { _ = await lane.turn() }
        #expect((1...150).allSatisfy { destination.attempts(of: "a#\($0)/hook") == 1 })
        try await other.write { try $0.execute(sql: "DROP TRIGGER full") }
        for _ in 0..<2 { _ = await lane.turn() }
        #expect((1...150).allSatisfy { destination.attempts(of: "a#\($0)/hook") == 1 })
        #expect(
            try StoreReader(path: folder.file("t.db")).outbox().map(\.identity) == [
                "a#50/hook", "a#100/hook", "a#150/hook",
            ])
    }

    @Test(
        "a flood that was told as one message and cannot be marked is not told again, and is marked when there is room")
    func floodWhileFull() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var batch = StoreBatch()
        batch.escalations = try FloodTests.escalations(0..<30, level: { _ in 2.5 }, to: "hook")
        try store.commit(batch)
        let other = try DatabaseQueue(path: folder.file("t.db"))
        try await other.write { try $0.execute(sql: Self.full) }
        let destination = Counting()
        let (_, lane) = lane(destination, store, isGrouping: true)
        for _ in 0..<6 { _ = await lane.turn() }
        let told = destination.total
        #expect(told >= 1 && told < batch.escalations.count, "\(told)")
        for _ in 0..<4 { _ = await lane.turn() }
        #expect(destination.total == told)
        try await other.write { try $0.execute(sql: "DROP TRIGGER full") }
        for _ in 0..<3 { _ = await lane.turn() }
        #expect(destination.total == told)
        #expect(try StoreReader(path: folder.file("t.db")).outbox().isEmpty)
    }
}
