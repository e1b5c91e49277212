package import Alarms
internal import Foundation
internal import Synchronization
package import Telemetry

/// Writes each escalation as one JSON line, to a file or to standard output.
///
/// A file that has become too large, or that holds lines of an earlier period, is set aside as `name.1`, the one before
/// as `name.2`, and so on; the oldest goes. No line is ever split between two.
package final class LogDestination: Destination {
    /// How large a file may become, in bytes, how long a period its lines are of, and how many older ones are kept.
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

    package func deliver(_ escalation: Escalation, after earlier: [Escalation]) async throws {
        let line = Data((escalation.payload + "\n").utf8)
        try file.withLock { file in
            if let path {
                let size = try file.seekToEnd()
                if size > 0, size + UInt64(line.count) > UInt64(rotation.bytesMax) || isOfEarlierPeriod(file) {
                    try setAside(path)
                    file = try Self.open(path)
                }
            }
            try file.write(contentsOf: line)
            if path != nil { try file.synchronize() }
        }
    }

    private static func open(_ path: String) throws -> FileHandle {
        let descriptor = Foundation.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw DeliveryError("the log \(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Whether the newest line, which is as old as the file's last change, belongs to a period before this one.
    private func isOfEarlierPeriod(_ file: FileHandle) -> Bool {
        guard let period = rotation.period else { return false }
        var status = stat()
        guard fstat(file.fileDescriptor, &status) == 0 else { return false }
        return Int64(status.st_mtim.tv_sec) * 1_000_000_000 / period.nanoseconds < clock.now().nanoseconds / period.nanoseconds
    }

    /// Moves the files on by one number. A crash in between leaves a gap in the numbers, and every line.
    private func setAside(_ path: String) throws {
        for number in stride(from: rotation.kept, to: 0, by: -1) {
            let from = number == 1 ? path : "\(path).\(number - 1)"
            guard rename(from, "\(path).\(number)") == 0 || errno == ENOENT else {
                throw DeliveryError("the log \(from) cannot be set aside: \(String(cString: strerror(errno)))")
            }
        }
        if rotation.kept == 0 { unlink(path) }
    }
}
