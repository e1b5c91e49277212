internal import Foundation

/// A socket's file, distinguished from one that another process puts at the same path later.
struct SocketFile: Sendable, Equatable {
    private let path: String
    private let device: UInt64
    private let number: UInt64
    /// The time when the file was made, because the number of a removed file is used again.
    private let seconds: Int
    private let nanoseconds: Int

    /// - Returns: `nil` if there is no socket at the path.
    init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
        (self.path, device, number) = (path, UInt64(status.st_dev), UInt64(status.st_ino))
        (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }

    /// True while the file is still at its path.
    var isThere: Bool { SocketFile(path) == self }

    /// Removes the file, unless another one is at its path now.
    func remove() { if isThere { unlink(path) } }
}
