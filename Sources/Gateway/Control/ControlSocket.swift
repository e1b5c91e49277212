package import Foundation
internal import POSIX
package import SiteConfiguration

/// A connection between a command and the gateway. Each message is one line.
package struct ControlSocket: Sendable {
    private let socket: UnixSocket

    init(_ socket: UnixSocket) { self.socket = socket }

    /// Connects to a gateway.
    /// - Throws: ``GatewayError`` if none answers within 5 s.
    package static func connect(to path: String) throws(GatewayError) -> ControlSocket {
        let address = try address(path)
        do throws(UnixSocket.Failure) {
            let socket = try UnixSocket(.stream)
            try socket.connect(to: address, waitingAtMost: 5)
            return ControlSocket(socket)
        } catch {
            let reason =
                switch error.code {
                case ENOENT, ECONNREFUSED: "no gateway is running there"
                case EAGAIN: "the gateway there has too many connections; try again"
                default: "\(error)"
                }
            throw GatewayError("\(path): \(reason)")
        }
    }

    static func address(_ path: String) throws(GatewayError) -> UnixAddress {
        guard let address = UnixAddress(path: path) else {
            throw GatewayError("\(path): a socket's path has 1 to \(UnixAddress.bytesMax) bytes; choose a shorter one")
        }
        return address
    }

    /// Reads a line, and waits for it on this thread.
    /// - Returns: the line without its end; `nil` if it is not complete within the time, or longer than an answer may
    ///   be.
    package func readLine(within time: Duration) -> Data? {
        var buffer = LineBuffer(bytesMax: ControlAnswer.bytesMax)
        let end = ContinuousClock.now + time
        while buffer.isOpen {
            guard socket.waitUntil(.readable, within: end - .now) else { return nil }
            buffer.receive(from: socket)
        }
        return buffer.line
    }

    /// Writes a line, and waits on this thread while the other end has no room. Does nothing if the other end has
    /// closed.
    package func write(line: Data) {
        var rest = line + [LineBuffer.end]
        while !rest.isEmpty {
            guard send(&rest) || socket.waitUntil(.writable, within: Self.writeLimit) else { return }
        }
    }

    /// Reads a line without occupying a thread.
    /// - Returns: the line without its end; `nil` if it is not complete within the time, or longer than `bytesMax`.
    func receiveLine(within time: Duration, atMost bytesMax: Int) async -> Data? {
        var buffer = LineBuffer(bytesMax: bytesMax)
        let end = ContinuousClock.now + time
        while buffer.isOpen {
            guard await socket.until(.readable, within: end - .now) else { return nil }
            buffer.receive(from: socket)
        }
        return buffer.line
    }

    /// Writes a line without occupying a thread. Does nothing if the other end has closed or does not read.
    func send(line: Data) async {
        var rest = line + [LineBuffer.end]
        while !rest.isEmpty {
            if send(&rest) { continue }
            guard await socket.until(.writable, within: Self.writeLimit) else { return }
        }
    }

    /// The longest time that the other end may leave no room.
    private static let writeLimit: Duration = .seconds(2)

    /// Sends the bytes that fit, and removes them from `rest`. Removes all if the other end has closed.
    /// - Returns: `false` if there is no room.
    private func send(_ rest: inout Data) -> Bool {
        do throws(UnixSocket.Failure) {
            rest = rest.dropFirst(try socket.send(rest))
            return true
        } catch {
            if error.code == EAGAIN { return false }
            // The other end has closed, and does not want an answer.
            rest = Data()
            return true
        }
    }

    /// The name of the user at the other end, as the kernel knows it.
    var user: String {
        get async {
            guard let number = socket.peer else { return "unknown" }
            return await withCheckedContinuation { continuation in
                // The name may come from a service in the network, for which no task's thread should wait.
                DispatchQueue.global().async { continuation.resume(returning: UserName.of(number)) }
            }
        }
    }
}

/// The bytes of a line as they arrive.
private struct LineBuffer {
    static let end = UInt8(ascii: "\n")

    let bytesMax: Int
    private var bytes = Data()
    /// The complete line without its end.
    private(set) var line: Data?
    /// Set while more bytes are needed.
    private(set) var isOpen = true

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Takes the bytes that have arrived. The buffer closes when the line is complete or too long, or the other end has
    /// closed.
    mutating func receive(from socket: UnixSocket) {
        do throws(UnixSocket.Failure) {
            let arrived = try socket.receive(atMost: 65_536)
            if let end = arrived.firstIndex(of: Self.end) { line = bytes + arrived[..<end] }
            bytes += arrived
            isOpen = line == nil && !arrived.isEmpty && bytes.count <= bytesMax
        } catch {
            isOpen = error.code == EAGAIN
        }
    }
}
