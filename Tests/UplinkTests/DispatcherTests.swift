import Alarms
import Escalation
import Foundation
import Logging
import ServiceLifecycle
import Store
import Synchronization
import Telemetry
import TestSupport
import Testing
import Uplink
import Wire

/// A destination that fails as often as it is told to.
private final class Stubborn: Destination {
    let name: String
    private let state: Mutex<(failures: Int, delivered: [String])>

    init(_ name: String, failures: Int) {
        self.name = name
        state = Mutex((failures, []))
    }

    var delivered: [String] { state.withLock(\.delivered) }

    func deliver(_ escalation: OutgoingMessage, after earlier: [OutgoingMessage]) async throws {
        try state.withLock { state in
            if state.failures > 0 {
                state.failures -= 1
                throw DeliveryError("not now")
            }
            state.delivered.append(escalation.identity)
        }
    }
}

@Suite struct DispatcherTests {
    static let start = Instant(rfc3339: "2018-06-03T20:00:00Z".utf8)!  // a literal that reads

    private func escalations(_ range: Range<Int>, to destination: String) -> [OutboxItem] {
        range.map {
            OutboxItem(
                identity: "a#\($0)/\(destination)", alarm: "a", destination: destination, severity: 1,
                payload: "{\"n\":\($0)}",
                created: Self.start)
        }
    }

    @Test("a destination that fails gets everything in order once it works, and holds up no other")
    func order() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var batch = StoreBatch()
        batch.escalations =
            escalations(0..<5, to: "dead") + escalations(0..<5, to: "slow") + escalations(0..<5, to: "well")
        try store.commit(batch)
        let slow = Stubborn("slow", failures: 2)
        let well = Stubborn("well", failures: 0)
        let dead = Stubborn("dead", failures: .max)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let dispatcher = Dispatcher(
            destinations: [dead, slow, well], store: store, clock: ManualClock(Self.start, hasRealUptime: true),
            logger: logger)
        let running = Task { try await dispatcher.run() }
        try await eventually("the one that works has all") { well.delivered.count == 5 }
        var more = StoreBatch()
        more.escalations = escalations(5..<8, to: "well")
        try store.commit(more)
        dispatcher.signal()
        try await eventually(within: 2, "a ring is heard at once") { well.delivered.count == 8 }
        try await eventually("the slow one has all") { slow.delivered.count == 5 }
        #expect(slow.delivered == (0..<5).map { "a#\($0)/slow" })
        #expect(well.delivered == (0..<8).map { "a#\($0)/well" })
        running.cancel()
        _ = await running.result
        #expect(try await store.waiting(for: "slow", limit: 9).isEmpty)
        let waiting = try await store.waiting(for: "dead", limit: 9)
        #expect(waiting.count == 5)
        #expect(waiting[0].attempts > 0)
    }

    @Test("the log destination appends a line an escalation")
    func log() async throws {
        let folder = try TemporaryFolder()
        try folder.write("log", "before\n")
        let destination = try LogDestination(
            name: "log", path: folder.file("log"), clock: ManualClock(Self.start, hasRealUptime: true))
        for escalation in escalations(0..<3, to: "log") { try await destination.deliver(escalation) }
        #expect(
            try String(contentsOfFile: folder.file("log"), encoding: .utf8)
                == "before\n{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n")
        #expect(throws: DeliveryError.self) {
            _ = try LogDestination(
                name: "log", path: "/nowhere/log", clock: ManualClock(Self.start, hasRealUptime: true))
        }
    }
}
