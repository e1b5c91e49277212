internal import Foundation
package import Telemetry

/// Notifies systemd of the gateway's state (`Type=notify`), if systemd has started it.
///
/// A state is one datagram to the socket that `NOTIFY_SOCKET` names. The "Notes" of sd_notify(3) describe the protocol
/// for programs that do not use the library.
package struct SystemdNotifier: Sendable {
    private let path = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"]

    /// The interval at which systemd expects a sign of progress; `nil` if it expects none. It is half of the time that
    /// the unit allows (sd_watchdog_enabled(3)).
    package let watchdogInterval: TimeSpan? = {
        let environment = ProcessInfo.processInfo.environment
        if let process = environment["WATCHDOG_PID"], process != String(getpid()) { return nil }
        return environment["WATCHDOG_USEC"].flatMap { Int64($0) }.map { TimeSpan(nanoseconds: 500) * $0 }
    }()

    package init() {}

    /// Sends a state, such as `READY=1`.
    /// - Parameter waits: true to wait until systemd has room, for a state that it must not miss. Other states must not
    ///   delay the gateway.
    package func tell(_ state: String, waits: Bool = false) {
        guard let path, let address = UnixAddress(systemd: path) else { return }
        do throws(UnixSocket.Failure) {
            try UnixSocket(.datagram).send(Data(state.utf8), to: address, waits: waits)
        } catch {
            // There is nobody to report a failure to. Systemd notices a missing state by its watchdog and its start
            // timeout.
        }
    }
}
