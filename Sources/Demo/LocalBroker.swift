package import Foundation
package import MQTT
internal import POSIX
internal import Synchronization

/// A private mosquitto on a free loopback port, with its files in one folder. It ends with this object.
package final class LocalBroker: Sendable {
    package let port: Int
    private let configuration: String
    private let log: String
    private let process = Mutex<Subprocess?>(nil)

    /// Writes the broker's configuration into `folder`, and starts the broker.
    /// - Parameters:
    ///   - options: further lines of mosquitto.conf.
    ///   - allowsAnonymous: `true` if clients may connect without a user name.
    ///   - isPersistent: `true` if sessions survive a restart of the broker.
    /// - Throws: ``DemoError`` if mosquitto is not installed or does not listen; or the system's error.
    package init(folder: String, options: String = "", allowsAnonymous: Bool = true, isPersistent: Bool = false) throws
    {
        port = try Self.freePort()
        configuration = folder + "/mosquitto.conf"
        log = folder + "/mosquitto.log"
        // No limit on the messages that wait for an absent client: mosquitto's default of 1000 loses the others.
        var text = """
            listener \(port) 127.0.0.1
            allow_anonymous \(allowsAnonymous)
            max_queued_messages 0
            max_inflight_messages 0
            log_type error

            """
        if isPersistent { text += "persistence true\npersistence_location \(folder)/\n" }
        // A broker that root starts changes to another user, who cannot write here.
        if isPersistent, getuid() == 0 { text += "user root\n" }
        try Data((text + options).utf8).write(to: URL(fileURLWithPath: configuration))
        try start()
    }

    deinit { stop() }

    package func start() throws {
        let candidates = [
            "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/bin/mosquitto",
        ]
        guard let executable = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw DemoError("mosquitto is not installed on this machine: install it with 'apt-get install mosquitto'")
        }
        let started = try Subprocess(executable, ["-c", configuration], output: log, errors: log)
        process.withLock { $0 = started }
        for _ in 0..<250 {
            if Self.accepts(port) { return }
            usleep(20_000)
        }
        throw DemoError("mosquitto does not listen on \(port): see \(log)")
    }

    package func stop(signal: Int32 = SIGTERM) {
        guard let running = process.withLock({ $0.take() }) else { return }
        running.signal(signal)
        running.wait()
    }

    /// Sends a signal such as SIGSTOP or SIGCONT, and does not wait.
    package func signal(_ number: Int32) { process.withLock { $0?.signal(number) } }

    package func settings(_ client: String) -> ConnectionSettings {
        ConnectionSettings(host: "127.0.0.1", port: port, clientID: client)
    }

    /// A free port, chosen by the system.
    package static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) + getsockname(descriptor, $0, &length)
            }
        }
        guard result == 0 else { throw DemoError("the system has no free port on loopback") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func accepts(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// The address of a port on this machine.
    package static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}
