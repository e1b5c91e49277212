internal import Foundation
internal import Synchronization
package import Telemetry

/// Writes each escalation as one JSON line, to a file or to standard output.
///
/// A file that is too large, or that holds lines of an earlier period, is renamed to `name.1`. The one before becomes
/// `name.2`, and so on; the oldest is removed. If others have moved or removed the file, a new one is made. No line
/// is ever split between two files.
package final class LogDestination: Destination {
    /// The limits of the files: the largest size in bytes, the period of the lines in a file, and the number of older
    /// files kept.
    package struct Rotation: Hashable, Sendable {
        package var bytesMax: Int
        /// Periods are counted from 1970 in UTC: with a day, each file holds the lines of one day at most.
        package var period: TimeSpan?
        package var kept: Int

        package init(bytesMax: Int = 10_000_000, period: TimeSpan? = nil, kept: Int = 5) {
            self.bytesMax = bytesMax
            self.period = period
            self.kept = kept
        }
    }

    package let name: String
    private let path: String?
    private let rotation: Rotation
    private let file: Mutex<FileHandle>
    private let clock: any GatewayClock

    /// - Parameter path: the file, which is appended to; `nil` for standard output.
    /// - Throws: ``DeliveryError`` if it cannot be opened.
    package init(name: String, path: String?, rotation: Rotation = Rotation(), clock: any GatewayClock) throws {
        self.name = name
        self.path = path
        self.rotation = rotation
        self.clock = clock
        file = Mutex(try path.map(Self.open) ?? FileHandle.standardOutput)
    }

    package func deliver(_ message: OutgoingMessage, after earlier: [OutgoingMessage]) async throws {
        let line = Data((message.payload + "\n").utf8)
        try file.withLock { file in
            if let path {
                if !Self.isStill(file, at: path) { file = try Self.open(path) }
                let size = try file.seekToEnd()
                if size > 0, size + UInt64(line.count) > UInt64(rotation.bytesMax) || isOfEarlierPeriod(file) {
                    try rotate(path)
                    file = try Self.open(path)
                }
            }
            guard path != nil else { return try file.write(contentsOf: line) }
            let end = try file.seekToEnd()
            do {
                try file.write(contentsOf: line)
                try file.synchronize()
            } catch {
                // The written part is not a line; the whole line is written at the next try.
                if ftruncate(file.fileDescriptor, off_t(end)) != 0 { try? file.write(contentsOf: Data("\n".utf8)) }
                throw error
            }
        }
    }

    /// Returns `true` if a file is the one at its path: somebody may have moved it away, or removed it.
    private static func isStill(_ file: FileHandle, at path: String) -> Bool {
        var (own, there) = (stat(), stat())
        return fstat(file.fileDescriptor, &own) == 0 && stat(path, &there) == 0 && own.st_dev == there.st_dev
            && own.st_ino == there.st_ino
    }

    private static func open(_ path: String) throws -> FileHandle {
        let descriptor = Foundation.open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw DeliveryError("the log \(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try endLine(file)
        return file
    }

    /// The size of the part at a file's end in which the end of its last line is searched.
    private static let lookedAt: UInt64 = 1 << 20

    /// Makes the file end with a line end. An incomplete event after a crash is cut away, since it is delivered
    /// again. Any other incomplete line is ended.
    private static func endLine(_ file: FileHandle) throws {
        let size = try file.seekToEnd()
        guard size > 0 else { return }
        let start = size - min(size, lookedAt)
        var bytes = [UInt8](repeating: 0, count: Int(size - start))
        guard pread(file.fileDescriptor, &bytes, bytes.count, off_t(start)) == bytes.count,
            bytes.last != UInt8(ascii: "\n")
        else { return }
        let line = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let isPartOfEvent =
            bytes[line] == UInt8(ascii: "{") && (line > 0 || start == 0)
            // An error is the answer here: a part of an event does not parse.
            && (try? JSONSerialization.jsonObject(with: Data(bytes[line...]))) == nil
        // A file that may only be appended to cannot be cut.
        guard !isPartOfEvent || ftruncate(file.fileDescriptor, off_t(start) + off_t(line)) != 0 else { return }
        try file.write(contentsOf: Data("\n".utf8))
    }

    /// Returns `true` if the newest line belongs to an earlier period. The line is as old as the file's last change.
    private func isOfEarlierPeriod(_ file: FileHandle) -> Bool {
        guard let period = rotation.period else { return false }
        var status = stat()
        guard fstat(file.fileDescriptor, &status) == 0 else { return false }
        return TimeSpan.seconds(Int64(status.st_mtim.tv_sec)).nanoseconds / period.nanoseconds < clock.now().nanoseconds
            / period.nanoseconds
    }

    /// Moves the files on by one number. A crash in between leaves a gap in the numbers, and every line.
    private func rotate(_ path: String) throws {
        for number in stride(from: rotation.kept, to: 0, by: -1) {
            let from = number == 1 ? path : "\(path).\(number - 1)"
            guard rename(from, "\(path).\(number)") == 0 || errno == ENOENT else {
                throw DeliveryError("the log \(from) cannot be renamed: \(String(cString: strerror(errno)))")
            }
        }
        if rotation.kept == 0 { unlink(path) }
    }
}
