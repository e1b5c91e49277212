package import Foundation

/// An open socket between processes of this machine (unix(7)). It closes itself.
///
/// No function waits, unless its name or its comment says so. Errors are numbers of errno(3).
package final class UnixSocket: Sendable {
    package enum Kind: Sendable { case stream, datagram }

    /// The reason why a call has failed.
    package struct Failure: Error, CustomStringConvertible {
        /// A number of errno(3).
        package let code: Int32
        package var description: String { String(cString: strerror(code)) }
        package init(code: Int32) { self.code = code }
    }

    private let descriptor: Int32

    /// Opens a socket.
    /// - Throws: ``Failure`` if the process or the system has too many open files.
    package init(_ kind: Kind) throws(Failure) {
        let type = kind == .stream ? SOCK_STREAM : SOCK_DGRAM
        descriptor = socket(AF_UNIX, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(code: errno) }
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Connects to a socket that listens.
    /// - Parameter secondsMax: how long to wait on this thread while its queue is full.
    /// - Throws: ``Failure``: `ECONNREFUSED` if nobody listens, `EAGAIN` if the queue stays full.
    package func connect(to address: UnixAddress, waitingAtMost secondsMax: Int) throws(Failure) {
        var limit = timeval(tv_sec: secondsMax, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        // A limit of 0 would mean no limit.
        if secondsMax == 0 { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        guard address.with({ Glibc.connect(descriptor, $0, $1) }) == 0 else { throw Failure(code: errno) }
    }

    /// Makes the socket's file and listens.
    /// - Parameters:
    ///   - hiddenMode: the bits of the file's mode that are cleared (umask(2)).
    ///   - queueMax: how many connections may wait.
    /// - Throws: ``Failure``: `EADDRINUSE` if a file has the path already.
    package func listen(at address: UnixAddress, hiddenMode: mode_t, queueMax: Int32) throws(Failure) {
        let before = umask(hiddenMode)
        let code = address.with { bind(descriptor, $0, $1) == 0 ? 0 : errno }
        umask(before)
        guard code == 0 else { throw Failure(code: code) }
        guard Glibc.listen(descriptor, queueMax) == 0 else { throw Failure(code: errno) }
    }

    /// Accepts the next connection. Call it when the socket is readable: otherwise it waits.
    /// - Throws: ``Failure``: `EMFILE` and others if there is no room for one more open file. The connection then still
    ///   waits.
    package func accept() throws(Failure) -> UnixSocket {
        let connection = Glibc.accept(descriptor, nil, nil)
        guard connection >= 0 else { throw Failure(code: errno) }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        return UnixSocket(descriptor: connection)
    }

    /// Sends the bytes that the other end has room for.
    /// - Returns: how many bytes were sent.
    /// - Throws: ``Failure``: `EAGAIN` if there is no room.
    package func send(_ bytes: Data) throws(Failure) -> Int {
        let count = bytes.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
        guard count >= 0 else { throw Failure(code: errno) }
        return count
    }

    /// Sends one datagram.
    /// - Parameter waits: true to wait until the other end has room.
    /// - Throws: ``Failure``: `EAGAIN` if there is no room, `EMSGSIZE` and `ENOBUFS` if it is too long.
    package func send(_ bytes: Data, to address: UnixAddress, waits: Bool = false) throws(Failure) {
        let flags = Int32(MSG_NOSIGNAL) | (waits ? 0 : Int32(MSG_DONTWAIT))
        let code = address.with { address, length in
            bytes.withUnsafeBytes {
                sendto(descriptor, $0.baseAddress, $0.count, flags, address, length) == $0.count ? 0 : errno
            }
        }
        guard code == 0 else { throw Failure(code: code) }
    }

    /// Reads the bytes that have arrived.
    /// - Returns: the bytes; empty if the other end has closed.
    /// - Throws: ``Failure``: `EAGAIN` if nothing has arrived.
    package func receive(atMost count: Int) throws(Failure) -> Data {
        var buffer = [UInt8](repeating: 0, count: count)
        let received = recv(descriptor, &buffer, count, Int32(MSG_DONTWAIT))
        guard received >= 0 else { throw Failure(code: errno) }
        return Data(buffer[..<received])
    }

    /// Waits on this thread until there is something to read or to write.
    /// - Returns: `false` if the time has passed.
    package func waitUntil(_ direction: Direction, within time: Duration) -> Bool {
        guard time > .zero else { return false }
        var entry = pollfd(fd: descriptor, events: direction.event, revents: 0)
        return poll(&entry, 1, Int32(clamping: Int64((time / .milliseconds(1)).rounded(.up)))) > 0
    }

    /// Waits, without a thread, until there is something to read or room to write.
    /// - Returns: `false` if the time has passed, or the task was cancelled.
    package func until(_ direction: Direction, within time: Duration) async -> Bool {
        guard time > .zero else { return false }
        return await Readiness(descriptor, direction).wait(within: time)
    }

    /// The number of the user at the other end of a connection, as the kernel knows it (SO_PEERCRED).
    package var peer: UInt32? {
        // The fields of struct ucred, which needs _GNU_SOURCE.
        var credentials: (process: Int32, user: UInt32, group: UInt32) = (0, 0, 0)
        var size = socklen_t(MemoryLayout.size(ofValue: credentials))
        return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 ? credentials.user : nil
    }
}

extension UnixSocket {
    package enum Direction: Sendable {
        case readable, writable
        fileprivate var event: Int16 { Int16(self == .readable ? POLLIN : POLLOUT) }
    }
}
