/// A mistake in a file that a person wrote, as a value: what is wrong, where, and how to correct it.
package struct Diagnostic: Error, Hashable, Sendable {
    package enum Severity: String, Hashable, Sendable {
        case error, warning
    }

    /// A second location that helps to understand a mistake: where the first of two equal names is.
    package struct Note: Hashable, Sendable {
        /// One sentence, without a full stop.
        package var message: String
        package var location: SourceLocation

        package init(_ message: String, at location: SourceLocation) {
            self.message = message
            self.location = location
        }
    }

    package var severity: Severity
    /// A stable name of the kind of mistake, for tools and tests: `unknown-quantity`.
    package var id: String
    /// One sentence, without a full stop.
    package var message: String
    package var location: SourceLocation?
    /// A likely correction: `did you mean 'water_level'?`
    package var hint: String?
    /// The text that corrects the mistake if it replaces the text at `location`; `nil` if no single text does.
    package var fix: String?
    /// Further locations that belong to the mistake.
    package var notes: [Note] = []
    /// The file that the mistake is about as a whole, if it cannot be read.
    package var path: String?

    package init(
        _ severity: Severity = .error, id: String, _ message: String, at location: SourceLocation? = nil,
        hint: String? = nil, fix: String? = nil, notes: [Note] = []
    ) {
        self.severity = severity
        self.id = id
        self.message = message
        self.location = location
        self.hint = hint
        self.fix = fix
        self.notes = notes
    }

    /// Reports an unknown name, and suggests a known one.
    package init(id: String, _ message: String, at location: SourceLocation?, _ suggestion: NearMiss.Suggestion) {
        self.init(id: id, message, at: location, hint: suggestion.hint, fix: suggestion.fix)
    }

    /// Reports the second of two things with one name. A note shows the first.
    /// - Parameter things: the plural of their kind: `rules`.
    package static func duplicate(
        id: String, _ things: String, named name: String, at location: SourceLocation?, first: SourceLocation?
    ) -> Diagnostic {
        Diagnostic(
            id: id, "there are two \(things) '\(name)'", at: location, hint: "rename or remove one of them",
            notes: first.map { [Note("the first is here", at: $0)] } ?? [])
    }
}

/// Several diagnostics thrown together: everything that one pass found.
package struct DiagnosticList: Error, Sendable, CustomStringConvertible {
    package var diagnostics: [Diagnostic]
    package init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
    package var description: String { diagnostics.map { DiagnosticText.plain($0) }.joined(separator: "\n") }
}

extension [Diagnostic] {
    package var hasErrors: Bool { contains { $0.severity == .error } }

    /// The diagnostics ordered by file and position, so that a person can correct a file from top to bottom.
    package func inSourceOrder() -> [Diagnostic] {
        func key(_ index: Int) -> (String, Int, Int, Int) {
            let location = self[index].location
            return (location?.file ?? "", location?.line ?? 0, location?.column ?? 0, index)
        }
        return indices.sorted { key($0) < key($1) }.map { self[$0] }
    }
}
