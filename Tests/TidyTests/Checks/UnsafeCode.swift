/// Finds code whose safety the compiler cannot check, in any spelling.
///
/// A dereference such as `.pointee` counts too, since the file that dereferences a pointer need not name its type.
enum UnsafeCode {
    /// Finds the first line of each spelling in a file.
    static func spellings(in source: SwiftSource) -> [(spelling: String, line: Int)] {
        var seen: Set<String> = []
        return source.tokens.indices.compactMap { index in
            guard let spelling = spelling(at: index, in: source.tokens), seen.insert(spelling).inserted else {
                return nil
            }
            return (spelling, source.tokens[index].line)
        }
    }

    /// Finds unsafe code in files that are not listed, and listed files without any.
    static func findings(_ tree: SourceTree, allowed: [String: String] = UnsafeFiles.reasons) -> [Finding] {
        let files = tree.sources.map { (path: $0.path, found: spellings(in: $0)) }
        let list = tree.files.first { $0.path == UnsafeFiles.path }
        var findings: [Finding] = []
        for (file, found) in files where !allowed.keys.contains(where: { covers($0, file) }) {
            findings += found.map {
                Finding(
                    file: file, line: $0.line, what: "'\($0.spelling)' is unsafe code",
                    remedy: "write it safely (Span, Mutex, a thrown error), move it to a file that is listed, or "
                        + "list the file with its reason in \(UnsafeFiles.path)")
            }
        }
        for entry in allowed.keys.sorted() {
            let line = list?.line(ofLiteral: entry) ?? 1
            let covered = files.filter { covers(entry, $0.path) }
            for safe in covered where safe.found.isEmpty {
                findings.append(
                    Finding(
                        file: UnsafeFiles.path, line: line, what: "\(safe.path) has no unsafe code",
                        remedy: entry == safe.path ? "remove it" : "list the other files of \(entry) one by one"))
            }
            if covered.isEmpty {
                findings.append(
                    Finding(
                        file: UnsafeFiles.path, line: line, what: "\(entry) does not exist",
                        remedy: "remove it, or write the new path"))
            }
        }
        return findings
    }

    /// Whether an entry is the file itself or a folder around it.
    private static func covers(_ entry: String, _ file: String) -> Bool {
        entry == file || entry.hasSuffix("/") && file.hasPrefix(entry)
    }

    private static let words: Set = [
        "Unmanaged", "OpaquePointer", "CVaListPointer", "ManagedBuffer", "withMemoryRebound", "assumingMemoryBound",
        "bindMemory", "baseAddress", "withUTF8", "withCString", "withContiguousStorageIfAvailable",
        "withContiguousMutableStorageIfAvailable", "pointee", "unchecked", "fatalError", "preconditionFailure",
    ]

    private static func spelling(at index: Int, in tokens: [SwiftToken]) -> String? {
        let token = tokens[index]
        guard token.kind == .word else { return nil }
        let before = index > 0 ? tokens[index - 1].sign : 0
        let next = index + 1 < tokens.count ? tokens[index + 1] : nil
        if token.text.hasPrefix("Unsafe") || token.text.hasPrefix("withUnsafe") { return token.text }
        if token.text.hasPrefix("unsafe") { return lowercase(token, before: before, next: next, at: index, in: tokens) }
        guard words.contains(token.text) else { return nil }
        switch token.text {
        case "pointee": return before == Byte.dot ? ".pointee" : nil
        case "unchecked": return before == Byte.at ? "@unchecked" : nil
        case "fatalError", "preconditionFailure": return next?.sign == Byte.openParenthesis ? token.text + "(" : nil
        default: return token.text
        }
    }

    /// Recognises `unsafeBitCast`, `unsafelyUnwrapped`, `nonisolated(unsafe)`, `@unsafe`, and the marker `unsafe` of an
    /// expression.
    private static func lowercase(
        _ token: SwiftToken, before: UInt8, next: SwiftToken?, at index: Int, in tokens: [SwiftToken]
    ) -> String? {
        if token.text != "unsafe" {
            // Names of the language go on in camel case, unlike `unsafety`.
            let rest = token.text.dropFirst("unsafe".count)
            return rest.first?.isUppercase == true || rest.hasPrefix("ly") ? token.text : nil
        }
        if before == Byte.at { return "@unsafe" }
        if before == Byte.openParenthesis, next?.sign == Byte.closeParenthesis, index > 1 {
            let word = tokens[index - 2].text
            return word == "nonisolated" || word == "unowned" ? "\(word)(unsafe)" : nil
        }
        // A marker precedes its expression on the same line, unlike a variable of that name.
        guard before != Byte.dot, let next, next.line == token.line, next.start > token.end else { return nil }
        let startsValue = next.kind != .sign || [Byte.ampersand, Byte.dot, Byte.openBracket].contains(next.sign)
        return startsValue || next.sign == Byte.openParenthesis ? "unsafe" : nil
    }
}
