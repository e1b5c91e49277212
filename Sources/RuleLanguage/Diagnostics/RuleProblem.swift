internal import Diagnostics

/// A mistake in a rule file: everything that its diagnostic says, without the location.
///
/// All messages of the rule language are in this folder, so that one mistake has one wording.
/// `RuleProblem+Syntax.swift` has the mistakes in the form of files and expressions. `RuleProblem+Expressions.swift`
/// has those in the meaning of expressions. `RuleProblem+Rules.swift` has those of rules as a whole. Each list is
/// sorted by name. An `id` never changes, because users may match it.
struct RuleProblem: Sendable {
    let severity: Diagnostic.Severity
    let id: String
    let message: String
    let hint: String?
    let fix: String?
    var notes: [Diagnostic.Note] = []

    init(
        _ severity: Diagnostic.Severity, _ id: String, _ message: String, hint: String? = nil,
        fix: String? = nil
    ) {
        self.severity = severity
        self.id = id
        self.message = message
        self.hint = hint
        self.fix = fix
    }

    /// Reports an unknown name, with the name that was probably meant.
    init(_ id: String, _ message: String, _ suggestion: NearMiss.Suggestion) {
        self.init(id, message, hint: suggestion.hint, fix: suggestion.fix)
    }

    init(_ id: String, _ message: String, hint: String? = nil, fix: String? = nil) {
        self.init(.error, id, message, hint: hint, fix: fix)
    }

    func at(_ location: SourceLocation) -> Diagnostic {
        Diagnostic(severity, id: id, message, at: location, hint: hint, fix: fix, notes: notes)
    }

    func at(_ range: SourceRange) -> Diagnostic { at(range.location) }
}

extension YAMLReader {
    /// Adds a mistake of the rule language. Without a location it is reported at the mapping.
    mutating func report(_ problem: RuleProblem, at location: SourceLocation? = nil) {
        problems.append(problem.at(location ?? node.location))
    }
}
