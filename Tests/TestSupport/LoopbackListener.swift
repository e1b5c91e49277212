import Demo
import Foundation

/// A bare TCP server on a free port of loopback: each connection is served on a thread of its own, and closed then.
package final class LoopbackListener: Sendable {
    package let port: Int
    private let listener: Int32

    package init(serve: @escaping @Sendable (_ connection: Int32) -> Void) throws {
        port = try LocalBroker.freePort()
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = LocalBroker.loopback(port)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(listener, 8) == 0 else { throw TestFailure("no listener") }
        Thread.detachNewThread {
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                Thread.detachNewThread {
                    serve(connection)
                    close(connection)
                }
            }
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)); close(listener) }

    /// Passes all bytes on to another port of loopback and back, until an end is gone or `isWanted` returns `false`.
    /// - Parameter losing: `true` while bytes from the connection are lost.
    package static func relay(
        _ connection: Int32, to port: Int, while isWanted: () -> Bool, losing: () -> Bool = { false }
    ) {
        let other = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(other) }
        var address = LocalBroker.loopback(port)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(other, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var ends = [
            pollfd(fd: connection, events: Int16(POLLIN), revents: 0),
            pollfd(fd: other, events: Int16(POLLIN), revents: 0),
        ]
        while isWanted() {
            guard poll(&ends, 2, 100) >= 0 else { return }
            for (index, from) in [connection, other].enumerated() where ends[index].revents != 0 {
                let count = recv(from, &buffer, buffer.count, 0)
                if count > 0, index == 0, losing() { continue }
                guard count > 0, send(Array(buffer[..<count]), to: index == 0 ? other : connection) else { return }
            }
        }
    }

    /// Sends all of it; false once the other end is gone.
    @discardableResult
    package static func send(_ bytes: [UInt8], to connection: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
