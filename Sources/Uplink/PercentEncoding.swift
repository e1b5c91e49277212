internal import Foundation

/// Escapes a character that a topic or a header cannot contain: RFC 3986, 2.1.
enum PercentEncoding {
    /// `%` and two hexadecimal digits for each of its bytes in UTF-8.
    static func text(_ character: Unicode.Scalar) -> String {
        // Every character has an encoding.
        String(character).addingPercentEncoding(withAllowedCharacters: []) ?? "%3F"
    }
}
