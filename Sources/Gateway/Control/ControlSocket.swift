package import Foundation
internal import Pipeline
package import SiteConfiguration

/// A stream socket in the file system, as both ends of the control connection use it.
///
/// Who may open the file may operate the gateway: it belongs to the gateway's user and group, mode 0660.
package struct ControlSocket: ~Copyable, Sendable {
    private let descriptor: Int32
    /// The file that stands for it, where it waits for connections.
    package private(set) var place: Place?

    /// A socket's file, told from one that another process has put there since.
    package struct Place: Sendable {
        let path: String
        let device: UInt64
        let number: UInt64
        /// When it was made: a file that is removed gives its number to the next.
        let made: (seconds: Int, nanoseconds: Int)

        init?(_ path: String) {
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
            (self.path, device, number) = (path, UInt64(status.st_dev), UInt64(status.st_ino))
            made = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        }

        /// Whether it still lies there.
        package var isThere: Bool {
            Place(path).map {
                ($0.device, $0.number, $0.made.seconds, $0.made.nanoseconds) == (
                    device, number, made.seconds, made.nanoseconds
                )
            }
                ?? false
        }

        /// Removes it, unless something else lies there now.
        package func remove() { if isThere { unlink(path) } }
    }

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Waits for connections at a path; a file that a gateway left there that is no longer running is replaced.
    /// - Throws: ``GatewayError`` if the path is too long, or another gateway answers there.
    package static func listen(at path: String) throws(GatewayError) -> ControlSocket {
        if isAlive(path) { throw GatewayError("another gateway answers at \(path)") }
        try remove(path)
        var socket = ControlSocket(try open())
        let before = umask(0o117)
        let code = try withAddress(path) { bind(socket.descriptor, $0, $1) }
        umask(before)
        guard code == 0, Glibc.listen(socket.descriptor, 64) == 0 else {
            throw GatewayError("no control socket at \(path): \(String(cString: strerror(errno)))")
        }
        socket.place = Place(path)
        return socket
    }

    /// Whether somebody listens at a path, or may: only a refusal says that nobody does.
    private static func isAlive(_ path: String) -> Bool {
        guard let socket = try? ControlSocket(open()) else { return false }
        socket.limitWrites(seconds: 5)
        guard let code = try? withAddress(path, { Glibc.connect(socket.descriptor, $0, $1) }), code != 0 else {
            return true
        }
        return errno == EAGAIN
    }

    /// Removes the socket of a gateway that is gone. Anything else at that path is somebody's, and stays.
    /// - Throws: ``GatewayError`` where something else lies there, or it cannot be removed.
    private static func remove(_ path: String) throws(GatewayError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw GatewayError(
                "no control socket at \(path): something else lies there, and is kept; name another path")
        }
        guard unlink(path) == 0 || errno == ENOENT else {
            throw GatewayError("\(path) cannot be removed: \(String(cString: strerror(errno)))")
        }
    }

    /// Connects to a gateway.
    /// - Throws: ``GatewayError`` if none answers within five seconds.
    package static func connect(to path: String) throws(GatewayError) -> ControlSocket {
        let socket = ControlSocket(try open())
        socket.limitWrites(seconds: 5)
        guard try withAddress(path, { Glibc.connect(socket.descriptor, $0, $1) }) == 0 else {
            let reason =
                switch errno {
                case ENOENT, ECONNREFUSED: "no gateway is running there"
                case EAGAIN: "the gateway there has too many connections; try again"
                default: String(cString: strerror(errno))
                }
            throw GatewayError("\(path): \(reason)")
        }
        return socket
    }

    /// The next connection, or `nil` if none came within the time.
    package func accept(within milliseconds: Int32) -> ControlSocket? {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, milliseconds) > 0 else { return nil }
        let connection = Glibc.accept(descriptor, nil, nil)
        guard connection >= 0 else {
            // Without a descriptor to give it, whoever waits is still there, and would be asked for without end.
            if errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM { poll(nil, 0, milliseconds) }
            return nil
        }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        let socket = ControlSocket(connection)
        socket.limitWrites(seconds: 2)
        return socket
    }

    /// What is written, or connected to, waits no longer than that for the other end.
    private func limitWrites(seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// One line, without its end; `nil` if it has not come whole within the time, or it is too long.
    package func readLine(within milliseconds: Int32, atMost bytesMax: Int = ControlAnswer.bytesMax) -> Data? {
        var line = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let end = ContinuousClock.now + .milliseconds(Int64(milliseconds))
        while line.count <= bytesMax {
            let rest = (end - .now) / .milliseconds(1)
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard rest > 0, poll(&entry, 1, Int32(rest.rounded(.up))) > 0,
                case let count = read(descriptor, &buffer, buffer.count),
                count > 0
            else { return nil }
            if let end = buffer[..<count].firstIndex(of: UInt8(ascii: "\n")) { return line + buffer[..<end] }
            line += buffer[..<count]
        }
        return nil
    }

    package func write(line: Data) {
        var bytes = Array(line + [UInt8(ascii: "\n")])
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }  // the other end is gone, and wants no answer
            sent += count
        }
    }

    /// The user at the other end, as the kernel knows them (SO_PEERCRED, unix(7)).
    package var person: String {
        // struct ucred, which needs _GNU_SOURCE
        var credentials: (process: Int32, user: UInt32, group: UInt32) = (0, 0, 0)
        var size = socklen_t(MemoryLayout.size(ofValue: credentials))
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 else { return "unknown" }
        // Several threads may ask at once.
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwuid_r(credentials.user, &entry, &buffer, buffer.count, &found) == 0,
            let name = found?.pointee.pw_name
        else {
            return "uid \(credentials.user)"
        }
        return String(cString: name)
    }

    private static func open() throws(GatewayError) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw GatewayError("no socket: \(String(cString: strerror(errno)))") }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(GatewayError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw GatewayError(
                "\(path): a socket's path has at most \(MemoryLayout.size(ofValue: address.sun_path) - 1) bytes")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
