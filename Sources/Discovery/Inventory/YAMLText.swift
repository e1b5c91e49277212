/// Writes texts as YAML values.
enum YAMLText {
    private static let words: Set<String> = [
        "true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf",
    ]

    /// Returns a text as it is if no reader can take it for something else, and in double quotes otherwise.
    static func value(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, first.isASCII, first.properties.isAlphabetic,
            text.unicodeScalars.allSatisfy({ isPlain($0) }), !words.contains(text.lowercased())
        else { return quoted(text) }
        return text
    }

    private static func isPlain(_ character: Unicode.Scalar) -> Bool {
        character.isASCII
            && (character.properties.isAlphabetic || "0123456789-_./".unicodeScalars.contains(character))
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for character in text.unicodeScalars {
            switch character {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case " "..."~": quoted.unicodeScalars.append(character)
            default:
                // YAML 1.2, 5.7: \U has eight digits.
                let digits = String(character.value, radix: 16)
                quoted += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            }
        }
        return quoted + "\""
    }
}
