internal import CSimdjson

/// Writes a JSON text into memory that is used again for every text.
///
/// All formats but JSON itself are rewritten as JSON, so that pointers, times, message numbers and conversions work in
/// the same way for all of them.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    /// Set if the next item needs a comma before it.
    private var needsComma = false
    /// A longer text is cut off, see ``isTooLong``.
    let bytesMax: Int

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    var isTooLong: Bool { bytes.count > bytesMax }

    mutating func begin() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    mutating func open(_ bracket: Unicode.Scalar) {
        item()
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    mutating func close(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    /// Writes a member's name. The value must follow.
    mutating func name(_ utf8: some Sequence<UInt8>) {
        text(utf8)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func text(_ utf8: some Sequence<UInt8>) {
        item()
        bytes.append(UInt8(ascii: "\""))
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                bytes.append(contentsOf: Self.controlEscape)
                bytes.append(Self.digits[Int(byte >> 4)])
                bytes.append(Self.digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes bytes as hexadecimal digits in a text.
    mutating func hex(_ data: some Sequence<UInt8>) {
        item()
        bytes.append(UInt8(ascii: "\""))
        for byte in data {
            bytes.append(Self.digits[Int(byte >> 4)])
            bytes.append(Self.digits[Int(byte & 15)])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a number, and `null` for one that is infinite or not a number.
    mutating func number(_ number: Double) {
        guard number.isFinite else { return null() }
        item()
        var buffer = InlineArray<40, CChar>(repeating: 0)
        var span = buffer.mutableSpan
        let count = span.withUnsafeMutableBufferPointer {
            tocsin_json_write_number(number, $0.baseAddress, $0.count)
        }
        for index in 0..<count { bytes.append(UInt8(bitPattern: buffer[index])) }
    }

    mutating func integer(_ number: Int64) {
        if number < 0 {
            item()
            bytes.append(UInt8(ascii: "-"))
            needsComma = false
        }
        integer(number.magnitude)
    }

    mutating func integer(_ number: UInt64) {
        item()
        var divisor: UInt64 = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    mutating func boolean(_ truth: Bool) {
        item()
        bytes.append(contentsOf: truth ? Self.trueText : Self.falseText)
    }

    mutating func null() {
        item()
        bytes.append(contentsOf: Self.nullText)
    }

    private mutating func item() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private static let digits = Array("0123456789abcdef".utf8)
    private static let controlEscape = Array("\\u00".utf8)
    private static let trueText = Array("true".utf8)
    private static let falseText = Array("false".utf8)
    private static let nullText = Array("null".utf8)
}
