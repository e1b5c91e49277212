internal import Foundation

/// A file that only takes up room, and is given up when the disk is full: what has to be recorded then (that it is
/// full, and the alarms of that hour) has a place.
package struct Ballast: Sendable {
    private let path: String

    package init(store: String) { path = store + ".ballast" }

    /// Makes it, if it is not there and the disk has room for several of it: a sixty-fourth of the disk, 4 MB at most.
    /// - Returns: whether it is there.
    @discardableResult
    package func lay() -> Bool {
        if FileManager.default.fileExists(atPath: path) { return true }
        guard let space = DiskSpace(besides: path), case let bytes = min(space.size / 64, 4 << 20),
            space.free > bytes * 4
        else {
            return false
        }
        // Written, not merely sized: a hole in a file takes no room.
        return (try? Data(repeating: 0x42, count: Int(bytes)).write(to: URL(fileURLWithPath: path))) != nil
    }

    /// Gives it up.
    /// - Returns: whether there was one.
    package func release() -> Bool { (try? FileManager.default.removeItem(atPath: path)) != nil }
}
