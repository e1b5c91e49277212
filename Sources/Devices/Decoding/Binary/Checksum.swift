// Wrapping operators: sums and remainders that are to wrap, of 8 and of 16 bits.

/// A number at the end of a binary payload, or at another place, that shows whether the bytes before it are right.
struct Checksum: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        /// The sum, or the exclusive or, of all bytes.
        case sum8, xor8
        /// The CRC of Modbus RTU: polynomial 0x8005 reflected, start 0xffff, the low byte first (Modbus over serial
        /// line, V1.02, section 6.2.2).
        case crc16_modbus
        /// CRC-16/IBM-3740, often named CCITT-FALSE: polynomial 0x1021, start 0xffff, the high byte first.
        case crc16_ccitt
        /// CRC-8/SMBUS: polynomial 0x07, start 0.
        case crc8

        var byteCount: Int { self == .crc16_modbus || self == .crc16_ccitt ? 2 : 1 }
    }

    var kind: Kind
    /// The position of its first byte; from the end if it is below 0.
    var position: Int

    /// Returns whether the checksum is that of the bytes before it; `nil` if the payload is too short to have it.
    func isRight(_ bytes: UnsafeRawBufferPointer) -> Bool? {
        let at = position < 0 ? bytes.count + position : position
        guard at >= 0, at + kind.byteCount <= bytes.count else { return nil }
        let covered = UnsafeRawBufferPointer(rebasing: bytes[..<at])
        switch kind {
        case .sum8: return covered.reduce(0) { $0 &+ $1 } == bytes[at]
        case .xor8: return covered.reduce(0) { $0 ^ $1 } == bytes[at]
        case .crc8: return Self.crc8(covered) == bytes[at]
        case .crc16_modbus: return Self.modbus(covered) == UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8
        case .crc16_ccitt: return Self.ccitt(covered) == UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1])
        }
    }

    private static func crc8(_ bytes: UnsafeRawBufferPointer) -> UInt8 {
        var sum: UInt8 = 0
        for byte in bytes {
            sum ^= byte
            for _ in 0..<8 { sum = sum & 0x80 != 0 ? sum << 1 ^ 0x07 : sum << 1 }
        }
        return sum
    }

    private static func modbus(_ bytes: UnsafeRawBufferPointer) -> UInt16 {
        var sum: UInt16 = 0xffff
        for byte in bytes {
            sum ^= UInt16(byte)
            for _ in 0..<8 { sum = sum & 1 != 0 ? sum >> 1 ^ 0xa001 : sum >> 1 }
        }
        return sum
    }

    private static func ccitt(_ bytes: UnsafeRawBufferPointer) -> UInt16 {
        var sum: UInt16 = 0xffff
        for byte in bytes {
            sum ^= UInt16(byte) << 8
            for _ in 0..<8 { sum = sum & 0x8000 != 0 ? sum << 1 ^ 0x1021 : sum << 1 }
        }
        return sum
    }
}
