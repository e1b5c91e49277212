import Devices
import Discovery
import Foundation
import Logging
import MQTT
import Synchronization
import Telemetry
import TestSupport
import Testing

/// Listening to a real mosquitto: everything is heard, and nobody notices.
@Suite struct ListeningTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private final class Bench {
        let broker: RealBroker
        let publisher: Publisher
        let stop = StopRequest()
        let troubles = LinkTroubles()

        init() async throws {
            broker = try RealBroker()
            publisher = try await TestPublisher.make(broker)
        }

        func settings(_ version: ConnectionSettings.ProtocolVersion = .auto) -> ConnectionSettings {
            var settings = broker.settings("tocsin-discover-0000001")
            settings.protocolVersion = version
            return settings
        }

        /// Listens until something is true of what was heard, or for long.
        func listen(
            _ settings: ConnectionSettings? = nil, filters: [String] = ["#"], for duration: TimeSpan = .seconds(20),
            patience: TimeSpan = .seconds(20), until isEnough: @escaping (Listener.Progress) -> Bool = { _ in false }
        ) -> ListeningResult {
            let link = ListeningConnection(settings ?? self.settings(), filters: filters, logger: troubles.logger)
            let listener = Listener(
                for: duration, patience: patience, stop: stop, troubles: troubles, now: Ears.start)
            return listener.listen(on: link, profiles: []) { progress in if isEnough(progress) { stop.request() } }
        }
    }

    @Test(
        "live and retained messages are heard in both versions of MQTT, and the broker's own are not",
        arguments: [ConnectionSettings.ProtocolVersion.v5, .v311])
    func hears(version: ConnectionSettings.ProtocolVersion) async throws {
        let bench = try await Bench()
        try await bench.publisher.publish(topic: "old/one", payload: [1], retain: true)
        var hasPublished = false
        let heard = bench.listen(bench.settings(version)) { progress in
            if progress.isConnected, progress.messages == 1, !hasPublished {
                hasPublished = true
                // The test fails below if a message is not sent.
                for number: UInt8 in 1...3 { try? bench.publisher.post(topic: "new/one", payload: [number]) }
                try? bench.publisher.post(topic: "new/none", payload: [9], qos: 0)
            }
            return progress.messages >= 5
        }
        let records = Dictionary(uniqueKeysWithValues: heard.census.records.map { ($0.topic, $0) })
        #expect(Set(records.keys) == ["old/one", "new/one", "new/none"])
        #expect(records["old/one"]?.isRetainedOnly == true)
        #expect(records["new/one"]?.messages == 3)
        #expect(records["new/one"]?.isRetainedOnly == false)
        #expect(heard.wasConnected && heard.refused.isEmpty)
    }

    @Test(
        "the broker keeps no session for what has listened",
        arguments: [ConnectionSettings.ProtocolVersion.v5, .v311])
    func leavesNothing(version: ConnectionSettings.ProtocolVersion) async throws {
        let bench = try await Bench()
        _ = bench.listen(bench.settings(version)) { $0.isConnected }
        try await bench.publisher.publish(topic: "later", payload: [1])
        let next = BrokerConnection(bench.settings(version), filters: [], logger: Self.quiet)
        var isNew = false
        var messages = 0
        for _ in 0..<100 where !isNew {
            next.keepUp()
            next.wait(milliseconds: 20, wake: -1)
            _ = next.read(atMost: 10, while: { true }) { _ in messages += 1 }
            if next.isConnected { isNew = next.takeNewSession() }
        }
        #expect(isNew, "the broker has kept a session")
        #expect(messages == 0)
        next.disconnect()
    }

    @Test("a gateway beside it keeps its link and gets every message")
    func disturbsNobody() async throws {
        let bench = try await Bench()
        // By the payload: several of the first kind may be on their way when one has arrived.
        let received = Mutex([0, 0])
        let gateway = try Subscriber(bench.broker.settings("gateway"), filters: ["a/#"], logger: Self.quiet) {
            _, payload in received.withLock { $0[payload == [1] ? 1 : 0] += 1 }
        }
        try await eventually("the gateway hears") {
            try await bench.publisher.publish(topic: "a/0", payload: [0])
            return received.withLock { $0[0] > 0 }
        }
        var sent = 0
        _ = bench.listen { progress in
            guard progress.isConnected, sent < 200 else { return progress.messages >= 200 }
            // The test fails below if a message is not sent.
            for _ in 0..<100 { try? bench.publisher.post(topic: "a/1", payload: [1]) }
            sent += 100
            return false
        }
        try await eventually("the gateway has every message") { received.withLock { $0[1] } == 200 }
        await gateway.stop()
    }

    @Test("a filter that the broker refuses is named")
    func refused() async throws {
        let broker = try ScriptedBroker(.refusesFilters(0x87, prefix: "secret"))
        let bench = try await Bench()
        let heard = bench.listen(broker.settings(.v5), filters: ["secret/#", "open/#"], for: .seconds(2))
        #expect(heard.refused == [RefusedFilter(filter: "secret/#", reason: "Not authorized (0x87)")])
    }

    @Test("listening ends when its time is over, or at once when somebody asks for it")
    func ends() async throws {
        let bench = try await Bench()
        let heard = bench.listen(for: .seconds(1))
        #expect(heard.wasConnected)
        #expect(heard.connectedFor >= .milliseconds(900))
        bench.stop.request()
        let stopped = bench.listen()
        #expect(!stopped.wasConnected)
    }

    @Test("without a broker it gives up after a while, and the reason is told")
    func noBroker() async throws {
        let bench = try await Bench()
        bench.broker.stop()
        let said = Mutex<[String]>([])
        let heard = bench.listen(patience: .seconds(2)) { progress in
            if let trouble = progress.trouble { said.withLock { $0.append(trouble) } }
            return false
        }
        #expect(!heard.wasConnected)
        #expect(said.withLock { $0.contains { $0.contains("Connection refused") } })
    }

    @Test("a flood with large payloads is counted whole, and takes little memory")
    func flood() async throws {
        let bench = try await Bench()
        let large = [UInt8](repeating: 65, count: 262_144)
        var sent = 0
        let heard = bench.listen { progress in
            guard progress.isConnected, sent < 300 else { return progress.messages >= 300 }
            // The test fails below if a message is not sent.
            for number in 0..<100 { try? bench.publisher.post(topic: "flood/\(number % 10)", payload: large) }
            sent += 100
            return false
        }
        #expect(heard.census.messages == 300)
        #expect(heard.census.records.allSatisfy { $0.largestBytes == 262_144 && ($0.sample?.bytes.count ?? 0) <= 4096 })
    }
}
