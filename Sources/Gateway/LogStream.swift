internal import Foundation
internal import Synchronization

/// Writes the log without delaying the gateway. If the pipe or the socket is full because nobody reads it, lines are
/// dropped and counted. The next line that can be written gives their number.
package final class LogStream: TextOutputStream, Sendable {
    private let descriptor: Int32
    private let state = Mutex((leftOut: 0, isCut: false))

    /// - Parameter descriptor: standard error, a file, a pipe or a socket. Others may share it, so it is not made
    ///   non-blocking.
    package init(_ descriptor: Int32 = STDERR_FILENO) { self.descriptor = descriptor }

    /// The number of bytes that a ready pipe takes at once (PIPE_BUF, pipe(7)).
    private static let partBytes = 4096

    /// The wait for a slow reader, until something had to be dropped.
    private static let patienceMilliseconds: Int32 = 50

    package func write(_ text: String) {
        state.withLock { state in
            if state.leftOut > 0 {
                // The previous line was cut, so end it first.
                let start = state.isCut ? "\n" : ""
                guard
                    send("\(start)(\(state.leftOut) lines of the log were left out, as nobody read it)\n", waiting: 0)
                        .isWhole
                else {
                    state.leftOut += 1
                    return
                }
                state = (0, false)
            }
            let sent = send(text, waiting: Self.patienceMilliseconds)
            if !sent.isWhole { state = (1, sent.isBegun) }
        }
    }

    /// Returns whether the whole text was written, or at least its beginning.
    private func send(_ text: String, waiting milliseconds: Int32) -> (isWhole: Bool, isBegun: Bool) {
        var text = text
        return text.withUTF8 { bytes in
            var sent = 0
            while sent < bytes.count {
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&entry, 1, milliseconds) > 0, entry.revents & Int16(POLLOUT) != 0 else {
                    return (false, sent > 0)
                }
                // There is a base address, since there are bytes.
                let count = Foundation.write(
                    descriptor, bytes.baseAddress! + sent, min(Self.partBytes, bytes.count - sent))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return (false, sent > 0) }
                sent += count
            }
            return (true, true)
        }
    }
}
