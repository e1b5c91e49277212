import Alarms
import Escalation
import Foundation
import Logging
import Store
import Synchronization
import Telemetry
import TestSupport
import Testing
import Uplink
import Wire

/// A destination that takes a message at its second attempt, and whose first does not end by itself.
private final class HangingDestination: Destination {
    let name = "up"
    let timeout: TimeSpan
    private let attempts = Mutex(0)

    init(timeout: TimeSpan) { self.timeout = timeout }

    var count: Int { attempts.withLock { $0 } }

    func deliver(_ escalation: OutgoingMessage, after earlier: [OutgoingMessage]) async throws {
        let number = attempts.withLock { count in
            count += 1
            return count
        }
        if number == 1 { try await Task.sleep(for: .seconds(3600)) }
    }
}

/// A receiver that half answers must not silence its destination.
@Suite struct DeliveryAttemptTests {
    private func lane(_ destination: HangingDestination, _ folder: borrowing TemporaryFolder) throws -> (
        Dispatcher, Store
    ) {
        let store = try Store(path: folder.file("t.db"))
        var batch = StoreBatch()
        batch.escalations = [
            OutboxItem(
                identity: "a#1/up", alarm: "a", destination: "up", severity: 1, payload: "{}", created: AlarmBench.start
            )
        ]
        try store.commit(batch)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return (
            Dispatcher(
                destinations: [destination], store: store, clock: ManualClock(AlarmBench.start, hasRealUptime: true),
                logger: logger), store
        )
    }

    @Test("a delivery that does not end is ended after its time, says so in the outbox, and is tried again")
    func timeout() async throws {
        let folder = try TemporaryFolder()
        let destination = HangingDestination(timeout: .milliseconds(200))
        let (dispatcher, store) = try lane(destination, folder)
        _ = await dispatcher.workers[0].turn()
        guard case .news = await dispatcher.workers[0].turn() else {
            throw TestFailure("it was not ended, and left alone for a while")
        }
        #expect(
            try StoreReader(path: folder.file("t.db")).outbox().first?.error
                == "it has not accepted the message within 200ms")
        try await eventually("it is tried again") {
            _ = await dispatcher.workers[0].turn()
            return try StoreReader(path: folder.file("t.db")).outbox().isEmpty
        }
        try store.close()
    }

    @Test("who asks for another try does not wait for the end of the one that hangs")
    func retry() async throws {
        let folder = try TemporaryFolder()
        let destination = HangingDestination(timeout: .hours(1))
        let (dispatcher, store) = try lane(destination, folder)
        let service = Task { try await dispatcher.run() }
        try await eventually("the first attempt hangs") { destination.count == 1 }
        // What has only just begun is left alone.
        #expect(try await dispatcher.retry("up", person: "ada") == 1)
        #expect(destination.count == 1)
        try await Task.sleep(for: .seconds(2.1))
        #expect(try await dispatcher.retry("up", person: "ada") == 1)
        try await eventually("it is delivered") { try StoreReader(path: folder.file("t.db")).outbox().isEmpty }
        #expect(destination.count == 2)
        service.cancel()
        try await service.value
        try store.close()
    }

    @Test("a gateway that stops ends what hangs")
    func stop() async throws {
        let folder = try TemporaryFolder()
        let destination = HangingDestination(timeout: .hours(1))
        let (dispatcher, store) = try lane(destination, folder)
        let service = Task { try await dispatcher.run() }
        try await eventually("the attempt hangs") { destination.count == 1 }
        service.cancel()
        try await service.value
        #expect(try StoreReader(path: folder.file("t.db")).outbox().count == 1)
        try store.close()
    }
}
