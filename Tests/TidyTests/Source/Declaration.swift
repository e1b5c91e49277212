/// A declaration of a Swift file.
struct Declaration: Sendable {
    enum Kind: Sendable {
        case type, typeAlias, `extension`, function, initializer, deinitializer, `subscript`, property, `case`, accessor
    }

    var kind: Kind
    /// The name; `init`, `deinit` and `subscript` for those, empty for an operator.
    var name: String
    /// The modifiers: `package`, `static`, `private(set)`.
    var modifiers: [String] = []
    /// The names of the attributes: `Option`, `main`.
    var attributes: [String] = []
    /// The names after the colon of a type or an extension.
    var inherited: [String] = []
    /// The innermost type or extension around it, as an index of the file's declarations.
    var parent: Int?
    /// The keyword: `struct`, `func`, `var` …
    var keyword: String
    /// The line of its keyword, from 1.
    var line: Int
    /// The indices of the tokens of the keyword and of the name.
    var keywordToken: Int
    var nameToken: Int
    /// The tokens between its braces, without these; `nil` for a declaration without a body.
    var body: Range<Int>?
    /// Whether its body runs: the body of a function, an accessor, or a property without a written accessor.
    var isCode = false

    func isMarked(_ modifier: String) -> Bool { modifiers.contains(modifier) }

    /// The tokens of the declaration without its modifiers.
    var tokens: Range<Int> { keywordToken..<max(nameToken + 1, (body?.upperBound ?? 0) + 1) }
}
