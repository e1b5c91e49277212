package import Foundation

/// What a program says: only the end of it is kept, however much it is.
package struct OutputPipe: ~Copyable {
    private let reading: Int32
    /// The program's end; closed here by ``isHandedOver()``.
    package private(set) var writing: Int32
    private let limit: Int
    private var newest = Data()

    /// - Parameter limit: how many bytes of the end are kept.
    /// - Throws: ``ProgramError`` where there is no descriptor left.
    package init(keeping limit: Int) throws(ProgramError) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw ProgramError("no pipe for a program: \(String(cString: strerror(errno)))") }
        (reading, writing, self.limit) = (ends[0], ends[1], limit)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(reading, F_SETFL, O_NONBLOCK)
    }

    /// Says that the program has its end.
    package mutating func isHandedOver() {
        if writing >= 0 { close(writing) }
        writing = -1
    }

    /// Takes what has been said since, without waiting. The program waits where the pipe is full, until it is called again.
    package mutating func drain() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        // A pipe's worth at once: one that never stops writing must not keep this from ending.
        let count = read(reading, &buffer, buffer.count)
        if count > 0 { newest = (newest + buffer[..<count]).suffix(limit) }
    }

    /// The end of what it has said so far.
    package var end: Data { newest }

    deinit {
        close(reading)
        if writing >= 0 { close(writing) }
    }
}
