/// Recognises texts that name one thing among many: an EUI, a MAC address, a number, a UUID.
enum IdentifierText {
    static func isIdentifier(_ text: Substring) -> Bool {
        guard !text.isEmpty else { return false }
        if text.utf8.allSatisfy(isDigit) { return true }
        if text.first == "!" { return isHexadecimal(text.dropFirst(), digits: 8) }
        let plain = text.filter { $0 != "-" && $0 != ":" && $0 != "_" }
        // A UUID has 32 digits, an EUI-64 16, a MAC address 12.
        if [32, 16, 12].contains(plain.count), isHexadecimal(plain[...], digits: plain.count) { return true }
        return hasIdentifierBehind(text)
    }

    /// Recognises a name with an identifier behind it: `shellyht-B893E5`, `tasmota_C57651`, `nodeID_5`, `sensor12`.
    private static func hasIdentifierBehind(_ text: Substring) -> Bool {
        guard let sign = text.lastIndex(where: { "-_.".contains($0) }) else {
            let name = text.prefix { $0.isLetter }
            return name.count >= 2 && name.count < text.count && text[name.endIndex...].utf8.allSatisfy(isDigit)
        }
        let (name, rest) = (text[..<sign], text[text.index(after: sign)...])
        guard !name.isEmpty, !rest.isEmpty else { return false }
        if rest.utf8.allSatisfy(isDigit) { return true }
        return rest.count >= 6 && rest.count % 2 == 0 && rest.contains(where: \.isNumber)
            && isHexadecimal(rest, digits: rest.count)
    }

    static func isHexadecimal(_ text: Substring, digits: Int) -> Bool {
        text.utf8.count == digits && text.utf8.allSatisfy { isDigit($0) || (0x61...0x66).contains($0 | 0x20) }
    }

    /// Recognises an identifier that says nothing to people, as opposed to a name.
    static func isOpaque(_ text: Substring) -> Bool {
        let plain = text.filter { $0 != "-" && $0 != ":" && $0 != "_" }
        return plain.count >= 8 && isHexadecimal(plain[...], digits: plain.count)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
