internal import Foundation

/// A file that only takes up space. It is removed when the disk is full, so that this fact and the alarms of that
/// hour can be recorded.
package struct Ballast: Sendable {
    private let path: String

    /// - Parameter store: the path of the store that it lies beside.
    package init(store: String) { path = store + ".ballast" }

    /// Creates the file, unless the disk has room for fewer than four of it. Its size is a sixty-fourth of the disk,
    /// at most 4 MiB.
    /// - Returns: `true` if the file is there.
    @discardableResult
    package func lay() -> Bool {
        if FileManager.default.fileExists(atPath: path) { return true }
        guard let space = DiskSpace(besides: path), case let bytes = min(space.size / 64, 4 << 20),
            space.free > bytes * 4
        else {
            return false
        }
        // Its bytes are written, because a hole in a file takes no room. If that fails, there is no ballast, and the
        // result is `false`.
        return (try? Data(repeating: 0x42, count: Int(bytes)).write(to: URL(fileURLWithPath: path))) != nil
    }

    /// Removes the file.
    /// - Returns: `true` if there was one. `try?`: a file that cannot be removed frees no space.
    package func release() -> Bool { (try? FileManager.default.removeItem(atPath: path)) != nil }
}
