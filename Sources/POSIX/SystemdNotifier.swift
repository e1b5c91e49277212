internal import Foundation
package import Telemetry

/// Tells systemd how the gateway is (`Type=notify`), if it was started by it.
///
/// One datagram to the socket that `NOTIFY_SOCKET` names: sd_notify(3), "Notes" describes the protocol so
/// that it can be spoken without the library.
package struct SystemdNotifier: Sendable {
    private let path = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"]

    /// How often systemd wants to hear that the gateway makes progress, if it does: half of what the unit allows
    /// (sd_watchdog_enabled(3)).
    package let watchdogInterval: TimeSpan? = {
        let environment = ProcessInfo.processInfo.environment
        if let process = environment["WATCHDOG_PID"], process != String(getpid()) { return nil }
        return environment["WATCHDOG_USEC"].flatMap { Int64($0) }.map { TimeSpan(nanoseconds: 500) * $0 }
    }()

    package init() {}

    /// - Parameter waits: until systemd has room for it: for what it must not miss. Nothing else may hold up the
    ///   gateway.
    package func tell(_ state: String, waits: Bool = false) {
        guard let path, !path.isEmpty else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // A leading `@` stands for the zero byte of an abstract address.
        var bytes = Array(path.utf8)
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        guard socket >= 0 else { return }
        defer { close(socket) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = Array(state.utf8).withUnsafeBytes {
                    sendto(socket, $0.baseAddress, $0.count, waits ? 0 : Int32(MSG_DONTWAIT), address, length)
                }
            }
        }
    }
}
