/// An import of a Swift file.
struct ImportedModule: Sendable, Equatable {
    /// The module, without a submodule or a declaration: `Foundation` for `import struct Foundation.Date`.
    var module: String
    /// The line, from 1.
    var line: Int

    /// Finds the imports of a file.
    ///
    /// Attributes and an access level may precede `import`, a kind of declaration may follow it, and imports may share
    /// a line. `import` is a keyword, so it has another meaning only as a member (`.import`) or a label (`import:`).
    static func all(in source: SwiftSource) -> [ImportedModule] {
        source.tokens.indices.compactMap { index in
            let tokens = source.tokens
            guard tokens[index].isWord("import"), index + 1 < tokens.count,
                index == 0 || tokens[index - 1].sign != Byte.dot
            else { return nil }
            var name = index + 1
            if kinds.contains(tokens[name].text), name + 1 < tokens.count, tokens[name + 1].kind == .word { name += 1 }
            guard tokens[name].kind == .word || tokens[name].kind == .escapedWord else { return nil }
            return ImportedModule(module: tokens[name].text, line: tokens[index].line)
        }
    }

    private static let kinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor"]
}
