/// A mistake in a file that a person wrote, as a value: what is wrong, where, and how to mend it.
package struct Diagnostic: Error, Hashable, Sendable {
    package enum Severity: String, Hashable, Sendable {
        case error, warning
    }

    package var severity: Severity
    /// A stable name of the kind of mistake, for tools and tests: `unknown-quantity`.
    package var id: String
    /// One sentence, without a full stop.
    package var message: String
    package var location: SourceLocation?
    /// A mend that is likely: `did you mean 'water_level'?`
    package var hint: String?
    /// What would stand at `location` if the mend were made, where it is as simple as that.
    package var fix: String?
    /// The file that it is about as a whole, where one cannot be read.
    package var path: String?

    package init(
        _ severity: Severity = .error, id: String, _ message: String, at location: SourceLocation? = nil,
        hint: String? = nil, fix: String? = nil
    ) {
        self.severity = severity
        self.id = id
        self.message = message
        self.location = location
        self.hint = hint
        self.fix = fix
    }
}

/// A stretch of one line of a file. Lines and columns count from 1; columns count Unicode scalars.
package struct SourceLocation: Hashable, Sendable {
    package var file: String
    package var line: Int
    package var column: Int
    /// How many characters the caret line underlines; at least 1.
    package var length: Int
    /// The whole line, for the excerpt.
    package var lineText: String

    /// As a message speaks of another place: `Rules/flood.yaml:9`.
    package var fileAndLine: String { "\(file):\(line)" }
}

/// Several diagnostics thrown together: everything that one pass found.
package struct DiagnosticList: Error, Sendable, CustomStringConvertible {
    package var diagnostics: [Diagnostic]
    package init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
    package var description: String { diagnostics.map { DiagnosticText.plain($0) }.joined(separator: "\n") }
}

extension [Diagnostic] {
    package var hasErrors: Bool { contains { $0.severity == .error } }

    /// By file and position, so that a person mends them from top to bottom.
    package func inSourceOrder() -> [Diagnostic] {
        enumerated().sorted { a, b in
            let left = (
                a.element.location?.file ?? "", a.element.location?.line ?? 0, a.element.location?.column ?? 0, a.offset
            )
            let right = (
                b.element.location?.file ?? "", b.element.location?.line ?? 0, b.element.location?.column ?? 0, b.offset
            )
            return left < right
        }.map(\.element)
    }
}
