internal import Foundation

/// The size of the disk that a file lies on, and its free space, in bytes.
package struct DiskSpace: Sendable {
    package var size: Int64
    package var free: Int64

    /// Asks the system about the disk of a file, which need not exist; its folder must. `nil` if the system does not
    /// answer.
    package init?(besides file: String) {
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
        // The caller does not need the reason for the failure: the space is unknown.
        guard let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder),
            let size = (attributes[.systemSize] as? NSNumber)?.int64Value, size > 0,
            let free = (attributes[.systemFreeSize] as? NSNumber)?.int64Value
        else { return nil }
        (self.size, self.free) = (size, free)
    }
}
