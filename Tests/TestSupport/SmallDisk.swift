import Foundation
import POSIX

/// A disk of a few megabytes that a test can fill: a tmpfs, if this user may mount one.
package final class SmallDisk {
    package static let isPossible: Bool = {
        guard getuid() == 0, let folder = try? TemporaryFolder(), let disk = try? SmallDisk(at: folder.path) else {
            return false
        }
        return disk.isMounted
    }()

    package let path: String
    package let isMounted: Bool

    package init(at path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        isMounted = try Subprocess("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", path]).wait() == 0
    }

    deinit { if isMounted { _ = try? Subprocess("/usr/bin/umount", ["-l", path]).wait() } }

    /// Fills the disk.
    /// - Parameter leaving: how many bytes stay free, to a page of 4 KB.
    package func fill(leaving rest: Int = 0) {
        let file = open(path + "/filler", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(file) }
        for size in [65_536, 4096, 512, 1] {
            let block = [UInt8](repeating: 7, count: size)
            while write(file, block, size) == size {}
        }
        if rest > 0 { ftruncate(file, lseek(file, 0, SEEK_END) - off_t(rest)) }
    }

    package func setReadOnly(_ isReadOnly: Bool) throws {
        let code = try Subprocess("/usr/bin/mount", ["-o", "remount,\(isReadOnly ? "ro" : "rw")", path]).wait()
        guard code == 0 else { throw TestFailure("it cannot be mounted anew") }
    }

    package func makeRoom() { unlink(path + "/filler") }
}
