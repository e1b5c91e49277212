package import Escalation
internal import Foundation
internal import POSIX
internal import Telemetry

/// Writes each escalation to the systemd journal, with fields that `journalctl` can select by
/// (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL>): `TOCSIN_ALARM`, `TOCSIN_LEVEL`, `TOCSIN_KIND`, `TOCSIN_RULE`,
/// `TOCSIN_HAZARD`, and the whole JSON as `TOCSIN_EVENT`.
package struct JournalDestination: Destination {
    package static let socketPath = "/run/systemd/journal/socket"

    package let name: String
    private let path: String
    private let highest: Int

    /// Whether this process's standard output goes to the journal, as systemd says it (systemd.exec(5)).
    package static func isAvailable(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> Bool {
        environment["JOURNAL_STREAM"] != nil && FileManager.default.fileExists(atPath: socketPath)
    }

    /// - Parameter levels: how many levels the ladder has; the highest is shown as critical.
    package init(name: String, path: String = socketPath, levels: Int) {
        self.name = name
        self.path = path
        highest = levels
    }

    package func deliver(_ escalation: Escalation, after earlier: [Escalation]) async throws {
        let message = try escalation.event().data
        // syslog's: 2 critical, 3 error, 4 warning, 5 notice.
        let priority = message.transition.kind == "cleared" ? 5 : min(5, 2 + highest - Int(escalation.severity))
        let text =
            "\(message.transition.to.uppercased()) \(message.transition.kind) \(message.alarm.rule) \(message.summary)"
        let fields = [
            ("MESSAGE", ControlCharacters.escaped(text)), ("PRIORITY", "\(priority)"), ("SYSLOG_IDENTIFIER", "tocsin"),
            ("TOCSIN_ALARM", escalation.alarm), ("TOCSIN_ID", escalation.identity),
            ("TOCSIN_LEVEL", message.transition.to),
            ("TOCSIN_KIND", message.transition.kind), ("TOCSIN_RULE", message.alarm.rule),
            ("TOCSIN_HAZARD", message.alarm.hazard),
        ].map { Self.field($0, ControlCharacters.escaped($1)) }.reduce(Data(), +)
        // Better told without the event than not at all.
        if try await send(fields + Self.field("TOCSIN_EVENT", escalation.payload)) { return }
        if try await send(fields + Self.field("TOCSIN_EVENT_BYTES", "\(escalation.payload.utf8.count)")) { return }
        throw DeliveryError("the journal takes no message of \(fields.count) bytes", isPermanent: true)
    }

    /// Sends one datagram. Where the journal is behind it waits, without a thread and until its task is cancelled.
    /// - Returns: false if it is too long.
    private func send(_ data: Data) async throws -> Bool {
        func refusal(_ reason: UnixSocket.Failure) -> DeliveryError {
            DeliveryError("the journal at \(path) takes nothing: \(reason)")
        }
        guard let address = UnixAddress(path: path) else { throw refusal(UnixSocket.Failure(code: ENAMETOOLONG)) }
        while true {
            do throws(UnixSocket.Failure) {
                try UnixSocket(.datagram).send(data, to: address)
                return true
            } catch {
                switch error.code {
                case EAGAIN: break
                case EMSGSIZE, ENOBUFS: return false
                default: throw refusal(error)
                }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// One field: neither escaped texts nor JSON have the end of a line in them.
    private static func field(_ name: String, _ value: String) -> Data { Data("\(name)=\(value)\n".utf8) }
}
