import Telemetry
import Testing

@Suite struct ControlCharacterTests {
    @Test(
        "what would steer a terminal, break a line or turn its direction is shown as its escape, and nothing else is changed"
    )
    func escaped() {
        let texts = [
            "": "", "Straße 3 — 5 °C, 水位": "Straße 3 — 5 °C, 水位", "a\nb": "a\\nb", "\u{1b}[2J": "\\u{1b}[2J",
            "a\tb\r": "a\\tb\\r",
            "\u{9b}31m": "\\u{9b}31m", "x\u{202e}y": "x\\u{202e}y", "\u{0}": "\\u{0}", "\u{7f}": "\\u{7f}",
            "a\r\nb": "a\\r\\nb",
        ]
        for (text, expected) in texts { #expect(ControlCharacters.escaped(text) == expected) }
    }

    @Test("JSON stays JSON of the same value")
    func json() {
        #expect(
            ControlCharacters.escapedJSON("{\n \"a\": \"\u{9b}\u{202e}ö\"}\n") == "{\n \"a\": \"\\u009b\\u202eö\"}\n")
        #expect(ControlCharacters.escapedJSON("[]") == "[]")
    }
}
