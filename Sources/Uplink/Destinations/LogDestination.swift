package import Alarms
internal import Foundation
internal import Synchronization

/// Writes each escalation as one JSON line, to a file or to standard output.
package final class LogDestination: Destination {
    package let name: String
    private let file: Mutex<FileHandle>
    private let isFile: Bool

    /// - Parameter path: the file, which is appended to; `nil` for standard output.
    package init(name: String, path: String?) throws {
        self.name = name
        isFile = path != nil
        guard let path else {
            file = Mutex(FileHandle.standardOutput)
            return
        }
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw DeliveryError("the log \(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        file = Mutex(FileHandle(fileDescriptor: descriptor, closeOnDealloc: true))
    }

    package func deliver(_ escalation: Escalation) async throws {
        try file.withLock { file in
            try file.write(contentsOf: Data((escalation.payload + "\n").utf8))
            if isFile { try file.synchronize() }
        }
    }
}
