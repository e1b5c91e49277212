import Logging
import MQTT
import TestSupport

/// Publishers that are connected when a test begins.
enum TestPublisher {
    static func make(_ broker: RealBroker) async throws -> Publisher {
        let publisher = try Publisher(
            broker.settings("sensor"), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        publisher.start()
        try await eventually("the publisher connects") { publisher.isConnected }
        return publisher
    }
}
