internal import CLinux
package import Foundation

/// A file in memory without a name. It disappears when the last process that has it open ends, and needs no disk.
package struct NamelessFile: ~Copyable {
    package let descriptor: Int32

    /// - Throws: ``ProgramError`` if there is no memory, or no room for another open file.
    package init(_ content: Data = Data()) throws(ProgramError) { descriptor = try Self.make(content) }

    private static func make(_ content: Data) throws(ProgramError) -> Int32 {
        let descriptor = memfd_create("tocsin", tocsin_memfd_close_on_exec)
        guard descriptor >= 0 else {
            throw ProgramError("no file in memory could be made: \(String(cString: strerror(errno)))")
        }
        var sent = 0
        while sent < content.count {
            let count = content.withUnsafeBytes {
                // There is a base address, since there are bytes.
                pwrite(descriptor, $0.baseAddress! + sent, $0.count - sent, off_t(sent))
            }
            guard count > 0 else {
                let reason = String(cString: strerror(errno))
                close(descriptor)
                throw ProgramError("no file in memory could be made: \(reason)")
            }
            sent += count
        }
        return descriptor
    }

    deinit { close(descriptor) }

    /// The size in bytes.
    package var size: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Returns the last bytes, at most `limit`.
    package func end(_ limit: Int) -> Data {
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = pread(descriptor, &bytes, limit, off_t(max(0, size - limit)))
        return Data(bytes.prefix(max(0, count)))
    }
}
