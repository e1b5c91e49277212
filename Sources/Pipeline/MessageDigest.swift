internal import MQTT

// Wrapping operators: a hash, which is to wrap.

/// A hash of the topic and the payload of a message, the same in every process.
///
/// Each word goes in by a xor and a multiplication, with the constants of D. Steele, G. Lea and C. Flood, "Fast
/// Splittable Pseudorandom Number Generators", 2014. It need not resist attackers: it only confirms a match of the
/// packet identifier and the broker's mark. Swift's own hash differs from process to process. A cryptographic hash
/// would cost more than the rest of a message's processing. O(bytes), without allocation.
struct MessageDigest {
    private var state: UInt64 = 0x9e37_79b9_7f4a_7c15

    static func of(_ message: IncomingMessage) -> UInt64 { of(topic: message.topic, payload: message.payload) }

    static func of(topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer) -> UInt64 {
        var digest = MessageDigest()
        digest.add(topic)
        digest.add(payload)
        return digest.state
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer) {
        // The length says where the topic ends, and how many bytes of the last word count.
        mix(UInt64(truncatingIfNeeded: bytes.count))
        var at = 0
        while bytes.count - at >= 8 {
            mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
            at += 8
        }
        guard at < bytes.count else { return }
        var rest: UInt64 = 0
        for byte in bytes[at...] { rest = rest << 8 | UInt64(byte) }
        mix(rest)
    }

    @inline(__always)
    private mutating func mix(_ word: UInt64) {
        state = (state ^ word) &* 0xbf58_476d_1ce4_e5b9
        state ^= state >> 29
    }
}
