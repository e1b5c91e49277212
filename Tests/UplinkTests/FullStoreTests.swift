import Alarms
import GRDB
import Logging
import Store
import Synchronization
import Telemetry
import TestSupport
import Testing
import Uplink

/// A destination that refuses some for good, and counts what it is asked to take.
private final class Counting: Destination {
    let name = "hook"
    private let attempts = Mutex<[String: Int]>([:])

    func attempts(of identity: String) -> Int { attempts.withLock { $0[identity] ?? 0 } }

    func deliver(_ escalation: Escalation, after earlier: [Escalation]) async throws {
        attempts.withLock { $0[escalation.identity, default: 0] += 1 }
        if escalation.payload == "bad" { throw DeliveryError("400", isPermanent: true) }
    }
}

/// What becomes of the outbox while the store takes nothing.
@Suite struct FullStoreTests {
    private func escalation(_ number: Int, _ payload: String = "{}") -> Escalation {
        Escalation(
            identity: "a#\(number)/hook", alarm: "a", destination: "hook", severity: 1, payload: payload, created: AlarmBench.start)
    }

    @Test("what is refused for good and cannot be parked is not sent again, nor is anything else, and nothing is held up")
    func refusedWhileFull() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var batch = StoreBatch()
        batch.escalations = [escalation(1), escalation(2, "bad"), escalation(3)]
        try store.commit(batch)
        let other = try DatabaseQueue(path: folder.file("t.db"))
        try await other.write {
            try $0.execute(sql: "CREATE TRIGGER full BEFORE UPDATE ON escalation BEGIN SELECT RAISE(ABORT, 'full'); END")
        }
        let destination = Counting()
        let dispatcher = Dispatcher(
            destinations: [destination], store: store, clock: ManualClock(AlarmBench.start, hasRealUptime: true),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let lane = dispatcher.lanes[0]
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
}
