import Logging
import MQTT
import TestSupport
import Testing

/// A connection to a real mosquitto keeps what every link promises.
@Suite struct BrokerLinkTests {
    private struct Bench: BrokerLinkBench {
        static var keepsSessions: Bool { true }

        private let broker: RealBroker
        private let publisher: Publisher

        init() throws {
            broker = try RealBroker()
            publisher = try Publisher(broker.settings("sensor"), logger: BrokerLinkTests.quiet)
            publisher.start()
        }

        func makeLink() throws -> BrokerConnection {
            BrokerConnection(
                broker.settings("gateway"), filters: [BrokerLinkConformance<Self>.topic], logger: BrokerLinkTests.quiet)
        }

        func publish(_ payload: String, on topic: String) throws {
            try publisher.post(topic: topic, payload: Array(payload.utf8))
        }
    }

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test("a connection keeps the promises of a link", arguments: BrokerLinkPromise.allCases)
    func conformance(promise: BrokerLinkPromise) throws {
        try BrokerLinkConformance<Bench>.check(promise, with: Bench.self)
    }

    @Test("a connection names the filters that the broker refuses, until it grants them")
    func refusedFilters() async throws {
        let broker = try ScriptedBroker(.refusesFilters(0x87, prefix: "secret"))
        let connection = BrokerConnection(broker.settings(.v5), filters: ["secret/+", "open/+"], logger: Self.quiet)
        func turn() {
            connection.keepUp()
            connection.wait(milliseconds: 20, wake: -1)
            _ = connection.read(atMost: 256, while: { true }, { _ in })
            _ = connection.takeNewSession()
            connection.releaseAcknowledgements()
        }
        try await eventually("the filter is refused") {
            turn()
            return connection.refusedFilters == [RefusedFilter(filter: "secret/+", reason: "Not authorized (0x87)")]
        }
        broker.behave(.right)
        try await eventually("the filter is granted") {
            turn()
            return connection.refusedFilters.isEmpty
        }
    }
}
