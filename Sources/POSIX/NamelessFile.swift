internal import CLinux
package import Foundation

/// A file in memory, without a name: it is gone with the last who holds it, however they end, and needs no room on a
/// disk.
package struct NamelessFile: ~Copyable {
    package let descriptor: Int32

    /// - Throws: ``ProgramError`` where nothing can be written for now.
    package init(_ content: Data = Data()) throws(ProgramError) { descriptor = try Self.make(content) }

    private static func make(_ content: Data) throws(ProgramError) -> Int32 {
        let descriptor = memfd_create("tocsin", tocsin_memfd_close_on_exec)
        guard descriptor >= 0 else { throw ProgramError("no file for a program: \(String(cString: strerror(errno)))") }
        var sent = 0
        while sent < content.count {
            let count = content.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + sent, $0.count - sent, off_t(sent))
            }
            guard count > 0 else {
                let reason = String(cString: strerror(errno))
                close(descriptor)
                throw ProgramError("no file for a program: \(reason)")
            }
            sent += count
        }
        return descriptor
    }

    deinit { close(descriptor) }

    package var size: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Its last bytes.
    package func end(_ limit: Int) -> Data {
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = pread(descriptor, &bytes, limit, off_t(max(0, size - limit)))
        return Data(bytes.prefix(max(0, count)))
    }
}
