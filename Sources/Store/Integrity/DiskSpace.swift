internal import Foundation

/// How much room there is on the disk that a file lies on, in bytes.
package struct DiskSpace: Sendable {
    package var size: Int64
    package var free: Int64

    /// `nil` where the system does not say.
    package init?(besides file: String) {
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
        guard let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder),
            let size = (attributes[.systemSize] as? NSNumber)?.int64Value, size > 0,
            let free = (attributes[.systemFreeSize] as? NSNumber)?.int64Value
        else { return nil }
        (self.size, self.free) = (size, free)
    }
}
