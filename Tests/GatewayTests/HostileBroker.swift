import Foundation
import Synchronization
import TestSupport

/// Stands where a broker should, and does what no broker should; or passes everything on to a real one.
final class HostileBroker: Sendable {
    enum Behaviour: Sendable, CaseIterable {
        /// Takes the connection and says nothing, ever.
        case silent
        /// Answers with bytes out of nowhere.
        case noise
        /// Accepts, and then sends packets that are wrong in themselves.
        case malformed
        /// Accepts, and sends a message with a property that MQTT does not know.
        case unknownProperty
        /// Announces the largest message that the protocol can have, and sends a good part of it.
        case oversized
        /// Accepts, and sends the same retained messages without an end.
        case endlessReplay
        /// Ends every connection as soon as it is there.
        case hangsUp
        case forward
        /// Goes on with the connection that is there, and loses what the gateway sends over it.
        case losing

        /// It passes on what comes from the real broker.
        var isPassing: Bool { self == .forward || self == .losing }
    }

    private let listener: LoopbackListener
    private let conduct: Conduct
    var port: Int { listener.port }

    /// - Parameter real: the port of the real broker.
    init(before real: Int) throws {
        let conduct = Conduct()
        self.conduct = conduct
        listener = try LoopbackListener { connection in
            conduct.count.withLock { $0 += 1 }
            conduct.serve(connection, real)
        }
    }

    /// How many connections there have been since this was set.
    var connections: Int { conduct.count.withLock { $0 } }

    func behave(_ new: Behaviour) {
        conduct.behaviour.withLock { $0 = new }
        conduct.count.withLock { $0 = 0 }
    }
}

/// What it does on a connection.
private final class Conduct: Sendable {
    let behaviour = Mutex(HostileBroker.Behaviour.silent)
    let count = Mutex(0)

    private func isStill(_ expected: HostileBroker.Behaviour) -> Bool { behaviour.withLock { $0 } == expected }

    func serve(_ connection: Int32, _ real: Int) {
        let behaviour = behaviour.withLock { $0 }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        switch behaviour {
        case .hangsUp: return
        case .silent: while isStill(.silent) { usleep(50_000) }
        case .forward, .losing:
            LoopbackListener.relay(
                connection, to: real, while: { self.behaviour.withLock { $0.isPassing } }, losing: { isStill(.losing) })
        default:
            guard recv(connection, &buffer, buffer.count, 0) > 8 else { return }
            let isFive = buffer[8] == 5
            if behaviour == .noise {
                _ = send(connection, (0..<512).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) })
                return
            }
            guard send(connection, isFive ? [0x20, 0x03, 0, 0, 0] : [0x20, 0x02, 0, 0]) else { return }
            // SUBSCRIBE comes, and is taken for granted.
            _ = recv(connection, &buffer, buffer.count, 0)
            attack(connection, behaviour, isFive)
        }
    }

    private func attack(_ connection: Int32, _ behaviour: HostileBroker.Behaviour, _ isFive: Bool) {
        switch behaviour {
        case .malformed:
            // A topic that is longer than its packet, a length without an end, a packet of no kind, a topic that is no
            // UTF-8.
            let packets: [[UInt8]] = [
                [0x32, 0x04, 0xff, 0xff, 0x61, 0x62], [0x30, 0xff, 0xff, 0xff, 0xff, 0x7f], [0xf3, 0x00],
                [0x30, 0x05, 0, 2, 0xc3, 0x28, 0],
            ]
            let number = count.withLock { $0 } % packets.count
            _ = send(connection, packets[number])
            usleep(100_000)
        case .unknownProperty:
            // Property 0x7f of one byte, in a PUBLISH of QoS 1 on the topic "a".
            _ = send(connection, [0x32, 0x08, 0, 1, 0x61, 0, 1, 2, 0x7f, 1])
            usleep(200_000)
        case .oversized:
            // 268,435,455 bytes, the most that the remaining length can say.
            guard send(connection, [0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x61] + (isFive ? [0] : [])) else { return }
            let block = [UInt8](repeating: 0x20, count: 1 << 20)
            for _ in 0..<64 where !send(connection, block) { return }
        case .endlessReplay:
            let payload = Array("{\"t\":1500000000000,\"level\":9}".utf8)
            let topic = Array("test/d1".utf8)
            var packets: [UInt8] = []
            for _ in 0..<200 {
                // Retained, QoS 0: nothing holds it back.
                let rest = [0, UInt8(topic.count)] + topic + (isFive ? [0] : []) + payload
                packets += [0x31, UInt8(rest.count)] + rest
            }
            while isStill(.endlessReplay), send(connection, packets) {}
        default: break
        }
    }

    private func send(_ connection: Int32, _ bytes: [UInt8]) -> Bool { LoopbackListener.send(bytes, to: connection) }
}
