internal import Foundation
internal import Synchronization

/// A request to end listening early, which a signal handler or another thread may make.
package final class StopRequest: Sendable {
    private let isMade = Mutex(false)
    /// The pipe that wakes the listening thread. It is never read, so it stays readable.
    private let pipe = Pipe()

    package init() {}

    package var isRequested: Bool { isMade.withLock { $0 } }

    /// The descriptor that is readable after the request.
    var descriptor: Int32 { pipe.fileHandleForReading.fileDescriptor }

    package func request() {
        let isFirst = isMade.withLock { isMade in
            defer { isMade = true }
            return !isMade
        }
        // If the pipe cannot be written, the thread wakes at the end of its turn.
        if isFirst { try? pipe.fileHandleForWriting.write(contentsOf: Data([1])) }
    }
}
