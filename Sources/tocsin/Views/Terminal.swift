import Diagnostics
import Foundation
import Telemetry

/// What the commands need to know of the terminal that they write to.
enum Terminal {
    /// Colour on a terminal, unless <https://no-color.org> is asked for.
    static func hasColour(_ descriptor: Int32) -> Bool {
        let environment = ProcessInfo.processInfo.environment
        return isatty(descriptor) != 0 && environment["NO_COLOR"] == nil && environment["TERM"] != "dumb"
    }

    /// Says what is wrong. It may have several lines, and nothing in it steers the terminal, wherever it came from.
    static func complain(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            ControlCharacters.escaped(String($0))
        }
        FileHandle.standardError.write(Data("tocsin: \(lines.joined(separator: "\n"))\n".utf8))
    }

    static func printDiagnostics(_ diagnostics: [Diagnostic]) {
        let colour = hasColour(STDERR_FILENO)
        for diagnostic in diagnostics {
            let text = colour ? DiagnosticText.coloured(diagnostic) : DiagnosticText.plain(diagnostic)
            FileHandle.standardError.write(Data((text + "\n").utf8))
        }
    }

    /// Writes one line, whatever its text came from: what would end the line, or steer the terminal, is shown as its
    /// escape.
    static func line(_ text: String) { write(ControlCharacters.escaped(text)) }

    /// Writes a text as it is: of the program's own, or painted and with its parts escaped.
    ///
    /// At once: a line that is followed by a pipe must not wait in a buffer.
    static func write(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

    /// The text in a colour; what came from elsewhere in it is escaped.
    static func paint(_ code: String, _ text: String) -> String {
        "\u{1b}[\(code)m\(ControlCharacters.escaped(text))\u{1b}[0m"
    }
}

extension Terminal {
    /// How many columns a terminal has; `nil` where the output goes somewhere else, which cuts nothing off.
    static var width: Int? {
        guard isatty(STDOUT_FILENO) != 0 else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return max(40, Int(size.ws_col))
    }

    /// A text in at most so many columns; what is cut off is shown as `…`.
    static func cut(_ text: String, to width: Int?) -> String {
        guard let width, text.count > width else { return text }
        return width < 2 ? "" : text.prefix(width - 1) + "…"
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// Lines of at most so many columns, broken at spaces.
    static func wrapped(_ text: String, to width: Int?) -> [String] {
        guard let width else { return [text] }
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// Writes a text in lines of the terminal's width, broken at spaces; those behind the first are indented.
    static func line(_ text: String, wrapped indent: Int) {
        guard let width, text.count > width else { return line(text) }
        let lead = String(text.prefix { $0 == " " })
        for (index, part) in wrapped(text, to: width - indent).enumerated() {
            line((index == 0 ? lead : String(repeating: " ", count: indent)) + part)
        }
    }
}
