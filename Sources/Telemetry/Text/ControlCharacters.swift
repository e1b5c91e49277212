/// Characters that control a terminal, break a line, or change the direction of the text after them.
///
/// Texts from payloads, labels, notes and other machines may contain them. They are escaped before a person reads a
/// line.
package enum ControlCharacters {
    /// Returns whether a character is one of them (ISO 6429; Unicode Technical Report 36, 2.10.3). They are C0 and C1
    /// with DEL, the line and paragraph separators, and the direction marks that hide a line's content.
    package static func contains(_ character: Unicode.Scalar) -> Bool {
        switch character.value {
        case 0..<0x20, 0x7f...0x9f, 0x2028...0x202e, 0x2066...0x2069, 0x200e, 0x200f, 0xfeff: true
        default: false
        }
    }

    /// Returns the text with each of these characters escaped: `\n`, `\t`, `\u{1b}`.
    package static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: contains) else { return text }
        var result = String.UnicodeScalarView()
        for character in text.unicodeScalars {
            if contains(character) {
                result.append(contentsOf: escape(character).unicodeScalars)
            } else {
                result.append(character)
            }
        }
        return String(result)
    }

    /// Escapes these characters in finished JSON, where they can only be inside strings: `\u001b` (RFC 8259, section
    /// 7).
    package static func escapedJSON(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: contains) else { return json }
        var result = String.UnicodeScalarView()
        for character in json.unicodeScalars {
            if contains(character), character.value >= 0x20 {
                let digits = String(character.value, radix: 16)
                result.append(
                    contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars)
            } else {
                result.append(character)
            }
        }
        return String(result)
    }

    private static func escape(_ character: Unicode.Scalar) -> String {
        switch character {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: "\\u{\(String(character.value, radix: 16))}"
        }
    }
}
