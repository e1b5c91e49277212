internal import Foundation

/// A lock that reserves a store for one gateway. Two gateways on one store would send, acknowledge and number without
/// regard to each other.
///
/// The lock is the kernel's (flock(2)), on a file beside the store: it ends with its process, however that ends, so
/// that nobody has to clean up after a power cut. The file stays. Commands that only read need no lock.
package final class StoreLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, or fails at once.
    /// - Throws: ``StoreError/inUse(_:by:)``, or ``StoreError/cannotOpen(_:_:)`` where the file cannot be made.
    package init(of store: String) throws(StoreError) {
        let path = Self.path(of: store)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else {
            throw .cannotOpen(store, "its lock \(path) cannot be taken: \(String(cString: strerror(errno)))")
        }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            let reason = errno
            let holder = Self.holder(descriptor)
            close(descriptor)
            guard reason == EWOULDBLOCK else {
                throw .cannotOpen(store, "its lock \(path) cannot be taken: \(String(cString: strerror(reason)))")
            }
            throw .inUse(store, by: holder)
        }
        self.descriptor = descriptor
        // The number is only for the message that another gateway gets. On a full disk it is missing.
        let text = Array("\(getpid())\n".utf8)
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
    }

    deinit { close(descriptor) }

    static func path(of store: String) -> String { store + ".lock" }

    private static func holder(_ descriptor: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return count > 0 ? Int32(String(decoding: bytes[..<count], as: UTF8.self).filter(\.isNumber)) : nil
    }
}
