import Foundation
import Scenario
import TestSupport

/// A broker from before MQTT v5, as far as a connection: it refuses protocol level 5 the way 3.1.1 brokers
/// do, accepts level 4, and acknowledges subscriptions.
final class OldBroker: Sendable {
    let port: Int
    private let listener: Int32

    init() throws {
        port = try LocalBroker.freePort()
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard bound == 0, listen(listener, 8) == 0 else { throw TestFailure("no listener") }
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 { return }
                Self.serve(connection)
                close(connection)
            }
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)); close(listener) }

    private static func serve(_ connection: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(connection, &buffer, buffer.count)
            guard count > 2 else { return }
            switch buffer[0] >> 4 {
            case 1:
                // The protocol level stands behind the name: two bytes of header, two of length, four of name.
                let isKnown = buffer[8] == 4
                send(connection, [0x20, 0x02, 0x00, isKnown ? 0x00 : 0x01])
                if !isKnown { return }
            case 8: send(connection, [0x90, 0x03, buffer[2], buffer[3], 0x01])
            default: break
            }
        }
    }

    private static func send(_ connection: Int32, _ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { write(connection, $0.baseAddress, $0.count) }
    }
}
