internal import Telemetry

/// Paints parts of a text in colours and weights, if a terminal shows them.
///
///     let paint = TextPaint(hasColour: true)
///     paint(.red, "SILENT")    // "\u{1b}[1;31mSILENT\u{1b}[0m"
package struct TextPaint: Sendable {
    /// A colour or a weight, as the parameters of "Select Graphic Rendition" (ECMA-48, 8.3.117).
    package struct Style: Hashable, Sendable {
        let code: String
        package init(code: String) { self.code = code }

        package static let bold = Style(code: "1")
        package static let faint = Style(code: "2")
        package static let green = Style(code: "32")
        package static let magenta = Style(code: "35")
        package static let boldRed = Style(code: "1;31")
        package static let boldGreen = Style(code: "1;32")
        package static let boldCyan = Style(code: "1;36")
        package static let boldYellow = Style(code: "1;33")
    }

    /// Set if the output shows colours. Without them a text stays as it is.
    package let hasColour: Bool

    package init(hasColour: Bool) { self.hasColour = hasColour }

    /// Returns the text in a style, with its control characters escaped.
    package func callAsFunction(_ style: Style, _ text: String) -> String {
        let text = ControlCharacters.escaped(text)
        return hasColour ? "\u{1b}[\(style.code)m\(text)\u{1b}[0m" : text
    }
}
