import Foundation
import SourceText

/// What the commands need to know of the terminal that they write to.
enum Terminal {
    /// Colour on a terminal, unless <https://no-color.org> is asked for.
    static func hasColour(_ descriptor: Int32) -> Bool {
        let environment = ProcessInfo.processInfo.environment
        return isatty(descriptor) != 0 && environment["NO_COLOR"] == nil && environment["TERM"] != "dumb"
    }

    static func complain(_ text: String) { FileHandle.standardError.write(Data("tocsin: \(text)\n".utf8)) }

    static func printDiagnostics(_ diagnostics: [Diagnostic]) {
        let colour = hasColour(STDERR_FILENO)
        for diagnostic in diagnostics {
            let text = colour ? DiagnosticText.coloured(diagnostic) : DiagnosticText.plain(diagnostic)
            FileHandle.standardError.write(Data((text + "\n").utf8))
        }
    }

    /// Writes at once: a line that is followed by a pipe must not wait in a buffer.
    static func line(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}
