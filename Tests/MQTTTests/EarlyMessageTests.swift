import Demo
import Foundation
import Logging
import MQTT
import POSIX
import TestSupport
import Testing

/// Messages that come in one TLS record with CONNACK, where the library reads on by itself.
@Suite struct EarlyMessageTests {
    @Test(
        "a message that comes with CONNACK over TLS is taken after the session is known, with its mark",
        arguments: [false, true])
    func withConnack(isResumed: Bool) async throws {
        let certificates = try Certificates()
        let port = try LocalBroker.freePort()
        let folder = try TemporaryFolder()
        // CONNACK, and a message of QoS 1, which is marked as sent again where the session is resumed.
        let bytes: [UInt8] = [0x20, 3, isResumed ? 1 : 0, 0, 0, isResumed ? 0x3a : 0x32, 7, 0, 1, 0x74, 0, 1, 0, 0x78]
        let octal = bytes.map { "\\" + String($0, radix: 8).leftPadded }.joined()
        let script = """
            (printf '\(octal)'; sleep 20) | exec openssl s_server -quiet -accept \(port) -cert \(certificates.server) \
                -key \(certificates.serverKey)
            """
        let server = try Subprocess(
            "/bin/sh", ["-c", script], output: folder.file("out"), errors: folder.file("err"), isGroup: true)
        // The shell, and what it has started.
        defer {
            server.signalGroup(SIGKILL)
            server.wait()
        }
        var settings = ConnectionSettings(host: "localhost", port: port, clientID: "client")
        settings.tls = TLSSettings(authorities: certificates.authority)
        settings.protocolVersion = .v5
        var events: [String] = []
        let connection = BrokerConnection(
            settings, filters: ["t"], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let end = Date() + 15
        while Date() < end, !events.contains(where: { $0.hasPrefix("message") }) {
            connection.keepUp()
            connection.wait(milliseconds: 50, wake: -1)
            _ = connection.read(atMost: 256, while: { true }) { message in
                events.append(
                    "message \(message.identifier) \(message.isDuplicate ? "again" : "new") \(message.resumption)")
            }
            if connection.takeNewSession() { events.append("new session") }
            connection.releaseAcknowledgements()
        }
        #expect(events == (isResumed ? ["message 1 again 1"] : ["new session", "message 1 new 0"]))
    }
}

extension String {
    /// Three octal digits.
    fileprivate var leftPadded: String { String(repeating: "0", count: max(0, 3 - count)) + self }
}
