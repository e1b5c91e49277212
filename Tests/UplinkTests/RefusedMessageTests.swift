import Alarms
import Escalation
import Foundation
import Logging
import MQTT
import Store
import Telemetry
import TestSupport
import Testing
import Uplink
import Wire

/// Messages that a broker will never take, and what is behind them.
@Suite struct RefusedMessageTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A raise for the destination `up`, under the name of a rule.
    private func escalation(rule: String = "river-rising", summary: String = "high", id: String = "a") throws
        -> OutboxItem
    {
        var bench = try AlarmBench()
        var planner = EscalationPlanner(
            site: "s", destinations: [.init(name: "up", minimumLevel: .init(rank: 1))], policies: PolicySet())
        var transition = try #require(bench.feed([(0, 2.5)]).first)
        (transition.alarm.rule, transition.alarm.summary, transition.alarm.id) = (rule, summary, id)
        return try #require(planner.note(transition).first.map(OutboxItem.init))
    }

    private func template(_ text: String) throws -> TopicTemplate {
        let template = TopicTemplate(text)
        return try #require(template)
    }

    private func connected(_ broker: ScriptedBroker) async throws -> Publisher {
        let publisher = try Publisher(broker.settings(.v5), logger: logger)
        publisher.start()
        try await eventually("it connects") { publisher.isConnected }
        return publisher
    }

    @Test(
        "a message that the broker can never take is parked, and what is behind it is delivered; a refusal that can be mended is not",
        arguments: [(0, true), (0x90, true), (0x99, true), (0x97, false), (0x87, false)] as [(UInt8, Bool)])
    func parked(reason: UInt8, isParked: Bool) async throws {
        let broker = try ScriptedBroker(reason == 0 ? .limits(4000) : .refusesMessages(reason))
        let publisher = try await connected(broker)
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        var batch = StoreBatch()
        batch.escalations = [try escalation(summary: String(repeating: "x", count: 10_000)), try escalation(id: "b")]
        try store.commit(batch)
        let destination = MQTTDestination(name: "up", publisher: publisher, topic: try template("t"))
        let dispatcher = Dispatcher(
            destinations: [destination], store: store, clock: ManualClock(AlarmBench.start, hasRealUptime: true),
            logger: logger)
        _ = await dispatcher.workers[0].turn()
        let left = try StoreReader(path: folder.file("t.db")).outbox()
        #expect(left.first.map { $0.parked != nil } == isParked)
        if reason == 0 { #expect(broker.payloads.count == 1 && left.count == 1) }
    }

    @Test("readings that are too many for one message of the broker's size are forwarded in several, each once")
    func halved() async throws {
        let broker = try ScriptedBroker(.limits(500))
        let publisher = try await connected(broker)
        let folder = try TemporaryFolder()
        let store = try Store(path: folder.file("t.db"))
        let names = [SeriesName(device: "d1", quantity: "water_level", unit: "m")]
        let series = try #require(try store.series(names).values.first)
        _ = try await store.forwarded(to: "forward")
        var batch = StoreBatch()
        batch.arrived = AlarmBench.start
        batch.readings = (0..<100).map {
            Reading(series: series, time: AlarmBench.start + .seconds(Int64($0)), value: Double($0))
        }
        try store.commit(batch)
        let forwarder = Forwarder(
            ForwardSettings(broker: broker.settings(.v5), topic: "fwd/{device}", form: .readings, perSecond: 1000),
            site: "s",
            publisher: publisher, store: store, clock: ManualClock(AlarmBench.start, hasRealUptime: true),
            logger: logger)
        let running = Task { try await forwarder.run() }
        try await eventually("all are forwarded") { try await store.forwarded(to: "forward") == 100 }
        running.cancel()
        let values = try broker.payloads.flatMap { payload in
            let records = try #require(try JSONSerialization.jsonObject(with: Data(payload)) as? [[String: Any]])
            #expect(records.first?["bn"] as? String == "s/d1/")
            return records.compactMap { $0["v"] as? Double }
        }
        #expect(values == (0..<100).map(Double.init))
    }

    @Test("what is retained of an alarm goes with its rule's new name")
    func renamed() async throws {
        let broker = try ScriptedBroker()
        let publisher = try await connected(broker)
        let destination = MQTTDestination(
            name: "up", publisher: publisher, topic: try template("t"),
            current: try template("current/{rule}/{group}"))
        #expect(destination.needsHistory)
        let first = try escalation(rule: "high")
        try await destination.deliver(first, after: [])
        try await destination.deliver(try escalation(rule: "high-water"), after: [first])
        #expect(broker.topics == ["t", "current/high/s1", "t", "current/high-water/s1", "current/high/s1"])
        #expect(broker.payloads.map(\.isEmpty) == [false, false, false, false, true])
    }
}
