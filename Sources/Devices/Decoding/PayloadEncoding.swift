/// Decodes bytes that are written as text.
enum PayloadEncoding {
    /// Replaces `bytes` by the decoded ones. Spaces and line ends are left out.
    /// - Returns: `false` if the text is not of the encoding.
    static func decode(
        _ text: UnsafeRawBufferPointer, _ encoding: BinaryLayout.Encoding, into bytes: inout [UInt8]
    ) -> Bool {
        bytes.removeAll(keepingCapacity: true)
        switch encoding {
        case .raw:
            bytes.append(contentsOf: text)
            return true
        case .hex: return decodeHex(text, into: &bytes)
        case .base64: return decodeBase64(text, into: &bytes)
        }
    }

    /// Encodes bytes as base64, with padding.
    static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for byte in group { bits = bits << 8 | UInt32(byte) }
            bits <<= UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let digit = digits[Int(bits >> UInt32(18 - 6 * place) & 63)]
                text.append(place <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return text
    }

    private static func decodeHex(_ text: UnsafeRawBufferPointer, into bytes: inout [UInt8]) -> Bool {
        var high: UInt8?
        for byte in text where !isSpace(byte) {
            guard let digit = hexDigit(byte) else { return false }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil
    }

    /// RFC 4648, also with the alphabet for URLs and without padding.
    private static func decodeBase64(_ text: UnsafeRawBufferPointer, into bytes: inout [UInt8]) -> Bool {
        var (bits, count): (UInt32, Int) = (0, 0)
        var isPadded = false
        for byte in text where !isSpace(byte) {
            if byte == UInt8(ascii: "=") {
                isPadded = true
                continue
            }
            guard !isPadded, let digit = base64Digit(byte) else { return false }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        // A single digit left has too few bits for a byte.
        return count != 6
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func base64Digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
