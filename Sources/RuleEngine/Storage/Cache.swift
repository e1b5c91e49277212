internal import CEngine

/// Hints to the processor's caches; they change no result.
enum Cache {
    @inline(__always)
    static func prefetch(_ address: UnsafeRawPointer?) { tocsin_prefetch(address) }
}
