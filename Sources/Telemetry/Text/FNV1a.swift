// Wrapping operators: a hash, which is to wrap.

/// FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo): a hash of bytes that is the same in every process. It does not resist
/// people.
package enum FNV1a {
    /// O(bytes); allocates nothing.
    @inlinable
    package static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }
}
