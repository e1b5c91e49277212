/// Checks that a file with operators that wrap on overflow says why they cannot overflow or should wrap, in a comment
/// at the start of a line: `// Wrapping operators: …`.
enum WrappingOperators {
    static let proof = "// Wrapping operators: "

    static func findings(_ tree: SourceTree) -> [Finding] { tree.sources.flatMap(findings) }

    static func findings(_ source: SwiftSource) -> [Finding] {
        let wrapping = source.tokens.indices.first { isWrapping($0, in: source) }.map { source.tokens[$0].line }
        let proof = source.comments.filter { line, text in
            text.hasPrefix(Self.proof) && source.text[source.lineStarts[line - 1]] == Byte.slash
        }.keys.min()
        if let wrapping, proof == nil {
            return [
                Finding(
                    file: source.path, line: wrapping,
                    what: "the operator wraps on overflow, and the file has no proof that it may",
                    remedy: "use the operator that traps, or add the proof as '\(Self.proof)…' at the top")
            ]
        }
        if wrapping == nil, let proof {
            return [
                Finding(
                    file: source.path, line: proof,
                    what: "the file has a proof about wrapping operators, and no such operator",
                    remedy: "remove the proof")
            ]
        }
        return []
    }

    /// Recognises `&+`, `&-`, `&*`, `&<<` and `&>>`, also with `=`.
    private static func isWrapping(_ index: Int, in source: SwiftSource) -> Bool {
        let token = source.tokens[index]
        guard token.sign == Byte.ampersand, token.end < source.code.count else { return false }
        // `a &&-b` is two operators.
        if token.start > 0, source.code[token.start - 1] == Byte.ampersand { return false }
        switch source.code[token.end] {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), Byte.star: return true
        case Byte.less, Byte.greater:
            return token.end + 1 < source.code.count && source.code[token.end + 1] == source.code[token.end]
        default: return false
        }
    }
}
