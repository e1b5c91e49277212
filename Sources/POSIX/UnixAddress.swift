internal import Foundation

/// The address of a socket of this machine: a file, or an abstract name (unix(7)).
package struct UnixAddress: Sendable {
    /// The largest number of bytes in a path.
    package static let bytesMax = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    private let address: sockaddr_un
    private let length: socklen_t

    /// The address of a file.
    /// - Returns: `nil` for a path that is empty or longer than ``bytesMax``.
    package init?(path: String) { self.init(Array(path.utf8)) }

    /// The address in systemd's notation, in which a leading `@` stands for the zero byte of an abstract name.
    /// - Returns: `nil` for a name that is empty or longer than ``bytesMax``.
    package init?(systemd name: String) {
        var bytes = Array(name.utf8)
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        self.init(bytes)
    }

    private init?(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, bytes.count <= Self.bytesMax else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        self.address = address
        // Without a zero byte at the end, which would belong to an abstract name.
        length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    }

    /// Calls a function that takes an address and its length.
    func with<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
