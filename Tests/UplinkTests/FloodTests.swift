import AlarmModel
import Alarms
import Escalation
import Foundation
import Logging
import RulePlan
import Store
import Synchronization
import Telemetry
import TestSupport
import Testing
import Uplink
import Wire

/// A destination that keeps what it gets, and refuses for good what it is told to.
private final class Keeper: Destination {
    let name: String
    private let state = Mutex<(payloads: [String], identities: [String])>(([], []))
    private let refuses: @Sendable (OutgoingMessage) -> Bool

    init(_ name: String, refuses: @escaping @Sendable (OutgoingMessage) -> Bool = { _ in false }) {
        self.name = name
        self.refuses = refuses
    }

    var payloads: [String] { state.withLock(\.payloads) }
    var identities: [String] { state.withLock(\.identities) }

    func deliver(_ escalation: OutgoingMessage, after earlier: [OutgoingMessage]) async throws {
        if refuses(escalation) { throw DeliveryError("never", isPermanent: true) }
        state.withLock { state in
            state.payloads.append(escalation.payload)
            state.identities.append(escalation.identity)
        }
    }
}

@Suite struct FloodTests {
    static let start = AlarmBench.start
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Raises of as many places as asked for, through the planner.
    static func escalations(_ places: Range<Int>, level: (Int) -> Double, to destination: String) throws -> [OutboxItem]
    {
        var planner = EscalationPlanner(
            site: "s", destinations: [.init(name: destination, minimumLevel: Level(rank: 1))], policies: PolicySet())
        var raised: [Double: [Transition]] = [:]
        return try places.flatMap { place in
            if raised[level(place)] == nil {
                var bench = try AlarmBench()
                raised[level(place)] = bench.feed([(0, level(place))])
            }
            return (raised[level(place)] ?? []).flatMap { transition in
                var transition = transition
                transition.alarm.group = "s\(place)"
                transition.alarm.id = "river-rising/s\(place)@x"
                return planner.note(transition).map(OutboxItem.init)
            }
        }
    }

    @Test(
        "a flood is told in one message that counts and names, the highest level first; a higher level goes by itself at once"
    )
    func grouped() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        let clock = ManualClock(Self.start, hasRealUptime: true)
        var batch = StoreBatch()
        // Twenty-nine at watch, and the thirtieth at emergency in the middle of them.
        batch.escalations = try Self.escalations(0..<30, level: { $0 == 15 ? 9 : 2.5 }, to: "pager")
        try store.commit(batch)
        let pager = Keeper("pager")
        let dispatcher = Dispatcher(
            destinations: [pager], grouping: ["pager"],
            flood: FloodLimit(alarms: 10, within: .minutes(10), pause: .seconds(60)),
            store: store,
            clock: clock, logger: logger)
        let running = Task { try await dispatcher.run() }
        try await eventually("all that was there is told") {
            try await store.waiting(for: "pager", limit: 99).count <= 14
        }
        try await Task.sleep(for: .milliseconds(200))
        // The first by itself (nothing of its level was told before), those up to the emergency, and that by itself;
        // the rest is collected until the pause is over.
        #expect(
            pager.identities.filter { !$0.hasPrefix("flood/") } == [
                "river-rising/s0@x#1/pager", "river-rising/s15@x#1/pager",
            ])
        #expect(try await store.waiting(for: "pager", limit: 99).count == 14)
        let before = pager.payloads.count
        clock.advance(by: .seconds(61))
        dispatcher.signal()
        try await eventually("the rest is told together") { try await store.waiting(for: "pager", limit: 99).isEmpty }
        let flood = try #require(pager.payloads.dropFirst(before).compactMap { FloodMessage.read($0) }.first)
        #expect(flood.data.alarms.count == 14)
        #expect(flood.data.counts == ["watch": 14])
        #expect(
            flood.data.summary.contains("14 alarms (14 watch)") && flood.data.summary.contains("and 9 more"),
            "\(flood.data.summary)")
        // Every escalation is accounted for, once.
        let named =
            pager.payloads.compactMap { FloodMessage.read($0) }.flatMap(\.data.escalations)
            + pager.identities.filter { !$0.hasPrefix("flood/") }
        #expect(Set(named).count == 30 && named.count == 30)
        running.cancel()
        _ = await running.result
        #expect(try StoreReader(path: folder.file("t.db")).outbox().isEmpty)
    }

    @Test("thousands of alarms that have come already are told without a pause between the messages, each of them once")
    func thousands() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var batch = StoreBatch()
        batch.escalations = try Self.escalations(0..<2500, level: { _ in 2.5 }, to: "pager")
        try store.commit(batch)
        let pager = Keeper("pager")
        // The clock stands still: no pause ever ends.
        let dispatcher = Dispatcher(
            destinations: [pager], grouping: ["pager"], store: store,
            clock: ManualClock(Self.start, hasRealUptime: true), logger: logger)
        let running = Task { try await dispatcher.run() }
        try await eventually("all are told") { try await store.waiting(for: "pager", limit: 1).isEmpty }
        // The first of its level goes by itself.
        #expect(pager.identities.count == 4 && pager.identities.dropFirst().allSatisfy { $0.hasPrefix("flood/") })
        let named = pager.payloads.compactMap { FloodMessage.read($0) }.flatMap(\.data.escalations)
        #expect(Set(named).count == 2499 && named.count == 2499)
        running.cancel()
        _ = await running.result
    }

    @Test("one that refuses the message of a flood gets each by itself")
    func notUnderstood() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var batch = StoreBatch()
        batch.escalations = try Self.escalations(0..<20, level: { _ in 2.5 }, to: "pager")
        try store.commit(batch)
        let pager = Keeper("pager") { $0.identity.hasPrefix("flood/") }
        let dispatcher = Dispatcher(
            destinations: [pager], grouping: ["pager"], store: store,
            clock: ManualClock(Self.start, hasRealUptime: true), logger: logger)
        let running = Task { try await dispatcher.run() }
        try await eventually("all are told") { pager.identities.count == 20 }
        #expect(Set(pager.identities).count == 20)
        running.cancel()
        _ = await running.result
    }

    @Test("within a flood message the highest level stands first")
    func highestFirst() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var batch = StoreBatch()
        batch.escalations =
            try Self.escalations(0..<1, level: { _ in 9 }, to: "pager")
            + Self.escalations(1..<20, level: { $0 == 12 ? 9 : 2.5 }, to: "pager")
        try store.commit(batch)
        let pager = Keeper("pager")
        let dispatcher = Dispatcher(
            destinations: [pager], grouping: ["pager"], store: store,
            clock: ManualClock(Self.start, hasRealUptime: true), logger: logger)
        let running = Task { try await dispatcher.run() }
        try await eventually("all is told") { try await store.waiting(for: "pager", limit: 99).isEmpty }
        let flood = try #require(pager.payloads.compactMap { FloodMessage.read($0) }.first)
        #expect(flood.data.alarms.first?.level == "emergency")
        #expect(flood.data.counts == ["emergency": 1, "watch": 18])
        running.cancel()
        _ = await running.result
    }

    @Test("what is refused for good is parked and holds up nothing; it is shown, and tried again when someone asks")
    func parked() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var batch = StoreBatch()
        batch.escalations = try Self.escalations(0..<3, level: { _ in 2.5 }, to: "hook")
        try store.commit(batch)
        let isMended = Mutex(false)
        let hook = Keeper("hook") { $0.identity.contains("s1@") && !isMended.withLock { $0 } }
        let dispatcher = Dispatcher(
            destinations: [hook], store: store, clock: ManualClock(Self.start, hasRealUptime: true), logger: logger)
        let running = Task { try await dispatcher.run() }
        try await eventually("the others are delivered") { hook.identities.count == 2 }
        let reader = try StoreReader(path: folder.file("t.db"))
        try await eventually("it is parked") { try reader.outbox().first?.parked != nil }
        #expect(try reader.outbox().map(\.error) == ["never"])
        isMended.withLock { $0 = true }
        // What is parked waits for a person, and holds up no forward of readings.
        #expect(try await !store.hasUntriedEscalations())
        #expect(try await dispatcher.retry("nowhere", person: "ada") == nil)
        #expect(try await dispatcher.retry("hook", person: "ada") == 1)
        try await eventually("it is delivered") { try reader.outbox().isEmpty }
        running.cancel()
        _ = await running.result
        #expect(try reader.verifyAudit().faults.isEmpty)
    }
}
