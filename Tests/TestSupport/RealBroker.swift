import Demo
import Foundation
import MQTT

/// A private mosquitto for a test. Its folder is deleted with it.
package final class RealBroker: Sendable {
    private let folder: TemporaryFolder
    private let broker: LocalBroker

    /// - Parameter options: lines of mosquitto.conf for its listener.
    package init(options: String = "", allowsAnonymous: Bool = true, isPersistent: Bool = false) throws {
        folder = try TemporaryFolder()
        // A gateway stores the broker's own counts as readings, and tests count only the readings of sensors.
        let system = options.contains("sys_interval") ? "" : "sys_interval 0\n"
        broker = try LocalBroker(
            folder: folder.path, options: system + options, allowsAnonymous: allowsAnonymous, isPersistent: isPersistent
        )
    }

    package var port: Int { broker.port }
    package func start() throws { try broker.start() }
    package func stop(signal: Int32 = SIGTERM) { broker.stop(signal: signal) }
    /// Returns when it last saved its sessions and the messages in them.
    package func savedAt() throws -> Date {
        let saved =
            try FileManager.default.attributesOfItem(atPath: folder.path + "/mosquitto.db")[.modificationDate] as? Date
        return saved ?? .distantPast
    }
    /// Makes it hang: its connections stay, and it sends nothing.
    package func pause() { broker.signal(SIGSTOP) }
    package func resume() { broker.signal(SIGCONT) }
    package func settings(_ client: String) -> ConnectionSettings { broker.settings(client) }
}

package struct TestFailure: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// Waits until a condition holds, and throws ``TestFailure`` after the limit.
package func eventually(
    within seconds: Double = 20, _ what: @autoclosure () -> String, _ condition: () async throws -> Bool
) async throws {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw TestFailure("not within \(seconds) s: \(what())")
}
