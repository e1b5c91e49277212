internal import CEngine

// Wrapping operators: offsets below the length of memory that is allocated.

/// Hints to the processor's caches; they change no result.
enum Cache {
    @inline(__always)
    static func prefetch(_ address: UnsafeRawPointer?) { tocsin_prefetch(address) }

    /// Prefetches every cache line of a stretch.
    @inline(__always)
    static func prefetch(_ address: UnsafeRawPointer, bytes: Int) {
        var offset = 0
        while offset < bytes {
            tocsin_prefetch(address + offset)
            offset &+= 64
        }
    }
}
