internal import Foundation
internal import Synchronization

/// A file that a logger writes to.
final class LogFile: TextOutputStream, Sendable {
    private let file: Mutex<FileHandle>

    init(_ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw DemoError("\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        file = Mutex(FileHandle(fileDescriptor: descriptor, closeOnDealloc: true))
    }

    func write(_ text: String) { file.withLock { $0.write(Data(text.utf8)) } }
}
