internal import Foundation
internal import POSIX
internal import SiteConfiguration

/// Waits for connections to the control socket.
///
/// Whoever may open the socket's file may operate the gateway: it has the gateway's user and group, and mode 0660.
struct ControlListener: Sendable {
    private let socket: UnixSocket
    private let path: String
    private let file: SocketFile?

    /// Makes the socket's file, and replaces the one of a gateway that no longer runs.
    /// - Throws: ``GatewayError`` if the path is too long, another gateway answers there, or another file is there.
    init(at path: String) throws(GatewayError) {
        let address = try ControlSocket.address(path)
        if Self.isAlive(address) { throw GatewayError("another gateway answers at \(path)") }
        try Self.remove(path)
        do throws(UnixSocket.Failure) {
            socket = try UnixSocket(.stream)
            try socket.listen(at: address, hiddenMode: 0o117, queueMax: 64)
        } catch {
            throw GatewayError("no control socket at \(path): \(error)")
        }
        self.path = path
        file = SocketFile(path)
    }

    /// True while the socket's file is still at its path, so that commands find it.
    var isReachable: Bool { file?.isThere ?? false }

    /// Removes the socket's file, unless another one is at its path now.
    func removeFile() { file?.remove() }

    /// Returns the next connection; `nil` if none comes within the time, or the task is cancelled.
    func next(within time: Duration) async -> ControlSocket? {
        guard await socket.until(.readable, within: time) else { return nil }
        do throws(UnixSocket.Failure) {
            return ControlSocket(try socket.accept())
        } catch {
            // Without room for another open file the connection still waits, and would be tried again without a pause.
            // A cancelled sleep ends the wait.
            if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.code) { try? await Task.sleep(for: time) }
            return nil
        }
    }

    /// Returns whether somebody listens at an address. Only a refusal shows that nobody does.
    private static func isAlive(_ address: UnixAddress) -> Bool {
        do throws(UnixSocket.Failure) {
            try UnixSocket(.stream).connect(to: address, waitingAtMost: 0)
            return true
        } catch {
            return error.code == EAGAIN
        }
    }

    /// Removes the socket of a gateway that no longer runs.
    /// - Throws: ``GatewayError`` if another file is there, which is kept, or the socket cannot be removed.
    private static func remove(_ path: String) throws(GatewayError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw GatewayError("no control socket at \(path): another file is there, and is kept; choose another path")
        }
        guard unlink(path) == 0 || errno == ENOENT else {
            throw GatewayError("\(path) cannot be removed: \(String(cString: strerror(errno)))")
        }
    }
}
