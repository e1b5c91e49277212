import Foundation
import MQTT
import Synchronization

/// A small broker for MQTT 3.1.1 and 5 that misbehaves according to its script.
package final class ScriptedBroker: Sendable {
    package enum Conduct: Sendable, Equatable {
        case right
        /// Answers CONNECT with a CONNACK with this code.
        case refuses(UInt8)
        case hangsUpBeforeConnack, hangsUpAfterConnack
        /// Hangs up, or resets the connection, when the first bytes have come.
        case hangsUpAtOnce, resetsAtOnce
        /// Hangs up when the first SUBSCRIBE or PUBLISH comes.
        case hangsUpAtRequest
        /// Answers CONNECT with these bytes.
        case answers([UInt8])
        /// Accepts the connection and sends nothing until the script changes.
        case silent
        /// Sends a DISCONNECT with this reason, after CONNACK.
        case disconnects(UInt8)
        /// Neither acknowledges messages that begin with this byte nor closes the connection.
        case ignoresMessages(UInt8)
        /// Announces this as its longest packet (MQTT 5).
        case limits(UInt16)
        /// Answers PUBLISH with a PUBACK with this reason.
        case refusesMessages(UInt8)
        /// Answers SUBSCRIBE with a SUBACK with this code, for filters with this prefix.
        case refusesFilters(UInt8, prefix: String)
        /// Relays everything to another port.
        case relays(Int)
    }

    private struct State {
        var conduct: Conduct
        var connections = 0
        var versions: [UInt8] = []
        var subscribed: [String] = []
        var unsubscribed: [String] = []
        var payloads: [[UInt8]] = []
        var topics: [String] = []
    }

    private let state: Shared
    private let listener: LoopbackListener

    private final class Shared: Sendable {
        let state: Mutex<State>
        init(_ conduct: Conduct) { state = Mutex(State(conduct: conduct)) }
        var conduct: Conduct { state.withLock(\.conduct) }
    }

    package init(_ conduct: Conduct = .right) throws {
        let shared = Shared(conduct)
        state = shared
        listener = try LoopbackListener { connection in
            shared.state.withLock { $0.connections += 1 }
            Session(connection, shared).serve()
        }
    }

    package var port: Int { listener.port }
    package var connections: Int { state.state.withLock(\.connections) }
    /// The protocol levels of the CONNECT packets so far.
    package var versions: [UInt8] { state.state.withLock(\.versions) }
    package var subscribed: [String] { state.state.withLock(\.subscribed) }
    package var unsubscribed: [String] { state.state.withLock(\.unsubscribed) }
    package var payloads: [[UInt8]] { state.state.withLock(\.payloads) }
    /// The topics of the messages in ``payloads``.
    package var topics: [String] { state.state.withLock(\.topics) }

    package func behave(_ conduct: Conduct) { state.state.withLock { $0.conduct = conduct } }

    package func settings(_ version: ConnectionSettings.ProtocolVersion = .auto) -> ConnectionSettings {
        var settings = ConnectionSettings(host: "127.0.0.1", port: port, clientID: "client")
        settings.protocolVersion = version
        settings.keepaliveSeconds = 5
        return settings
    }

    /// One connection.
    private final class Session {
        private let connection: Int32
        private let shared: Shared
        private var isFive = false

        init(_ connection: Int32, _ shared: Shared) {
            self.connection = connection
            self.shared = shared
        }

        func serve() {
            let conduct = shared.conduct
            if case .relays(let port) = conduct {
                return LoopbackListener.relay(connection, to: port) { shared.conduct == conduct }
            }
            if conduct == .resetsAtOnce {
                // Unread bytes make the system reset the connection.
                _ = bytes(1)
                return
            }
            if conduct == .hangsUpAtOnce {
                var buffer = [UInt8](repeating: 0, count: 4096)
                _ = recv(connection, &buffer, buffer.count, 0)
                return
            }
            if conduct == .silent {
                while shared.conduct == .silent { usleep(20_000) }
                return
            }
            while let (kind, body) = packet(), answer(kind, body) {}
        }

        private func bytes(_ count: Int) -> [UInt8]? {
            var buffer = [UInt8](repeating: 0, count: count)
            var have = 0
            while have < count {
                let got = buffer[have...].withUnsafeMutableBytes { recv(connection, $0.baseAddress, $0.count, 0) }
                guard got > 0 else { return nil }
                have += got
            }
            return buffer
        }

        private func packet() -> (kind: UInt8, body: [UInt8])? {
            guard let kind = bytes(1)?[0] else { return nil }
            var length = 0
            for shift in [0, 7, 14, 21] {
                guard let byte = bytes(1)?[0] else { return nil }
                length |= Int(byte & 0x7f) << shift
                if byte & 0x80 == 0 { break }
            }
            guard let body = length == 0 ? [] : bytes(length) else { return nil }
            return (kind, body)
        }

        /// - Returns: false if the connection must end.
        private func answer(_ kind: UInt8, _ body: [UInt8]) -> Bool {
            let conduct = shared.conduct
            switch kind >> 4 {
            case 1: return connect(body, conduct)
            case 3:
                if conduct == .hangsUpAtRequest { return false }
                return publish(kind, body, conduct)
            case 8:
                if conduct == .hangsUpAtRequest { return false }
                return subscribe(body, conduct)
            case 10:
                let filters = texts(body, hasOptions: false)
                shared.state.withLock { $0.unsubscribed += filters }
                return send(0xb0, Array(body[..<2]) + (isFive ? [0] + filters.map { _ in 0 } : []))
            case 12: return send(0xd0, [])
            case 14: return false
            default: return true
            }
        }

        private func connect(_ body: [UInt8], _ conduct: Conduct) -> Bool {
            // The protocol level comes after the name: two bytes of length, four of name.
            isFive = body.count > 6 && body[6] == 5
            let level = body.count > 6 ? body[6] : 0
            shared.state.withLock { $0.versions.append(level) }
            switch conduct {
            case .hangsUpBeforeConnack: return false
            case .answers(let bytes):
                LoopbackListener.send(bytes, to: connection)
                return false
            // A code of 3.1.1 comes in the form of 3.1.1, as from a broker that does not know MQTT 5.
            case .refuses(let code):
                _ = send(0x20, isFive && code >= 0x80 ? [0, code, 0] : [0, code])
                return false
            default: break
            }
            if case .limits(let bytes) = conduct {
                return send(0x20, isFive ? [0, 0, 5, 0x27, 0, 0, UInt8(bytes >> 8), UInt8(bytes & 0xff)] : [0, 0])
            }
            guard send(0x20, isFive ? [0, 0, 0] : [0, 0]) else { return false }
            switch conduct {
            case .hangsUpAfterConnack: return false
            case .disconnects(let reason):
                _ = send(0xe0, isFive ? [reason, 0] : [])
                return false
            default: return true
            }
        }

        private func publish(_ kind: UInt8, _ body: [UInt8], _ conduct: Conduct) -> Bool {
            let length = Int(body[0]) << 8 | Int(body[1])
            let qos = kind >> 1 & 3
            var rest = body[(2 + length)...]
            let id = qos > 0 ? Array(rest.prefix(2)) : []
            rest = rest.dropFirst(id.count)
            if isFive, let properties = rest.first { rest = rest.dropFirst(1 + Int(properties)) }
            if case .refusesMessages(let code) = conduct { return send(0x40, id + (isFive ? [code, 0] : [])) }
            let payload = Array(rest)
            if case .ignoresMessages(let first) = conduct, payload.first == first { return true }
            let topic = String(decoding: body[2..<(2 + length)], as: UTF8.self)
            shared.state.withLock { state in
                state.payloads.append(payload)
                state.topics.append(topic)
            }
            return qos == 0 || send(0x40, id)
        }

        /// Grants the filters, and sends a message at once.
        private func subscribe(_ body: [UInt8], _ conduct: Conduct) -> Bool {
            let filters = texts(body, hasOptions: true)
            var codes: [UInt8] = []
            for filter in filters {
                if case .refusesFilters(let code, let prefix) = conduct, filter.hasPrefix(prefix) {
                    codes.append(code)
                } else {
                    codes.append(1)
                    shared.state.withLock { $0.subscribed.append(filter) }
                }
            }
            guard send(0x90, Array(body[..<2]) + (isFive ? [0] : []) + codes) else { return false }
            let topic = Array("test/d1".utf8)
            return send(0x30, [0, UInt8(topic.count)] + topic + (isFive ? [0] : []) + Array("{\"level\":1}".utf8))
        }

        /// The filters of SUBSCRIBE or UNSUBSCRIBE.
        private func texts(_ body: [UInt8], hasOptions: Bool) -> [String] {
            var rest = body.dropFirst(2)
            if isFive, let properties = rest.first { rest = rest.dropFirst(1 + Int(properties)) }
            var texts: [String] = []
            while rest.count > 2 {
                let length = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
                texts.append(String(decoding: rest.dropFirst(2).prefix(length), as: UTF8.self))
                rest = rest.dropFirst(2 + length + (hasOptions ? 1 : 0))
            }
            return texts
        }

        private func send(_ kind: UInt8, _ body: [UInt8]) -> Bool {
            LoopbackListener.send([kind, UInt8(body.count)] + body, to: connection)
        }
    }
}
