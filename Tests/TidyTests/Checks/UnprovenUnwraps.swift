/// Finds `try?`, `try!`, `as!` and force unwraps without a comment that gives the reason, on the same line or directly
/// above the statement.
enum UnprovenUnwraps {
    static func findings(_ tree: SourceTree) -> [Finding] {
        tree.sources.flatMap(findings)
    }

    static func findings(_ source: SwiftSource) -> [Finding] {
        source.tokens.indices.compactMap { index in
            guard let spelling = spelling(at: index, in: source),
                !hasReason(source.tokens[index].line, in: source)
            else { return nil }
            let remedy =
                spelling == "try?"
                ? "handle the error, or give the reason to ignore it in a comment on the line or above it"
                : "handle the other case, or give the reason why it cannot occur in a comment on the line or above it"
            return Finding(
                file: source.path, line: source.tokens[index].line, what: "'\(spelling)' without a reason",
                remedy: remedy)
        }
    }

    /// Recognises the spelling that ends in the `?` or `!` at `index`.
    private static func spelling(at index: Int, in source: SwiftSource) -> String? {
        let token = source.tokens[index]
        guard index > 0, token.sign == Byte.question || token.sign == Byte.exclamation else { return nil }
        let before = source.tokens[index - 1]
        guard before.end == token.start else { return nil }
        if before.isWord("try") { return token.sign == Byte.question ? "try?" : "try!" }
        guard token.sign == Byte.exclamation else { return nil }
        if before.isWord("as") { return "as!" }
        // `a!=b` compares. An unwrapped expression ends in a name, a bracket, or another `!` or `?`.
        if token.end < source.code.count, source.code[token.end] == Byte.equals,
            token.end + 1 < source.code.count, source.code[token.end + 1] != Byte.equals
        {
            return nil
        }
        if before.kind == .word, ["in", "return", "case", "is", "where", "else", "await"].contains(before.text) {
            return nil
        }
        let isValue =
            before.kind != .sign && before.kind != .literal
            || [
                Byte.closeParenthesis, Byte.closeBracket, Byte.closeBrace, Byte.exclamation, Byte.question,
                Byte.greater,
            ]
            .contains(before.sign)
        return isValue ? (before.kind == .sign ? "…" : before.text) + "!" : nil
    }

    /// Whether a comment is on the line, on an earlier line of the same statement, or directly above the statement.
    private static func hasReason(_ line: Int, in source: SwiftSource) -> Bool {
        var line = line
        while line > 0 {
            if source.comments[line] != nil { return true }
            guard line > 1 else { return false }
            if source.comments[line - 1] != nil, isBlank(line - 1, in: source) { return true }
            guard continues(line, in: source) else { return false }
            line -= 1
        }
        return false
    }

    private static func isBlank(_ line: Int, in source: SwiftSource) -> Bool {
        source.code[source.bytes(ofLine: line)].allSatisfy { $0 == Byte.space }
    }

    /// Whether a line continues the statement of the line above, by the sign that begins the one or ends the other.
    private static func continues(_ line: Int, in source: SwiftSource) -> Bool {
        let current = source.code[source.bytes(ofLine: line)]
        let above = source.code[source.bytes(ofLine: line - 1)]
        guard let first = current.first(where: { $0 != Byte.space }),
            let last = above.last(where: { $0 != Byte.space })
        else { return false }
        return ".?:&|)]+*=".utf8.contains(first) || ",([=&|+-*?".utf8.contains(last)
    }
}
