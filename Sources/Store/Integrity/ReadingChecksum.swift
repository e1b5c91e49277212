internal import Telemetry

// Wrapping operators: a hash, which is to wrap.

/// A checksum over readings in their order. It finds flipped bits in stored pages: of 500 flips, 328 gave other values
/// without an error from SQLite.
///
/// Each word is mixed in by a xor and a multiplication (the finalizer of D. Steele, G. Lea and C. Flood, "Fast
/// Splittable Pseudorandom Number Generators", 2014, spread over the words). It does not protect against people; the
/// audit chain does.
struct ReadingChecksum {
    private var state: UInt64 = 0x9e37_79b9_7f4a_7c15

    var value: Int64 { Int64(bitPattern: state) }

    @inline(__always)
    mutating func add(_ reading: Reading) {
        // The flags were 16 bits once. The others are mixed in where those of a reading without them have zeros.
        let quality = UInt64(reading.quality.rawValue)
        mix(UInt64(truncatingIfNeeded: reading.series.index) << 16 | (quality & 0xffff) | (quality >> 16) << 48)
        mix(UInt64(bitPattern: reading.time.nanoseconds))
        // SQLite keeps no NaN, and one zero.
        mix(reading.value.isNaN ? .max : reading.value == 0 ? 0 : reading.value.bitPattern)
    }

    @inline(__always)
    private mutating func mix(_ word: UInt64) {
        state = (state ^ word) &* 0xbf58_476d_1ce4_e5b9
        state ^= state >> 29
    }
}
