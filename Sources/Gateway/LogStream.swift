package import Foundation
internal import Synchronization

/// Where the log goes, which must not hold up the gateway: where nobody reads it, and the pipe or the socket is full, lines are left out
/// and counted, and the next that can be written says how many.
package final class LogStream: TextOutputStream, Sendable {
    private let descriptor: Int32
    private let leftOut = Mutex(0)

    /// - Parameter descriptor: standard error's, or that of a file, a pipe or a socket. Others may share it, so that it is not made
    ///   non-blocking itself.
    package init(_ descriptor: Int32 = STDERR_FILENO) { self.descriptor = descriptor }

    /// A pipe that is ready takes this much at once (PIPE_BUF, pipe(7)).
    private static let partBytes = 4096

    package func write(_ text: String) {
        leftOut.withLock { leftOut in
            if leftOut > 0 {
                guard send("(\(leftOut) lines of the log were left out: nobody read them)\n") else {
                    leftOut += 1
                    return
                }
                leftOut = 0
            }
            if !send(text) { leftOut += 1 }
        }
    }

    /// Returns whether all of it was taken.
    private func send(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var sent = 0
            while sent < bytes.count {
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&entry, 1, 0) > 0, entry.revents & Int16(POLLOUT) != 0 else { return false }
                let count = Foundation.write(descriptor, bytes.baseAddress! + sent, min(Self.partBytes, bytes.count - sent))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }
}
