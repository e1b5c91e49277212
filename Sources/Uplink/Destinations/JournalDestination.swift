package import Alarms
internal import Foundation

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
        var data = Data()
        // syslog's: 2 critical, 3 error, 4 warning, 5 notice.
        let priority = message.transition.kind == "cleared" ? 5 : min(5, 2 + highest - Int(escalation.severity))
        for (field, value) in [
            ("MESSAGE", "\(message.transition.to.uppercased()) \(message.transition.kind) \(message.alarm.rule) \(message.summary)"),
            ("PRIORITY", "\(priority)"), ("SYSLOG_IDENTIFIER", "tocsin"), ("TOCSIN_ALARM", escalation.alarm),
            ("TOCSIN_ID", escalation.identity), ("TOCSIN_LEVEL", message.transition.to), ("TOCSIN_KIND", message.transition.kind),
            ("TOCSIN_RULE", message.alarm.rule), ("TOCSIN_HAZARD", message.alarm.hazard), ("TOCSIN_EVENT", escalation.payload),
        ] { data.append(Self.field(field, value)) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw DeliveryError("no socket: \(String(cString: strerror(errno)))") }
        defer { Glibc.close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw DeliveryError("\(path) is too long for a socket")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                data.withUnsafeBytes {
                    sendto(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL), address, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        guard sent == data.count else { throw DeliveryError("the journal at \(path) takes nothing: \(String(cString: strerror(errno)))") }
    }

    /// One field; a value of several lines is preceded by its length.
    private static func field(_ name: String, _ value: String) -> Data {
        guard value.contains("\n") else { return Data("\(name)=\(value)\n".utf8) }
        let length = UInt64(value.utf8.count)
        return Data("\(name)\n".utf8) + (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Data("\(value)\n".utf8)
    }
}
