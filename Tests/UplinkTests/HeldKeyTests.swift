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

/// A destination that does not take what is due of some alarms, for now.
private final class Choosy: Destination {
    let name = "hook"
    private let state = Mutex<(taken: [String], tried: [String])>(([], []))
    private let refused: Mutex<Set<String>>

    private let isAboutMessage: Bool

    /// - Parameter isAboutMessage: it answers, and does not fail as a link does.
    init(refusing alarms: Set<String>, isAboutMessage: Bool = true) {
        refused = Mutex(alarms)
        self.isAboutMessage = isAboutMessage
    }

    var taken: [String] { state.withLock(\.taken) }
    func tries(_ alarm: String) -> Int { state.withLock { $0.tried.count { $0 == alarm } } }
    func takeAll() { refused.withLock { $0 = [] } }

    func deliver(_ escalation: OutgoingMessage, after earlier: [OutgoingMessage]) async throws {
        let isRefused = refused.withLock { $0.contains(escalation.alarm) }
        try state.withLock { state in
            state.tried.append(escalation.alarm)
            if isRefused { throw DeliveryError("500", isAboutMessage: isAboutMessage) }
            state.taken.append("\(escalation.identity)")
        }
    }
}

@Suite struct HeldPlaceTests {
    private static let start = DispatcherTests.start

    private func due(_ alarms: [String], _ number: Int) -> [OutboxItem] {
        alarms.map {
            OutboxItem(
                identity: "\($0)#\(number)", alarm: $0, destination: "hook", severity: 1, payload: "{}",
                created: Self.start)
        }
    }

    private func dispatcher(_ hook: Choosy, _ store: Store, isGrouping: Bool = false) -> Dispatcher {
        Dispatcher(
            destinations: [hook], grouping: isGrouping ? ["hook"] : [], store: store,
            clock: ManualClock(isGrouping ? AlarmBench.start : Self.start, hasRealUptime: true),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func commit(_ store: Store, _ escalations: [OutboxItem]) throws {
        var batch = StoreBatch()
        batch.escalations = escalations
        try store.commit(batch)
    }

    @Test(
        "an alarm that a destination does not take holds up no other, be it one, or several before all others",
        arguments: [0..<1, 1..<2, 0..<3, 3..<5, 0..<4, 0..<25], [true, false])
    func others(poison: Range<Int>, isAboutMessage: Bool) async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        let alarms = (0..<max(6, poison.upperBound + 2)).map { "a\($0)," }
        let poison = poison.map { alarms[$0] }
        try commit(store, due(alarms, 1) + due(alarms, 2))
        // Links that fail are not tried so often in a row, which takes its time for 25.
        if poison.count > 20, !isAboutMessage { return }
        let hook = Choosy(refusing: Set(poison), isAboutMessage: isAboutMessage)
        let dispatcher = dispatcher(hook, store)
        let running = Task { try await dispatcher.run() }
        let good = alarms.filter { !poison.contains($0) }
        try await eventually("all others are told") { hook.taken.count == good.count * 2 }
        // In the order within each alarm.
        for alarm in good { #expect(hook.taken.filter { $0.hasPrefix(alarm) } == ["\(alarm)#1", "\(alarm)#2"]) }
        try commit(store, due(["later"], 1))
        dispatcher.signal()
        try await eventually(within: 5, "what comes later is told at once") { hook.taken.last == "later#1" }
        #expect(poison.allSatisfy { hook.tries($0) < 12 })
        hook.takeAll()
        _ = try await dispatcher.retry("hook", person: "ada")
        try await eventually("what was held back is told") { try await store.waiting(for: "hook", limit: 1).isEmpty }
        for alarm in poison { #expect(hook.taken.filter { $0.hasPrefix(alarm) } == ["\(alarm)#1", "\(alarm)#2"]) }
        running.cancel()
        _ = await running.result
    }

    @Test("the next alarm of the same place waits behind the end of the one before")
    func samePlace() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        try commit(store, due(["r/s1@1"], 1) + due(["r/s1@2", "r/s10@1", "r/s2@1"], 1))
        let hook = Choosy(refusing: ["r/s1@1"])
        let dispatcher = dispatcher(hook, store)
        let running = Task { try await dispatcher.run() }
        try await eventually("the others are told") { hook.taken.count == 2 }
        try await Task.sleep(for: .milliseconds(300))
        #expect(Set(hook.taken) == ["r/s10@1#1", "r/s2@1#1"])
        hook.takeAll()
        _ = try await dispatcher.retry("hook", person: "ada")
        try await eventually("all is told") { hook.taken.count == 4 }
        #expect(hook.taken.suffix(2) == ["r/s1@1#1", "r/s1@2#1"])
        running.cancel()
        _ = await running.result
    }

    @Test(
        "a destination that takes nothing is not asked for each alarm that waits, and gets all when it is there again")
    func down() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        let alarms = (0..<50).map { "a\($0)" }
        try commit(store, due(alarms, 1))
        let hook = Choosy(refusing: Set(alarms), isAboutMessage: false)
        let dispatcher = dispatcher(hook, store)
        let running = Task { try await dispatcher.run() }
        try await eventually("it has been tried twice") { alarms.reduce(0) { $0 + hook.tries($1) } >= 4 }
        #expect(alarms.reduce(0) { $0 + hook.tries($1) } < 10)
        hook.takeAll()
        try await eventually("all is told, without anybody's help") {
            try await store.waiting(for: "hook", limit: 1).isEmpty
        }
        #expect(Set(hook.taken).count == 50 && hook.taken.count == 50)
        running.cancel()
        _ = await running.result
    }

    @Test("in a flood whose message a destination does not take, each that it does take is told by itself")
    func flood() async throws {
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var planner = EscalationPlanner(
            site: "s", destinations: [.init(name: "hook", minimumLevel: Level(rank: 1))], policies: PolicySet())
        var bench = try AlarmBench()
        let raised = try #require(bench.feed([(0, 2.5)]).first)
        var escalations = (0..<30).flatMap { place in
            var transition = raised
            (transition.alarm.group, transition.alarm.id) = ("s\(place)", "river-rising/s\(place)@x")
            return planner.note(transition).map(OutboxItem.init)
        }
        // One of the last rises above all others, which must not come before its own beginning.
        var higher = escalations[27]
        (higher.identity, higher.severity) = ("river-rising/s27@x#2/hook", higher.severity + 1)
        escalations.append(higher)
        try commit(store, escalations)
        // The message of the flood is of the first that it stands for.
        let hook = Choosy(refusing: ["river-rising/s1@x"])
        let dispatcher = dispatcher(hook, store, isGrouping: true)
        let running = Task { try await dispatcher.run() }
        try await eventually("all others are told") { hook.taken.count == 30 }
        #expect(hook.taken.filter { $0.contains("/s27@") } == [escalations[27].identity, higher.identity])
        running.cancel()
        _ = await running.result
    }
}
