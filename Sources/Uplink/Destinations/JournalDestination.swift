internal import AlarmModel
internal import Escalation
internal import Foundation
internal import POSIX
internal import Telemetry
internal import Wire

/// Writes each escalation to the systemd journal, with fields that `journalctl` can select by
/// (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL>): `TOCSIN_ALARM`, `TOCSIN_LEVEL`, `TOCSIN_KIND`, `TOCSIN_RULE`,
/// `TOCSIN_HAZARD`, and the whole JSON as `TOCSIN_EVENT`.
package struct JournalDestination: Destination {
    package static let socketPath = "/run/systemd/journal/socket"

    package let name: String
    private let path: String
    private let highest: Int

    /// Returns `true` if this process's standard output goes to the journal, according to systemd (systemd.exec(5)).
    package static func isAvailable(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> Bool {
        environment["JOURNAL_STREAM"] != nil && FileManager.default.fileExists(atPath: socketPath)
    }

    /// Creates a destination that writes to a journal's socket.
    /// - Parameter levels: the number of levels of the ladder; the highest is shown as critical.
    package init(name: String, path: String = socketPath, levels: Int) {
        self.name = name
        self.path = path
        highest = levels
    }

    package func deliver(_ message: OutgoingMessage, after earlier: [OutgoingMessage]) async throws {
        let notice = try message.notice()
        let (transition, kind) = (notice.transition, notice.transition.kind.rawValue)
        let priority = priority(transition.kind, severity: message.item.severity)
        let text = "\(transition.to.uppercased()) \(kind) \(notice.alarm.rule) \(notice.summary)"
        let fields = [
            ("MESSAGE", ControlCharacters.escaped(text)), ("PRIORITY", "\(priority)"), ("SYSLOG_IDENTIFIER", "tocsin"),
            ("TOCSIN_ALARM", message.alarm), ("TOCSIN_ID", message.identity),
            ("TOCSIN_LEVEL", transition.to), ("TOCSIN_KIND", kind), ("TOCSIN_RULE", notice.alarm.rule),
            ("TOCSIN_HAZARD", notice.alarm.hazard),
        ].map { Self.field($0, ControlCharacters.escaped($1)) }.reduce(Data(), +)
        // A message without the event is better than no message.
        if try await send(fields + Self.field("TOCSIN_EVENT", message.payload)) { return }
        if try await send(fields + Self.field("TOCSIN_EVENT_BYTES", "\(message.payload.utf8.count)")) { return }
        throw DeliveryError("the journal takes no message of \(fields.count) bytes", isPermanent: true)
    }

    /// syslog's priorities: 2 critical, 3 error, 4 warning, 5 notice.
    private func priority(_ kind: Transition.Kind, severity: UInt8) -> Int {
        switch kind {
        case .cleared: 5
        case .raised, .rose, .fell, .uncertain, .certain, .sensors, .noData, .chattering, .calm, .acknowledged,
            .shelved, .unshelved, .suppressed, .released, .outOfService, .inService, .retired:
            min(5, 2 + highest - Int(severity))
        }
    }

    /// Sends one datagram. If the journal is behind, waits without a thread and until its task is cancelled.
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

    /// Returns one field: neither escaped texts nor JSON contain line ends.
    private static func field(_ name: String, _ value: String) -> Data { Data("\(name)=\(value)\n".utf8) }
}
