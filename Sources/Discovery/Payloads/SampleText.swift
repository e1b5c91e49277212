internal import Telemetry

/// Shows a payload as one line: its text with everything escaped that would steer a terminal, or its bytes as
/// hexadecimal digits.
package enum SampleText {
    /// The largest number of bytes that are shown as digits.
    private static let digitsMax = 64

    package static func line(_ sample: TopicRecord.Sample) -> String {
        if sample.bytes.isEmpty { return "(empty)" }
        let kind = PayloadKind(sample)
        let text = kind.isBinary ? hex(sample.bytes) : escaped(String(decoding: sample.bytes, as: UTF8.self))
        let isCut = sample.isCut || (kind.isBinary && sample.bytes.count > digitsMax)
        return text + (isCut ? "…" : "")
    }

    /// The bytes as `0x02ff`.
    static func hex(_ bytes: [UInt8]) -> String {
        "0x"
            + bytes.prefix(digitsMax).map { byte in
                let digits = String(byte, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }.joined()
    }

    /// Escapes control characters, and characters that no YAML file and no terminal takes.
    static func escaped(_ text: String) -> String {
        let text = ControlCharacters.escaped(text)
        guard text.unicodeScalars.contains(where: isForbidden) else { return text }
        return text.unicodeScalars.map { isForbidden($0) ? "\\u{\(String($0.value, radix: 16))}" : String($0) }.joined()
    }

    /// Noncharacters (Unicode 23.7): YAML does not allow them, not even in comments.
    private static func isForbidden(_ character: Unicode.Scalar) -> Bool {
        character.value & 0xfffe == 0xfffe || (0xfdd0...0xfdef).contains(character.value)
    }
}
