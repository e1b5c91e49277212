import Foundation
import Logging
import MQTT
import TestSupport

/// Publishes readings as hardware would.
struct Sensor: Sendable {
    let publisher: Publisher

    init(_ broker: RealBroker, name: String = "sensor") async throws {
        var settings = broker.settings(name)
        settings.keepaliveSeconds = 10
        // A sensor that is not as patient with a broker that comes and goes as the gateway is.
        settings.reconnectSecondsMax = 2
        publisher = try Publisher(settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        publisher.start()
        let publisher = publisher
        try await eventually("the sensor connects") { publisher.isConnected }
    }

    static func payload(_ value: Double, at milliseconds: Int64) -> [UInt8] {
        Array("{\"t\":\(milliseconds),\"level\":\(value)}".utf8)
    }

    func send(_ value: Double, from device: String = "d1", at milliseconds: Int64) async throws {
        try await publisher.publish(topic: "test/\(device)", payload: Self.payload(value, at: milliseconds))
    }

    static var nowMilliseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}

/// What arrives upstream: topics and payloads.
final class Upstream: Sendable {
    private let received: Received
    private let subscriber: Subscriber

    private final class Received: @unchecked Sendable {
        // Unchecked: the lock guards the list.
        private let lock = NSLock()
        private var list: [(topic: String, payload: String)] = []
        func add(_ topic: String, _ payload: [UInt8]) {
            lock.withLock { list.append((topic, String(decoding: payload, as: UTF8.self))) }
        }
        var all: [(topic: String, payload: String)] { lock.withLock { list } }
    }

    init(_ broker: RealBroker, filter: String = "up/#", name: String = "upstream-test") async throws {
        let received = Received()
        self.received = received
        subscriber = try Subscriber(
            broker.settings(name), filters: [filter], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { received.add($0, $1) }
        try await Task.sleep(for: .milliseconds(300))
    }

    var messages: [(topic: String, payload: String)] { received.all }
    var topics: [String] { messages.map(\.topic) }
    /// Without what was delivered again because of a kill.
    var firstTopics: [String] {
        var seen: Set<String> = []
        return messages.filter { seen.insert($0.payload).inserted }.map(\.topic)
    }

    func stop() async { await subscriber.stop() }
}
