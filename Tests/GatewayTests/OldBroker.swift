import Foundation
import TestSupport

/// A broker from before MQTT v5, as far as a connection: it refuses protocol level 5 the way 3.1.1 brokers
/// do, accepts level 4, and acknowledges subscriptions.
final class OldBroker: Sendable {
    private let listener: LoopbackListener
    var port: Int { listener.port }

    init() throws { listener = try LoopbackListener { Self.serve($0) } }

    private static func serve(_ connection: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(connection, &buffer, buffer.count)
            guard count > 2 else { return }
            switch buffer[0] >> 4 {
            case 1:
                // The protocol level stands behind the name: two bytes of header, two of length, four of name.
                let isKnown = buffer[8] == 4
                LoopbackListener.send([0x20, 0x02, 0x00, isKnown ? 0x00 : 0x01], to: connection)
                if !isKnown { return }
            case 8: LoopbackListener.send([0x90, 0x03, buffer[2], buffer[3], 0x01], to: connection)
            default: break
            }
        }
    }
}
