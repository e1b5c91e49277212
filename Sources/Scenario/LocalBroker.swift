package import Foundation
package import MQTT
internal import POSIX

/// A mosquitto of one's own: on a free loopback port, with its files in one folder, ended by its number.
package final class LocalBroker: Sendable {
    package let port: Int
    private let configuration: String
    private let log: String
    private let child: Running

    private final class Running: @unchecked Sendable {
        // Unchecked: the lock guards the process.
        private let lock = NSLock()
        private var process: Subprocess?
        var current: Subprocess? {
            get { lock.withLock { process } }
            set { lock.withLock { process = newValue } }
        }
    }

    /// Writes its configuration into `folder` and starts it.
    /// - Parameters:
    ///   - options: further lines of mosquitto.conf.
    ///   - allowsAnonymous: whether clients may come without a name.
    package init(folder: String, options: String = "", allowsAnonymous: Bool = true, isPersistent: Bool = false) throws
    {
        port = try Self.freePort()
        configuration = folder + "/mosquitto.conf"
        log = folder + "/mosquitto.log"
        child = Running()
        // Without limits on what waits for a client that is away: the default of 1000 loses the rest.
        var text = """
            listener \(port) 127.0.0.1
            allow_anonymous \(allowsAnonymous)
            max_queued_messages 0
            max_inflight_messages 0
            log_type error

            """
        if isPersistent { text += "persistence true\npersistence_location \(folder)/\n" }
        // A broker that is started by root becomes another user, who must be able to write here.
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
            throw ScenarioError("there is no mosquitto on this machine: apt-get install mosquitto")
        }
        child.current = try Subprocess(executable, ["-c", configuration], output: log, errors: log)
        for _ in 0..<250 {
            if Self.accepts(port) { return }
            usleep(20_000)
        }
        throw ScenarioError("mosquitto does not listen on \(port): see \(log)")
    }

    package func stop(signal: Int32 = SIGTERM) {
        child.current?.signal(signal)
        child.current?.wait()
        child.current = nil
    }

    /// Sends a signal and waits for nothing: SIGSTOP, SIGCONT.
    package func signal(_ number: Int32) { child.current?.signal(number) }

    package func settings(_ client: String) -> ConnectionSettings {
        ConnectionSettings(host: "127.0.0.1", port: port, clientID: client)
    }

    /// A port that nobody listens on, from the system.
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
        guard result == 0 else { throw ScenarioError("no free port") }
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
