import Diagnostics
import Foundation
import Telemetry

/// Writes to the terminal, or to the file or the pipe in its place.
enum Terminal {
    /// Returns whether a descriptor is a terminal with colours, unless `NO_COLOR` turns them off
    /// (<https://no-color.org>).
    static func hasColour(_ descriptor: Int32) -> Bool {
        let environment = ProcessInfo.processInfo.environment
        return isatty(descriptor) != 0 && environment["NO_COLOR"] == nil && environment["TERM"] != "dumb"
    }

    /// Prints a problem on standard error, in one line or more. Nothing in the text steers the terminal.
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

    /// Writes one line. Characters that would end the line or steer the terminal are shown as their escapes.
    static func line(_ text: String) { write(ControlCharacters.escaped(text)) }

    /// Writes a text unchanged: a text of this tool, or one whose parts are escaped.
    ///
    /// It writes at once, because a reader of a pipe must not wait for a full buffer.
    static func write(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

    /// The paint for standard output.
    static var outputPaint: TextPaint { TextPaint(hasColour: hasColour(STDOUT_FILENO)) }

    /// Rings the terminal's bell.
    static func ring() { FileHandle.standardOutput.write(Data([7])) }
}

extension Terminal {
    /// The columns of the terminal; `nil` if the output goes somewhere else, where nothing is cut off.
    static var width: Int? {
        guard isatty(STDOUT_FILENO) != 0 else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return max(40, Int(size.ws_col))
    }

    /// Shortens a text to a number of columns; `…` shows that something is missing.
    static func cut(_ text: String, to width: Int?) -> String {
        guard let width, text.count > width else { return text }
        return width < 2 ? "" : text.prefix(width - 1) + "…"
    }

    /// Appends spaces up to a number of columns.
    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// Breaks a text at spaces into lines of at most a number of columns.
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

    /// Writes a text, broken at spaces into lines of the terminal's width, with all lines but the first indented.
    static func line(_ text: String, wrapped indent: Int) {
        guard let width, text.count > width else { return line(text) }
        let lead = String(text.prefix { $0 == " " })
        for (index, part) in wrapped(text, to: width - indent).enumerated() {
            line((index == 0 ? lead : String(repeating: " ", count: indent)) + part)
        }
    }
}

extension Terminal {
    /// Shows progress on standard error. On a terminal it replaces the progress shown before.
    static func showProgress(_ text: String) {
        if hasColour(STDERR_FILENO) { FileHandle.standardError.write(Data("\r\(text)".utf8)) }
    }

    /// Removes the progress from the terminal.
    static func clearProgress() {
        if hasColour(STDERR_FILENO) { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
    }
}
