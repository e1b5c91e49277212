import Foundation
import MQTT

/// A mosquitto of the test's own, on a free loopback port, ended by its process id.
package final class RealBroker: @unchecked Sendable {
    // Unchecked: a test drives its broker from one task; the process is Foundation's, which locks itself.
    package let port: Int
    private let folder: TemporaryFolder
    private let configuration: String
    private var process: Process?

    /// - Parameter extra: lines of mosquitto.conf for this listener.
    package init(extra: String = "", isPersistent: Bool = false) throws {
        folder = try TemporaryFolder()
        port = try Self.freePort()
        var text = """
            listener \(port) 127.0.0.1
            allow_anonymous true
            max_queued_messages 0
            max_inflight_messages 0
            log_type error

            """
        if isPersistent { text += "persistence true\npersistence_location \(folder.path)/\n" }
        configuration = try folder.write("mosquitto.conf", text + extra)
        // Brokers started by root drop to a user who must be able to write its folder.
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
        try start()
    }

    deinit { stop() }

    package func start() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.executable)
        process.arguments = ["-c", configuration]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        for _ in 0..<200 {
            if Self.accepts(port) { return }
            usleep(20_000)
        }
        throw TestFailure("mosquitto does not listen on \(port)")
    }

    package func stop(signal: Int32 = SIGTERM) {
        guard let process, process.isRunning else { return }
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        self.process = nil
    }

    package func settings(_ client: String) -> ConnectionSettings {
        ConnectionSettings(host: "127.0.0.1", port: port, clientID: client)
    }

    private static var executable: String {
        ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"]
            .first { FileManager.default.isExecutableFile(atPath: $0) } ?? "/usr/sbin/mosquitto"
    }

    /// A port that nobody listens on, from the system.
    package static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) + getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { throw TestFailure("no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func accepts(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}

package struct TestFailure: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// Waits for something to become true; a test that needs longer than the limit has failed.
package func eventually(
    within seconds: Double = 20, _ what: String, _ condition: () async throws -> Bool
) async throws {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw TestFailure("not within \(seconds) s: \(what)")
}
