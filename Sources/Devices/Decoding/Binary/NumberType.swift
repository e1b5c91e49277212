/// How a number lies in a binary payload: its width, its sign, and the order of its bytes.
struct NumberType: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case unsigned, signed
        /// IEEE 754, with 16, 32 or 64 bits.
        case float
        /// The upper half of a float of 32 bits.
        case bfloat
        /// Two decimal digits in each byte.
        case decimalDigits
    }

    var kind: Kind
    /// From 1 to 8.
    var byteCount: Int
    var isLittleEndian: Bool
    /// Set for registers of 16 bits in the wrong order: the low one comes first, and the bytes in it are not swapped.
    var isWordSwapped = false

    static let names = [
        "u8", "i8", "u16", "i16", "u24", "i24", "u32", "i32", "u40", "i40", "u48", "i48", "u64", "i64", "f16", "bf16",
        "f32", "f64", "bcd8", "bcd16", "bcd24", "bcd32",
    ]

    /// Reads `u16`, `u16le` with the order of its bytes, or `f32sw` with swapped words.
    init?(_ text: String, isLittleEndian: Bool) {
        var name = text[...]
        self.isLittleEndian = isLittleEndian
        if name.hasSuffix("sw") {
            (self.isLittleEndian, isWordSwapped) = (false, true)
            name = name.dropLast(2)
        }
        if name.hasSuffix("le") || name.hasSuffix("be") {
            self.isLittleEndian = name.hasSuffix("le")
            name = name.dropLast(2)
        }
        guard Self.names.contains(String(name)), let bits = Int(name.drop { !$0.isNumber }) else { return nil }
        byteCount = bits / 8
        if isWordSwapped, bits != 32, bits != 64 { return nil }
        switch name.prefix(while: { !$0.isNumber }) {
        case "u": kind = .unsigned
        case "i": kind = .signed
        case "f": kind = .float
        case "bf": kind = .bfloat
        default: kind = .decimalDigits
        }
    }

    /// A number that was read: as bits, and as what it means.
    enum Value {
        case integer(Int64)
        case unsigned(UInt64)
        case float(Double)

        var double: Double {
            switch self {
            case .integer(let number): Double(number)
            case .unsigned(let number): Double(number)
            case .float(let number): number
            }
        }
    }

    /// Reads the number at a position. The caller has checked that its bytes are there.
    func read(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Value {
        var raw: UInt64 = 0
        for index in 0..<byteCount {
            let place =
                isLittleEndian
                ? byteCount - 1 - index : isWordSwapped ? (byteCount - 2 - (index & ~1)) | (index & 1) : index
            let byte = bytes[position + place]
            raw = raw << 8 | UInt64(byte)
        }
        switch kind {
        case .unsigned: return .unsigned(raw)
        case .signed: return .integer(Self.signed(raw, bits: byteCount * 8))
        case .float where byteCount == 2: return .float(Self.half(UInt16(raw)))
        case .float where byteCount == 4: return .float(Double(Float(bitPattern: UInt32(raw))))
        case .float: return .float(Double(bitPattern: raw))
        case .bfloat: return .float(Double(Float(bitPattern: UInt32(raw) << 16)))
        case .decimalDigits:
            var number: UInt64 = 0
            for index in (0..<byteCount * 2).reversed() {
                let digit = raw >> UInt64(index * 4) & 15
                guard digit < 10 else { return .float(.nan) }
                number = number * 10 + digit
            }
            return .unsigned(number)
        }
    }

    static func signed(_ raw: UInt64, bits: Int) -> Int64 {
        bits == 64 ? Int64(bitPattern: raw) : Int64(bitPattern: raw << UInt64(64 - bits)) >> Int64(64 - bits)
    }

    /// IEEE 754 binary16. Swift's `Float16` does not exist on every machine.
    private static func half(_ raw: UInt16) -> Double {
        let (exponent, fraction) = (Int(raw >> 10 & 31), Double(raw & 1023))
        let sign = raw >> 15 == 0 ? 1.0 : -1.0
        switch exponent {
        case 0: return sign * fraction / 1024 / 16384
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * (1 + fraction / 1024) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
        }
    }
}
