package import Foundation

/// A stream socket in the file system, as both ends of the control connection use it.
///
/// Who may open the file may operate the gateway: it belongs to the gateway's user and group, mode 0660.
package struct ControlSocket: ~Copyable {
    private let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Waits for connections at a path; a file that a gateway left there that is no longer running is replaced.
    /// - Throws: ``GatewayError`` if the path is too long, or another gateway answers there.
    package static func listen(at path: String) throws(GatewayError) -> ControlSocket {
        if (try? connect(to: path)) != nil { throw GatewayError("another gateway answers at \(path)") }
        unlink(path)
        let socket = ControlSocket(try open())
        let before = umask(0o117)
        let code = try withAddress(path) { bind(socket.descriptor, $0, $1) }
        umask(before)
        guard code == 0, Glibc.listen(socket.descriptor, 8) == 0 else {
            throw GatewayError("no control socket at \(path): \(String(cString: strerror(errno)))")
        }
        return socket
    }

    /// Connects to a gateway.
    /// - Throws: ``GatewayError`` if none answers.
    package static func connect(to path: String) throws(GatewayError) -> ControlSocket {
        let socket = ControlSocket(try open())
        guard try withAddress(path, { Glibc.connect(socket.descriptor, $0, $1) }) == 0 else {
            let reason = errno == ENOENT || errno == ECONNREFUSED ? "no gateway is running there" : String(cString: strerror(errno))
            throw GatewayError("\(path): \(reason)")
        }
        return socket
    }

    /// The next connection, or `nil` if none came within the time.
    package func accept(within milliseconds: Int32) -> ControlSocket? {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, milliseconds) > 0 else { return nil }
        let connection = Glibc.accept(descriptor, nil, nil)
        guard connection >= 0 else { return nil }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        return ControlSocket(connection)
    }

    /// One line, without its end; `nil` if none came within the time, or it is too long.
    package func readLine(within milliseconds: Int32) -> Data? {
        var line = Data()
        var buffer = [UInt8](repeating: 0, count: 4096)
        while line.count <= ControlAnswer.bytesMax {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, milliseconds) > 0, case let count = read(descriptor, &buffer, buffer.count), count > 0 else { return nil }
            if let end = buffer[..<count].firstIndex(of: UInt8(ascii: "\n")) { return line + buffer[..<end] }
            line += buffer[..<count]
        }
        return nil
    }

    package func write(line: Data) {
        var bytes = Array(line + [UInt8(ascii: "\n")])
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeMutableBytes { send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL)) }
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
        return getpwuid(credentials.user).map { String(cString: $0.pointee.pw_name) } ?? "uid \(credentials.user)"
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
            throw GatewayError("\(path): a socket's path has at most \(MemoryLayout.size(ofValue: address.sun_path) - 1) bytes")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
